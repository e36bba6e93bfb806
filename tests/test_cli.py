"""Specifies the command line as a script meets it: what it prints, where, and with which exit code it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from clothes import NAMES, few, make
from strategies import HOSTILE, SAMPLE, a_log, child_environment, read_log, wait_until
from terminal import PATIENCE, Gate, Terminal

from lintui import __version__
from lintui.events import Applied, Ended, Event, Record, Refused, Said, Started, Steps
from trainer import fashion
from trainer.catalog import CATALOG

STEPS = 300
"""Steps of every built-in experiment as it comes."""
LONG = ["--epochs", "100000"]
VALUE = re.compile(r"step \d+/\d+  epoch \d+/\d+  .*train loss [\d.e-]+ .*batch loss [\d.e-]+")


@dataclass
class Child:
    """A child process whose output is read as it comes."""

    arguments: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def __enter__(self) -> subprocess.Popen[bytes]:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lintui", *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**child_environment(), **self.environment},
            cwd=self.folder,
        )
        # A pipe that nothing comes through any more must not keep the tests waiting.
        self.limit = threading.Timer(PATIENCE, self.process.kill)
        self.limit.start()
        return self.process

    def __exit__(self, *_: object) -> None:
        """End it, if it has not ended by itself."""
        self.limit.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@dataclass
class Done:
    """What is left of a child process."""

    code: int
    out: bytes
    err: bytes

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.out.decode().splitlines()

    @property
    def complaints(self) -> list[str]:
        """What it printed beside that."""
        return self.err.decode().splitlines()


def lintui(*arguments: str, folder: Path | None = None, **environment: str) -> Done:
    """Run the command to its end, off any terminal."""
    with Child(arguments, environment, folder) as process:
        out, err = process.communicate()
    return Done(process.returncode, out, err)


def ended(records: list[Record]) -> Ended:
    """The last record of a log that was closed."""
    event = records[-1].event
    assert isinstance(event, Ended), f"the log ends with {event}"
    return event


def whole_log(path: Path) -> list[Record]:
    """The records of a log without a flaw."""
    records, problems = read_log(path)
    assert problems == []
    return records


def only_log(runs: Path) -> Path:
    """The log of the one run that was made."""
    (log,) = runs.glob("*/log.jsonl")
    return log


def is_refused(done: Done, *way_out: str, exit_code: int = 2) -> None:
    """One line that says what is wrong and what to do instead, and nothing else."""
    assert done.code == exit_code
    assert done.out == b""
    (line,) = done.complaints
    assert line.startswith("lintui: ")
    assert line.isprintable()
    assert "Traceback" not in line
    for words in way_out:
        assert words in line


# Help


@pytest.mark.parametrize(
    "command",
    [[], ["demo"], ["view"], ["pick"], ["attach"], ["ls"], ["show"], ["tail"], ["set"], ["completion"]],
    ids=lambda words: " ".join(words) or "lintui",
)
def test_every_command_has_help_of_80_columns_with_examples(command: list[str]) -> None:
    done = lintui(*command, "--help", COLUMNS="200")
    assert (done.code, done.err) == (0, b"")
    assert done.lines[0].startswith(" ".join(["usage: lintui", *command]))
    assert max(map(len, done.lines)) <= 80
    assert len([line for line in done.lines if line.startswith("  lintui") or "lintui completion" in line]) >= 2


@pytest.mark.parametrize("command", [[], ["demo"], ["view"], ["pick"]], ids=lambda words: " ".join(words) or "lintui")
def test_the_help_says_where_settings_come_from(command: list[str]) -> None:
    text = lintui(*command, "--help").out.decode()
    for word in ("LINTUI_THEME", "LINTUI_FAIL_ON", "[tool.lintui]", "pyproject.toml", "config.toml", "LINTUI_DIR"):
        assert word in text


def test_help_loads_neither_torch_nor_a_screen() -> None:
    with Child(["demo", "--help"], {"PYTHONPROFILEIMPORTTIME": "1"}) as process:
        _, err = process.communicate()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in err.decode().splitlines()}
    assert "tuiapp" in imported
    assert not imported & {"torch", "textual", "rich", "plotext", "argcomplete", "tomllib"}


def test_the_help_names_every_command_and_has_examples() -> None:
    text = "\n".join(lintui("--help").lines)
    assert all(f"    {command} " in text for command in ("demo", "view", "pick"))
    assert "lintui demo linreg-scratch" in text


def test_the_list_names_every_experiment_and_the_question_that_it_answers() -> None:
    done = lintui("demo", "--list")
    assert (done.code, done.err) == (0, b"")
    for entry in CATALOG:
        place = next(i for i, line in enumerate(done.lines) if line.split()[0] == entry.id)
        assert entry.title in done.lines[place]
        assert entry.question in done.lines[place + 1]


def test_the_version_is_told_without_loading_torch_or_a_screen_or_even_a_parser(tmp_path: Path) -> None:
    code = "import sys; from lintui.__main__ import main; code = main(); print(code, *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        capture_output=True,
        text=True,
        env=child_environment(),
        cwd=tmp_path,
        timeout=PATIENCE,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first == f"lintui {__version__}"
    exit_code, *modules = second.split()
    assert exit_code == "0" and "lintui" in modules
    assert not {"torch", "textual", "rich", "argparse", "orjson", "tuiapp", "trainer"} & set(modules)


def test_the_version_comes_among_other_options_too() -> None:
    assert lintui("--version", "demo").lines == [f"lintui {__version__}"]


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        pytest.param(["demo", "linreg-scrach"], "did you mean linreg-scratch?", id="an experiment misspelt"),
        pytest.param(["demo", "resnet"], "there is linreg-scratch, linreg-concise", id="no such experiment"),
        pytest.param(
            ["demo", "table", "--csv", "t.csv", "--target", "y", "--features", " "],
            "leave it out for all",
            id="no feature",
        ),
        pytest.param(["demo", "--loss", "hubber"], "there is half-squared, mse, l1, huber", id="a loss misspelt"),
        pytest.param(["demo", "--loss", "hinge"], "there is half-squared, mse, l1, huber", id="no such loss"),
        pytest.param(["demo", "--loss", "cross-entropy"], "there is half-squared", id="a loss of another task"),
        pytest.param(["demo", "softmax-blobs", "--loss", "mse"], "there is cross-entropy", id="and the other way"),
        pytest.param(["demo", "--optimizer", "adam"], "there is sgd", id="no such optimizer"),
        pytest.param(["demo", "--lr", "abc"], "--lr 0.01", id="a rate that is no number"),
        pytest.param(["demo", "--lr", ""], "--lr 0.01", id="a rate that is nothing"),
        pytest.param(["demo", "--lr", "nan"], "--lr 0.01", id="a rate that is NaN"),
        pytest.param(["demo", "--lr", "-1"], "--lr 0.01", id="a rate below zero"),
        pytest.param(["demo", "--lr", "1e400"], "--lr 0.01", id="a rate beyond all numbers"),
        pytest.param(["demo", "--lr", "-inf"], "see lintui demo --help", id="a rate below all numbers"),
        pytest.param(["demo", "--lr"], "see lintui demo --help", id="no rate at all"),
        pytest.param(["demo", "--batch-size", "0"], "--batch-size 1", id="an empty batch"),
        pytest.param(["demo", "--epochs", "-3"], "--epochs 1", id="epochs below zero"),
        pytest.param(["demo", "--epochs", "1" * 5000], "--epochs 1", id="too many epochs to count"),
        pytest.param(["demo", "--seed", "1.5"], "--seed 1", id="half a seed"),
        pytest.param(["demo", "--speed", "fast"], "--speed 0.01", id="a speed that is no number"),
        pytest.param(["demo", "--frobnicate"], "--help", id="no such option"),
        pytest.param(["demo", "linreg-scratch", "softmax-blobs"], "--help", id="two experiments"),
        pytest.param(["frobnicate"], "'demo', 'run', 'view'", id="no such command"),
        pytest.param(["view"], "see lintui view --help", id="nothing to view"),
        pytest.param(["demo", f"--{HOSTILE['sets the title']}"], "--help", id="an option that means harm"),
        pytest.param(["demo", "--two\nlines"], "--help", id="an option of two lines"),
        pytest.param([HOSTILE["clears the screen"]], "--help", id="a command that means harm"),
        pytest.param(["demo", "--lr", HOSTILE["sets the title"]], "--lr 0.01", id="a rate that means harm"),
    ],
)
def test_a_mistake_is_answered_with_one_line_that_says_what_to_do_instead(
    arguments: list[str], way_out: str, runs: Path
) -> None:
    more = ["--headless"] if arguments[0] == "demo" else []
    is_refused(lintui(*arguments, *more), way_out)
    assert not runs.exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "way_out"),
    [
        pytest.param(
            ["--theme", "drak"], {}, "--theme needs the name of a theme, not 'drak'; did you mean", id="theme"
        ),
        pytest.param([], {"LINTUI_THEME": "drak"}, "LINTUI_THEME needs the name of a theme", id="theme by variable"),
        pytest.param(["--bandwidth", "fast"], {}, "try --bandwidth 20k", id="bandwidth"),
        pytest.param([], {"LINTUI_BANDWIDTH": "fast"}, "try LINTUI_BANDWIDTH=20k", id="bandwidth by variable"),
        pytest.param(["--budget", "2"], {}, "try --budget 0.1", id="budget"),
        pytest.param(["--fail-on", "loss"], {}, "try --fail-on 'nan,loss>5'", id="a condition"),
        pytest.param(["--theme", HOSTILE["sets the title"]], {}, "there is dark", id="a theme that means harm"),
        pytest.param([], {"LINTUI_ASCII": HOSTILE["has several lines"]}, "try", id="two lines"),
    ],
)
@pytest.mark.parametrize("command", [["demo"], ["pick"], ["view", "log.jsonl"]], ids=lambda words: words[0])
def test_a_setting_that_can_not_be_is_answered_with_one_line(
    command: list[str], arguments: list[str], environment: dict[str, str], way_out: str, runs: Path
) -> None:
    if command[0] != "demo" and "--fail-on" in arguments:
        way_out = "see lintui"  # nothing is trained from there with flags
    is_refused(lintui(*command, *arguments, **environment), way_out)
    assert not runs.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("theme = dark\n", "config.toml, line 1, column 9: this is no TOML", id="broken"),
        pytest.param("\n[keys]\nstep = 'x'\n", "x is bound to both step and stop", id="a key bound twice"),
        pytest.param("[keys]\nstepp = 'n'\n", "did you mean step?", id="no such action"),
        pytest.param("bandwith = '20k'\n", "did you mean bandwidth?", id="no such setting"),
        pytest.param("theme = '\\u001b]0;title\\u0007'\n", "there is dark", id="a theme that means harm"),
    ],
)
def test_a_mistake_in_the_config_file_is_one_line_that_names_it(
    content: str, words: str, settings_folder: Path, runs: Path
) -> None:
    settings_folder.mkdir(parents=True)
    (settings_folder / "config.toml").write_text(content)
    is_refused(lintui("demo"), str(settings_folder / "config.toml"), words)
    assert not runs.exists()


def test_a_project_in_which_settings_are_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lintui]\nbudget = 7")
    is_refused(lintui("demo", folder=tmp_path), f"budget in [tool.lintui] of {tmp_path / 'pyproject.toml'} needs")


def test_a_key_of_ones_own_loads_no_screen_where_there_is_none(settings_folder: Path) -> None:
    settings_folder.mkdir(parents=True)
    (settings_folder / "config.toml").write_text("[keys]\nstep = 'ctrl+s'")
    with Child(["demo", "--list"], {"PYTHONPROFILEIMPORTTIME": "1"}) as process:
        _, err = process.communicate()
    assert process.returncode == 0
    assert b"tomllib" in err and b"textual" not in err


def test_a_device_that_is_not_there_is_refused_and_those_that_are_there_are_named(runs: Path) -> None:
    done = lintui("demo", "--headless", "--device", "cuda:99")
    # To know, torch has to be loaded; that takes seconds and is said first.
    waiting, _, rest = done.err.partition(b"\n")
    assert waiting.startswith(b"loading torch")
    is_refused(replace(done, err=rest), "'cuda:99'", "there is cpu")
    assert not runs.exists()


def test_a_log_that_exists_is_left_alone(tmp_path: Path, runs: Path) -> None:
    precious = tmp_path / "precious.jsonl"
    precious.write_text("precious\n")
    is_refused(lintui("demo", "--headless", "--log", str(precious)), str(precious), "name a new file")
    assert precious.read_text() == "precious\n"


def test_a_log_that_exists_as_a_link_is_left_alone(tmp_path: Path) -> None:
    link, target = tmp_path / "link.jsonl", tmp_path / "target.jsonl"
    link.symlink_to(target)
    is_refused(lintui("demo", "--headless", "--log", str(link)), "name a new file")
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "lintui demo table --csv FILE --target COLUMN"),
        (["--csv", "none.csv", "--target", "y"], "No such file or directory; name a CSV file with --csv"),
        (["--csv", "t.csv"], "--target; there is x, y"),
        (["--csv", "t.csv", "--target", "z"], "there is x, y"),
        (["--csv", "t.csv", "--target", "y"], "t.csv, line 3, column 'x': '␛[2J' is no number"),
    ],
)
def test_a_table_that_can_not_be_trained_on_is_refused_before_anything_starts(
    tmp_path: Path, runs: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n\x1b[2J,3\n")
    is_refused(lintui("demo", "table", *arguments, folder=tmp_path), words)
    assert not runs.exists()


def test_a_fault_deep_in_a_table_ends_the_run_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n" + "1,2\n3,4\n" * 25_000 + "5,?\n")
    done = lintui("demo", "table", "--csv", "t.csv", "--target", "y", "--headless", folder=tmp_path)
    assert done.code == 1
    line = "lintui: t.csv, line 50002, column 'y': '?' is no number; correct it or remove the row"
    assert done.complaints == [line]
    # On a slow machine, how far the reading is comes before that.
    log = [line for line in done.lines if not line.startswith("reading t.csv, ")]
    assert len(log) == 1 and log[0].startswith("log: ")


def test_a_run_that_is_refused_leaves_no_directory_behind(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "precious.jsonl").write_text("precious\n")
    is_refused(lintui("demo", "--headless", "--log", str(tmp_path / "precious.jsonl")))
    is_refused(lintui("demo", "--headless", "--log", str(tmp_path / "missing" / "log.jsonl")))
    assert not runs.exists() or list(runs.iterdir()) == []


def test_a_log_in_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    is_refused(lintui("demo", "--headless", "--log", str(tmp_path / "missing" / "log.jsonl")), "name another place")
    assert not (tmp_path / "missing").exists()


def test_a_log_whose_name_means_harm_is_refused_without_doing_it(tmp_path: Path) -> None:
    name = tmp_path / "missing" / "\x1b]0;title\x07\n.jsonl"
    is_refused(lintui("demo", "--headless", "--log", str(name)), "name another place")


def test_a_place_for_runs_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious\n")
    is_refused(lintui("demo", "--headless", LINTUI_DIR=str(tmp_path / "file" / "runs")), "set LINTUI_DIR")


def test_a_place_for_runs_that_nobody_may_write_to_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    # Nothing is closed to root: everything is loaded first, perhaps from where only root can read, then root is left.
    code = """
