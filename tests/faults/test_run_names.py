"""What a run is called touches nothing but its own directory in the run root, whoever gives the name."""

import os
import stat
from pathlib import Path

import pytest
from strategies import read_log

import lintui
from lintui import rundir
from lintui.events import Started
from tuiapp import cli

NAMES = {
    "empty": "",
    "a dot": ".",
    "two dots": "..",
    "up and away": "../../precious/file",
    "from the top": "/etc/passwd",
    "a slash": "/",
    "ends with a slash": "name/",
    "NUL": "a\0b",
    "NUL and away": "\0/../../precious",
    "an option": "-rf",
    "two dashes": "--",
    "ten kilobytes": "x" * 10_000,
    "ten kilobytes of dots": "../" * 3_333,
    "another dot": "．．／．．／precious",
    "one dot leader": "․․/precious",
    "division slash": "..∕..∕precious",
    "fraction slash": "..⁄..⁄precious",
    "backslash": "..\\..\\precious",
    "letters of another script": "ѕоftmах-blоbs",
    "written backwards": "\u202eslbolb",
    "no width": "a\u200bb",
    "half a surrogate": "\ud800",
    "several lines": "a\nb\r\nc",
    "a terminal's command": "\x1b]0;title\x07",
    "the home": "~",
    "a variable": "$HOME/`id`",
    "a pattern": "*",
    "its own log": "log.jsonl",
    "hidden": ".hidden",
}
any_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder: mode, time of change, and content."""
    found = {}
    for place in sorted(folder.rglob("*")):
        status = place.lstat()
        content = place.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(place.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


@pytest.fixture
def surroundings(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with precious things in it, some levels above and beside the run root, which is where we are."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("precious")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes").write_text("notes")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "precious"))
    runs.mkdir(mode=0o700)
    return tmp_path


@any_name
def test_a_run_of_any_name_touches_nothing_outside_the_run_root(surroundings: Path, runs: Path, name: str) -> None:
    before = tree(surroundings)
    run = lintui.init(name)
    run.picture(name, (1,), "uint8", b"x")
    run.step({name: 1.0}, split=name)
    run.safe_point()
    run.finish()
    assert outside(tree(surroundings)) == outside(before)
    (directory,) = runs.iterdir()
    assert sorted(os.listdir(directory)) == ["artifacts", "heartbeat", "inbox", "lock", "log.jsonl"]
    records, problems = read_log(directory / "log.jsonl")
    assert isinstance(records[0].event, Started)
    assert problems == []
    assert records[0].event.name.isprintable()
    assert [found.path for found in rundir.listing()] == [directory]


def outside(found: dict[str, tuple[int, int, bytes]]) -> dict[str, tuple[int, int, bytes]]:
    """What is not in the run root."""
    return {place: what for place, what in found.items() if place.split("/")[0] != "runs"}


@any_name
def test_an_experiment_of_any_name_is_refused_in_a_line_and_touches_nothing(
    surroundings: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tree(surroundings)
    assert cli.run(["demo", "--headless", "--", name]) == 2
    assert tree(surroundings) == before
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("lintui: ")
    assert line.isprintable()


TAKEN = {
    "a file": "notes",
    "a folder": "../precious",
    "a file elsewhere": "../precious/file",
    "in a folder that is missing": "missing/log.jsonl",
    "below a file": "notes/log.jsonl",
    **{
        name: NAMES[name]
        for name in ("a dot", "two dots", "from the top", "a slash", "NUL", "ten kilobytes", "empty")
    },
    "ten kilobytes of folders": "x/" * 5_000,
    "half a surrogate": "a\ud800/b",
}


@pytest.mark.parametrize("place", TAKEN.values(), ids=TAKEN.keys())
def test_a_place_for_the_log_that_can_not_be_had_is_refused_in_a_line_and_nothing_is_touched(
    surroundings: Path, runs: Path, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tree(surroundings)
    assert cli.run(["demo", "softmax-blobs", "--headless", f"--log={place}"]) == 2
    assert outside(tree(surroundings)) == outside(before)
    assert os.listdir(runs) == []
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("lintui: ")
    assert line.isprintable()
