"""Specifies where settings come from: which of four sources wins, and that each of them names its mistakes."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import promptly

from tuiapp.arguments import parser
from tuiapp.configuration import preferences
from tuiapp.options import Mistake
from tuiapp.preferences import Preferences
from tuiapp.settings import SETTINGS

GIVEN: dict[str, list[tuple[str, str, Any]]] = {
    "theme": [("dark", '"dark"', "dark"), ("colorblind", '"colorblind"', "colorblind")],
    "ascii": [("1", "true", True), ("no", "false", False), ("True", '"on"', True)],
    "budget": [("0.5", "0.5", 0.5), ("1", "1", 1.0), ("1e-3", '"1e-3"', 0.001)],
    "bandwidth": [("20k", '"20k"', 20_000), ("20000", "20000", 20_000), ("1.5M", "1.5e6", 1_500_000), ("1", "1", 1)],
    "fail-on": [("nan", '"nan"', "nan"), ("loss>5,inf", '"loss>5,inf"', "loss>5,inf")],
}
"""For each setting, how a value is typed, how a file has it, and what it is."""
WRONG: dict[str, list[tuple[str, str]]] = {
    "theme": [("drak", '"drak"'), ("blue", '"blue"'), ("DARK", "1")],
    "ascii": [("perhaps", '"perhaps"'), ("2", "2"), ("x", "[]")],
    "budget": [("0", "0"), ("1.01", "1.01"), ("-0.5", "-0.5"), ("nan", "nan"), ("a tenth", "true"), ("inf", "{}")],
    "bandwidth": [("fast", '"fast"'), ("0", "0"), ("-20k", "-1"), ("20 kB", "true"), ("1e400", "inf"), ("٣", "[1]")],
    "fail-on": [("loss", '"loss"'), ("loss>", "5"), ("loss>x", '"loss>x"'), ("nan;inf", '["nan"]')],
}


class Sources:
    """A project and a person, and what each of the four sources says."""

    def __init__(self, project: Path, person: Path) -> None:
        """Both folders are there and say nothing."""
        self.project = project / "pyproject.toml"
        self.person = person / "config.toml"
        self.environment: dict[str, str] = {}
        self.flags: list[str] = []

    def clear(self) -> None:
        """Nothing is said."""
        self.project.unlink(missing_ok=True)
        self.person.unlink(missing_ok=True)
        self.environment, self.flags = {}, []

    def say(self, source: str, name: str, typed: str, in_file: str) -> None:
        """Let one source say one thing."""
        match source:
            case "flag" if name == "ascii":
                self.flags = ["--ascii" if typed in ("1", "True") else "--no-ascii"]
            case "flag":
                self.flags = [f"--{name}={typed}"]
            case "environment":
                self.environment[f"LINTUI_{name.replace('-', '_').upper()}"] = typed
            case "project":
                self.project.write_text(f"[tool.lintui]\n{name} = {in_file}\n")
            case "person":
                self.person.write_text(f"{name} = {in_file}\n")

    def read(self) -> Preferences:
        """What comes of it."""
        return preferences(vars(parser().parse_args(["demo", *self.flags])), self.environment)

    def mistake(self) -> str:
        """The one line that it is answered with."""
        with pytest.raises(Mistake) as caught:
            self.read()
        return str(caught.value)


@pytest.fixture
def sources(tmp_path: Path, settings_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    project = tmp_path / "project"
    (project / "deep" / "down").mkdir(parents=True)
    settings_folder.mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "down")
    return Sources(project, settings_folder)


ORDER = ("flag", "environment", "project", "person")
one_fixture_for_all_examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_where_nobody_says_anything_all_is_as_it_comes(sources: Sources) -> None:
    assert sources.read() == Preferences()


@pytest.mark.parametrize("source", ORDER)
@pytest.mark.parametrize("name", GIVEN)
def test_every_source_may_say_every_setting(name: str, source: str, sources: Sources) -> None:
    for typed, in_file, value in GIVEN[name]:
        sources.say(source, name, typed, in_file)
        assert getattr(sources.read(), name.replace("-", "_")) == value


def test_every_setting_is_tried_here() -> None:
    assert {setting.name for setting in SETTINGS} == set(GIVEN) == set(WRONG)


@one_fixture_for_all_examples
@given(st.sampled_from(sorted(GIVEN)), st.data())
def test_the_first_source_that_says_something_wins(sources: Sources, name: str, data: st.DataObject) -> None:
    sources.clear()
    said = {}
    for source in data.draw(st.sets(st.sampled_from(ORDER), min_size=1)):
        typed, in_file, said[source] = data.draw(st.sampled_from(GIVEN[name]))
        sources.say(source, name, typed, in_file)
    first = next(source for source in ORDER if source in said)
    assert getattr(sources.read(), name.replace("-", "_")) == said[first]


PLACES = {
    "flag": "--{}",
    "environment": "LINTUI_{}",
    "project": "{} in [tool.lintui] of ",
    "person": "{} in ",
}


@pytest.mark.parametrize("source", ORDER)
@pytest.mark.parametrize("name", WRONG)
def test_every_source_refuses_the_same_and_is_named(name: str, source: str, sources: Sources) -> None:
    if (name, source) == ("ascii", "flag"):
        return  # it takes no value
    word = name.replace("-", "_").upper() if source == "environment" else name
    for typed, in_file in WRONG[name]:
        sources.say(source, name, typed, in_file)
        line = sources.mistake()
        assert line.startswith(PLACES[source].format(word))
        assert "\n" not in line
        assert "; try " in line or "; did you mean " in line or "; there is " in line or "; after " in line
        if source in ("project", "person"):
            assert str(getattr(sources, source)) in line


@pytest.mark.parametrize("source", ORDER)
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_example_in_a_refusal_is_one_that_works(setting: Any, source: str, sources: Sources) -> None:
    sources.say(source, setting.name, setting.example, setting.in_file)
    sources.read()


def test_fail_on_may_be_written_with_an_underscore(sources: Sources) -> None:
    sources.person.write_text('fail_on = "nan"')
    assert sources.read().fail_on == "nan"


# Files


def test_the_nearest_project_counts_and_no_other(sources: Sources) -> None:
    sources.project.write_text('[tool.lintui]\ntheme = "light"')
    (Path.cwd().parent / "pyproject.toml").write_text("[project]\nname = 'inner'")
    assert sources.read() == Preferences()
    (Path.cwd().parent / "pyproject.toml").unlink()
    assert sources.read().theme == "light"


def test_what_belongs_to_others_in_a_project_is_left_alone(sources: Sources) -> None:
    sources.project.write_text('[tool.other]\ntheme = 3\n[tool.lintui]\nascii = true\n[project]\nname = "x"')
    assert sources.read() == Preferences(ascii=True)


@pytest.mark.parametrize("content", ["", " \n\n", "# nothing\n"])
def test_an_empty_file_says_nothing(content: str, sources: Sources) -> None:
    sources.project.write_text(content)
    sources.person.write_text(content)
    assert sources.read() == Preferences()


def test_a_working_folder_that_is_gone_has_no_project(sources: Sources) -> None:
    os.rmdir(Path.cwd())
    assert sources.read() == Preferences()


def test_an_unknown_setting_is_answered_with_the_one_that_looks_like_it(sources: Sources) -> None:
    sources.person.write_text('thme = "dark"')
    assert sources.mistake() == f"{sources.person} has 'thme', which is no setting; did you mean theme?"
    sources.person.write_text("zzz = 1")
    assert sources.mistake().endswith("there is theme, ascii, budget, bandwidth, fail-on, keys")


@one_fixture_for_all_examples
@given(st.lists(st.sampled_from(["", "# ünïcödé", "ascii = true # yes", "  "]), max_size=5, unique=True), st.data())
def test_a_broken_file_is_told_with_line_and_column(sources: Sources, before: list[str], data: st.DataObject) -> None:
    broken, column = data.draw(st.sampled_from([("budget = oops", 10), ("theme 'dark'", 7), ("budget = ", 10)]))
    sources.person.write_text("\n".join([*before, broken]))
    place = f"{sources.person}, line {len(before) + 1}, column {column}: "
    assert sources.mistake().startswith(place)


def test_a_file_that_is_no_utf8_is_told_with_line_and_column(sources: Sources) -> None:
    sources.person.write_bytes("# ü\n# ä".encode() + b"\xff")
    assert sources.mistake().startswith(f"{sources.person}, line 2, column 4: this is no UTF-8")


@one_fixture_for_all_examples
@given(st.binary(max_size=60) | st.text("[]{}=.,'\"\\\nkeys1#", max_size=60).map(str.encode))
def test_whatever_is_in_a_file_is_settings_or_one_mistake(sources: Sources, content: bytes) -> None:
    for file in (sources.person, sources.project):
        sources.clear()
        file.write_bytes(content)
        try:
            sources.read()
        except Mistake as mistake:
            assert str(file) in str(mistake)


@pytest.mark.parametrize("content", ["a = " + "[" * 100_000, "a = " + "1" * 10_000, "a = {b = " * 10_000])
def test_what_is_too_much_for_a_reader_is_one_mistake(content: str, sources: Sources) -> None:
    sources.person.write_text(content)
    assert sources.mistake().startswith(str(sources.person))


def test_a_file_of_more_than_a_mebibyte_is_not_read(sources: Sources) -> None:
    sources.person.write_text("#" * 2**20)
    assert sources.read() == Preferences()
    sources.person.write_text("#" * (2**20 + 1))
    assert "larger than 1 MiB" in sources.mistake()


def test_a_pipe_is_no_file_and_is_not_waited_for(sources: Sources) -> None:
    os.mkfifo(sources.project)
    assert "not a regular file" in promptly(sources.mistake)


def test_a_file_that_can_not_be_read_is_one_mistake(sources: Sources) -> None:
    sources.person.symlink_to(sources.person)
    assert sources.mistake().startswith(f"can't read {sources.person}: ")


# Keys


def test_the_keys_of_project_and_person_are_put_together_and_the_project_wins(sources: Sources) -> None:
    sources.person.write_text('[keys]\nstep = "n"\npause = "f2"\nset_rate = "ctrl+l"')
    sources.project.write_text('[tool.lintui.keys]\nstep = "ctrl+n"')
    assert sources.read().keys == {"step": "ctrl+n", "pause": "f2", "set-rate": "ctrl+l"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('step = "x"', "x is bound to both step and stop"),
        ('stepp = "n"', "did you mean step?"),
        ('step = "ctrl+foo"', "'ctrl+foo' is no key"),
        ('step = ""', "'' is no key"),
        ("step = 1", "step needs keys in quotes"),
        ('step = "ctrl+c"', "ctrl+c always leaves"),
        ('step = "ctrl+p"', "ctrl+p is the command palette"),
        ('step = "ctrl+i"', "to a terminal ctrl+i is tab"),
    ],
)
def test_keys_that_can_not_be_are_one_mistake_that_names_the_file(line: str, words: str, sources: Sources) -> None:
    sources.person.write_text(f"[keys]\n{line}\n")
    assert sources.mistake().startswith(f"keys in {sources.person}: ")
    assert words in sources.mistake()


def test_keys_that_clash_only_together_are_a_mistake_of_the_file_that_brings_them_together(sources: Sources) -> None:
    sources.person.write_text('[keys]\nstep = "n"')
    sources.project.write_text('[tool.lintui.keys]\npause = "n"')
    assert sources.mistake().startswith(
        f"keys in [tool.lintui] of {sources.project}: n is bound to both pause and step"
    )