import contextlib, io, os, sys
import lintui.__main__, tuiapp.cli, tuiapp.headless, tuiapp.launch
with contextlib.redirect_stdout(io.StringIO()):
    tuiapp.cli.run(["demo", "--list"])
if os.geteuid() == 0:
    os.seteuid(65534)
sys.exit(lintui.__main__.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "demo", "--headless"],
        capture_output=True,
        env={**child_environment(), "LINTUI_DIR": str(closed / "runs")},
        timeout=PATIENCE,
        check=False,
    )
    is_refused(Done(done.returncode, done.stdout, done.stderr), "Permission denied", "set LINTUI_DIR")
    assert list(closed.iterdir()) == []


def test_choosing_needs_a_terminal() -> None:
    for arguments in ([], ["pick"]):
        is_refused(lintui(*arguments), "lintui demo linreg-scratch --headless")


# Without a screen


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path, Path]:
    """A run as it comes when standard output is a pipe, its log where it was asked for, and where runs live."""
    folder = tmp_path_factory.mktemp("recorded")
    log, runs = folder / "my log.jsonl", folder / "runs"
    done = lintui("demo", "softmax-blobs", "--speed", "200", "--log", str(log), LINTUI_DIR=str(runs))
    return done, log, runs


def test_off_a_terminal_a_run_is_told_in_lines_with_values(recorded: tuple[Done, Path, Path]) -> None:
    done, _, _ = recorded
    assert (done.code, done.err) == (0, b"")
    told = [line for line in done.lines if VALUE.match(line)]
    steps = [int(line.split()[1].partition("/")[0]) for line in told]
    assert steps == sorted(set(steps))
    assert steps[-1] == STEPS
    assert len(told) >= 2


def test_off_a_terminal_a_run_ends_with_a_summary_and_the_path_of_its_log(recorded: tuple[Done, Path, Path]) -> None:
    done, log, _ = recorded
    text = "\n".join(done.lines)
    assert re.search(rf"^done after {STEPS} steps in \d+:\d\d$", text, re.MULTILINE)
    assert "loss (cross-entropy) 0." in text
    assert re.search(r"^test accuracy 9\d %$", text, re.MULTILINE)
    assert done.lines[-1] == f"log: {log}"


def test_off_a_terminal_no_byte_is_for_a_terminal(recorded: tuple[Done, Path, Path]) -> None:
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", recorded[0].out)


def test_the_log_is_where_it_was_asked_for_and_complete(recorded: tuple[Done, Path, Path]) -> None:
    _, log, runs = recorded
    records = whole_log(log)
    assert isinstance(records[0].event, Started)
    steps = [at for _, event in records if isinstance(event, Steps) and event.split == "batch" for at in event.at]
    assert steps == list(range(1, STEPS + 1))
    assert ended(records).how == "done"
    assert only_log(runs).resolve() == log.resolve()


def test_for_machines_exactly_the_lines_of_the_log_are_printed_whatever_the_locale(runs: Path) -> None:
    done = lintui("demo", "linreg-scratch", "--json", PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, b"")
    assert done.out == only_log(runs).read_bytes()
    assert ended(whole_log(only_log(runs))).how == "done"


def test_on_a_terminal_that_can_do_nothing_plain_lines_come(runs: Path) -> None:
    with Terminal(["demo"], columns=200, rows=50, environment={"TERM": "dumb"}) as terminal:
        assert terminal.leaves() == 0
        assert b"\x1b" not in terminal.output
        terminal.sees(f"done after {STEPS} steps", "train loss", "log: ")


def test_where_no_terminal_is_named_plain_lines_come_and_nothing_is_said_about_it() -> None:
    with Terminal(["demo", "--epochs", "1"], columns=200, rows=50, environment={"TERM": ""}) as terminal:
        assert terminal.leaves() == 0
        assert b"\x1b" not in terminal.output
        terminal.sees("done after 100 steps")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_problem_and_the_log_takes_nobodys_place(closed: str, runs: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m lintui demo --epochs 1 {closed}', sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=child_environment(),
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert ended(whole_log(only_log(runs))).how == "done"


def test_a_limit_that_is_met_stops_the_run_with_its_reason_and_an_exit_code_of_its_own(runs: Path) -> None:
    done = lintui("demo", "--lr", "100", "--fail-on", "nan", *LONG)
    assert (done.code, done.err) == (3, b"")
    last = ended(whole_log(only_log(runs)))
    assert last.how == "stopped"
    assert last.reason.startswith("--fail-on nan: ")
    assert last.reason in done.lines


def test_limits_may_come_from_a_file(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.lintui]\nfail-on = "loss>5"')
    done = lintui("demo", folder=tmp_path)
    assert done.code == 3
    assert any(line.startswith("--fail-on loss>5: train loss is 16.3") for line in done.lines)
    assert lintui("demo", "--fail-on", "loss>50", folder=tmp_path).code == 0


def test_a_run_that_diverged_ends_with_an_exit_code_of_its_own() -> None:
    done = lintui("demo", "--lr", "100")
    assert (done.code, done.err) == (3, b"")
    assert any(line.startswith("loss (half-squared) NaN") for line in done.lines)


@pytest.mark.parametrize("mode", ["--headless", "--json"])
def test_a_reader_that_has_seen_enough_does_not_stop_the_training(runs: Path, mode: str) -> None:
    with Child(["demo", "softmax-blobs", mode]) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()
        assert process.wait(PATIENCE) == 0
    assert complaints == b""
    last = ended(whole_log(only_log(runs)))
    assert (last.how, last.at) == ("done", STEPS)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_a_run_cleanly(runs: Path, number: signal.Signals, code: int) -> None:
    with Child(["demo", "--headless", *LONG]) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if VALUE.match(line.decode()):
                break
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, err) == (code, b"")
    last = ended(whole_log(only_log(runs)))
    assert (last.how, last.reason) == ("stopped", number.name)
    assert last.at > 0
    told = out.decode().splitlines()
    assert f"stopped after {last.at} steps" in out.decode()
    assert told[-1] == f"log: {only_log(runs)}"


# With a data set


def test_a_data_set_of_ones_own_is_trained_on_to_the_end(runs: Path) -> None:
    done = lintui("demo", "softmax-scratch", "--headless", "--data", str(few()), "--epochs", "2")
    assert (done.code, done.err) == (0, b"")
    assert any(re.match(r"step 4/4  epoch 2/2  .*test accuracy [\d.]+", line) for line in done.lines)
    assert ended(whole_log(only_log(runs))).how == "done"


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        pytest.param(
            ["softmax-scratch", "--data", "nowhere"], "no folder nowhere; name one with --data", id="no folder"
        ),
        pytest.param(["linreg-scratch", "--data", "."], "softmax-scratch and softmax-concise would", id="not wanted"),
    ],
)
def test_a_folder_that_can_not_be_meant_is_refused_before_torch_is_loaded(
    runs: Path, gate: Gate, arguments: list[str], way_out: str
) -> None:
    is_refused(lintui("demo", *arguments, **gate.environment), way_out)
    assert not list(runs.glob("*"))


@pytest.mark.parametrize(
    ("what", "way_out"),
    [
        ("missing", f"name a folder that holds {', '.join(fashion.FILES)}"),
        ("cut off", "replace it by a whole one"),
        ("labels", "put the images there"),
    ],
)
def test_files_that_show_at_once_that_they_can_not_be_used_are_refused_before_anything_is_started(
    tmp_path: Path, runs: Path, gate: Gate, what: str, way_out: str
) -> None:
    folder = make(tmp_path / "data", train=20, test=20)
    images, labels = (folder / name for name in NAMES["test"])
    match what:
        case "missing":
            images.unlink()
        case "cut off":
            images.write_bytes(images.read_bytes()[:-20])
        case "labels":
            images.write_bytes(labels.read_bytes())
    done = lintui("demo", "softmax-concise", "--headless", "--data", str(folder), **gate.environment)
    is_refused(done, images.name, way_out)
    assert not list(runs.glob("*"))


@pytest.mark.parametrize("what", ["damaged", "nowhere"])
def test_data_that_turn_out_to_be_unusable_fail_the_run_with_one_line_that_says_what_to_do(
    tmp_path: Path, runs: Path, what: str
) -> None:
    if what == "damaged":
        images = make(tmp_path, train=20, test=20) / NAMES["test"][0]
        packed = bytearray(images.read_bytes())
        packed[-6] ^= 1  # of its checksum
        images.write_bytes(packed)
        source, line, way_out = ["--data", str(tmp_path)], f"{images} is damaged", "replace it by a whole one"
    else:
        source, line, way_out = [], "can't fetch Fashion-MNIST, https://", "--data DIR"
    done = lintui("demo", "softmax-concise", "--headless", *source)
    assert done.code == 1
    assert done.lines[-1] == f"log: {only_log(runs)}"
    assert all(line.startswith("fetching ") for line in done.lines[:-1])
    (complaint,) = done.complaints
    reason = complaint.removeprefix("lintui: ")
    assert reason.startswith(line) and reason.endswith(way_out)
    last = ended(whole_log(only_log(runs)))
    assert (last.how, last.at, last.reason, last.traceback) == ("failed", 0, reason, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_a_run_whose_data_are_on_a_way_without_end(
    runs: Path, number: signal.Signals, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Child(
            ["demo", "softmax-scratch", "--headless"], {"https_proxy": proxy, "HTTPS_PROXY": proxy}
        ) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(number)
                out, err = process.communicate()
    assert (process.returncode, err) == (code, b"")
    assert b"Traceback" not in out
    records = whole_log(only_log(runs))
    assert (ended(records).how, ended(records).reason) == ("stopped", number.name)
    # Not left behind after a while, but asked, and answered.
    assert [event.knob for _, event in records if isinstance(event, Applied)] == ["stop"]


# Without torch


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_a_torch_that_can_not_be_loaded_fails_the_run_and_is_told(runs: Path, gate: Gate, error: str) -> None:
    with Child(["demo", "--headless"], gate.environment) as process:
        wait_until(gate.is_reached, "the import of torch")
        gate.open(error)
        out, _ = process.communicate()
    assert process.returncode == 1
    assert "torch is broken here" in out.decode()
    last = ended(whole_log(only_log(runs)))
    assert (last.how, last.at) == ("failed", 0)
    assert "torch is broken here" in last.reason


def test_a_second_signal_ends_at_once_a_run_that_can_not_stop(runs: Path, gate: Gate) -> None:
    with Child(["demo", "--headless"], gate.environment) as process:
        wait_until(gate.is_reached, "the import of torch")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.communicate()
    gate.open()
    assert process.returncode in (130, 143)
    assert isinstance(whole_log(only_log(runs))[0].event, Started)


# Looking at a log


def test_a_finished_log_is_summed_up(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    a_log(log, SAMPLE)
    done = lintui("view", str(log))
    assert (done.code, done.err) == (0, b"")
    assert done.lines[-1] == f"log: {log}"
    text = "\n".join(done.lines)
    assert "stopped after 5 steps" in text
    assert "enough" in text
    assert "refused: it can't be below 0" in text


def test_a_run_is_found_by_its_directory_as_well(tmp_path: Path) -> None:
    a_log(tmp_path / "log.jsonl", SAMPLE)
    by_file, by_folder = lintui("view", str(tmp_path / "log.jsonl")), lintui("view", str(tmp_path))
    assert by_folder.out == by_file.out
    assert by_folder.code == 0


def test_a_log_that_has_no_end_yet_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    a_log(tmp_path / "log.jsonl", SAMPLE[:-1])
    done = lintui("view", str(tmp_path))
    assert done.code == 0
    assert any(line.startswith("step 5/400") for line in done.lines)
    assert not any(line.startswith("stopped") for line in done.lines)


def test_a_loss_is_not_told_under_the_name_of_another(tmp_path: Path) -> None:
    started, _, _, choice, *_ = SAMPLE
    measured = Steps(branch=0, split="train", at=(1,), t=(0.1,), values={"loss": (0.75,)})
    turned = Applied(id="1", by="me", branch=0, at=1, t=0.2, knob="loss", old="mse", new="l1")
    ended = Ended(branch=0, at=2, t=0.3, how="stopped", summary={})
    for number, events in enumerate(((measured, turned, ended), (turned, measured, ended))):
        a_log(tmp_path / str(number), [started, choice, *events])
    assert any(line.startswith("loss (l1) 0.75") for line in lintui("view", str(tmp_path / "1")).lines)
    assert not any(line.startswith("loss (l1)") for line in lintui("view", str(tmp_path / "0")).lines)


def test_a_log_that_is_not_there_is_told_with_an_exit_code_of_its_own(tmp_path: Path) -> None:
    is_refused(lintui("view", str(tmp_path / "missing")), "name a log", exit_code=4)
    is_refused(lintui("view", str(tmp_path)), "name a log", exit_code=4)


@pytest.mark.parametrize("content", [b"", b"precious\n", b"\x00" * 4096, b"\xff\xfe"])
def test_what_is_no_log_is_told_with_the_same_exit_code(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    is_refused(lintui("view", str(tmp_path / "file")), "no log of a run", exit_code=4)


def test_a_pipe_is_no_log_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    is_refused(lintui("view", str(tmp_path / "pipe")), "not a regular file", exit_code=4)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A log in which every text means harm."""
    texts = list(HOSTILE.values())
    events: list[Event] = [replace(event, name=texts[0]) for event in SAMPLE[:1] if isinstance(event, Started)]
    for text in texts:
        common = {"id": text, "by": text, "branch": 0, "at": 1, "t": 0.1, "knob": text}
        events += [
            Said(t=0.1, level=text, text=text),
            Applied(**common, old=text, new=text, note=text),
            Applied(**common, old=text, new=text),
            Refused(**common, reason=text),
            Steps(branch=0, split=text, at=(1,), t=(0.1,), values={text[:200]: (1.0,)}),
        ]
    everything = "".join(texts)
    events.append(
        Ended(branch=0, at=1, t=0.2, how=everything, reason=everything, traceback=everything, summary={"a": texts[0]})
    )
    a_log(tmp_path / "hostile.jsonl", events)
    return tmp_path / "hostile.jsonl"


def test_a_log_that_means_harm_prints_nothing_that_a_terminal_obeys(hostile: Path) -> None:
    done = lintui("view", str(hostile))
    assert (done.code, done.err) == (0, b"")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e\u200b]", done.out.decode())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_can_not_write_every_character_gets_what_it_can(hostile: Path, encoding: str) -> None:
    done = lintui("view", str(hostile), PYTHONIOENCODING=encoding)
    assert (done.code, done.err) == (0, b"")
    assert "log: " in done.out.decode(encoding)
    listed = lintui("demo", "--list", PYTHONIOENCODING=encoding)
    assert (listed.code, listed.err) == (0, b"")


def test_a_path_that_is_no_text_is_no_problem(tmp_path: Path) -> None:
    log = tmp_path / os.fsdecode(b"run-\xff.jsonl")
    try:
        a_log(log, SAMPLE)
    except OSError:
        pytest.skip("this file system takes only text for names")
    done = lintui("view", str(log), PYTHONIOENCODING="utf-8")
    assert (done.code, done.err) == (0, b"")
    assert b"stopped after 5 steps" in done.out
