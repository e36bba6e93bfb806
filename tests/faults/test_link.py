"""A screen whose terminal goes takes no step along, and `lintui attach` elsewhere is soon where the run is."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import end, exit_code, is_alive, needs_proc, take_in_orphans, terminals_of
from strategies import child_environment, read_log, wait_until
from terminal import LINTUI, Terminal

from lintui import rundir
from lintui.commands import Stop
from lintui.events import Applied, Ended, Record, Refused, Steps
from lintui.inbox import leave

PROMISED = 2.0
"""Seconds until a new screen is current; a busy machine gets five times as many."""
DEMO = ("demo", "softmax-blobs", "--speed", "50", "--epochs", "1000")
"""Trains for many minutes, if nobody stops it."""


@pytest.fixture(scope="module", autouse=True)
def orphans() -> None:
    """What a screen leaves behind is ours to wait for."""
    take_in_orphans()


@dataclass
class Going:
    """A training that goes on by itself."""

    pid: int
    runs: Path

    @property
    def log(self) -> Path:
        """Where its log is."""
        (log,) = self.runs.glob("*/log.jsonl")
        return log

    @property
    def records(self) -> list[Record]:
        """What it has said so far."""
        records, problems = read_log(self.log)
        assert problems == []
        return records

    @property
    def steps(self) -> list[int]:
        """The numbers of its steps, in the order in which they were written."""
        return [
            at for _, event in self.records if isinstance(event, Steps) and event.split == "batch" for at in event.at
        ]

    @property
    def answers(self) -> list[Applied | Refused]:
        """What it has answered so far."""
        return [event for _, event in self.records if isinstance(event, Applied | Refused)]

    def trains(self) -> None:
        """Wait for more steps."""
        before = len(self.steps)
        wait_until(lambda: len(self.steps) > before + 5, "more steps")


def on_a_terminal(runs: Path, *arguments: str, size: tuple[int, int] = (120, 36)) -> Terminal:
    """Our command on a terminal."""
    return Terminal(arguments, columns=size[0], rows=size[1], environment={"LINTUI_DIR": str(runs)})


@contextmanager
def left_alone(runs: Path, seconds: float, way: str) -> Iterator[Going]:
    """A training whose terminal goes so long after its first picture."""
    with on_a_terminal(runs, *DEMO) as terminal:
        terminal.until(lambda _: 1049 in terminal.modes, "the screen")
        going = Going(terminal.worker, runs)
        try:
            terminal.reads_for(seconds)
            if way == "closed":
                terminal.hang_up()
            else:
                os.killpg(terminal.process.pid, signal.SIGHUP)
            assert terminal.process.wait(30) == 0
            yield going
        finally:
            end(going.pid)


def current(terminal: Terminal, going: Going, since: float) -> float:
    """Seconds until a terminal shows the step that the log had got to when somebody wanted to see it."""
    at = going.steps[-1]
    terminal.until(lambda _: terminal.step >= at, f"step {at} or a later one")
    return time.monotonic() - since


def moments(count: int) -> list[tuple[float, str]]:
    """When terminals go, and how: the same every time."""
    choose = random.Random(9)
    return [(choose.uniform(0, 6), ("closed", "hung up")[i % 2]) for i in range(count)]


@needs_proc
@pytest.mark.parametrize("count", [3, pytest.param(20, marks=pytest.mark.long)])
def test_a_training_goes_on_without_its_terminal_and_a_new_screen_is_soon_current_and_steers(
    tmp_path: Path, count: int, figure: Callable[[str], None]
) -> None:
    worst, made = 0.0, 0
    for i, (seconds, way) in enumerate(moments(count)):
        with left_alone(tmp_path / str(i), seconds, way) as going:
            wait_until(lambda going=going: going.steps, "a first step")
            going.trains()
            assert terminals_of(going.pid) == []

            since = time.monotonic()
            with on_a_terminal(going.runs, "attach") as terminal:
                worst = max(worst, current(terminal, going, since))
                terminal.sees("lr 0.1 ")
                terminal.press("+")
                terminal.sees("lr 0.2 ")
                assert [answer.kind for answer in going.answers] == ["applied"]
                terminal.press("q")
                assert terminal.leaves() == 0
            going.trains()
            assert terminals_of(going.pid) == []

            os.kill(going.pid, signal.SIGTERM)
            assert exit_code(going.pid) == 143
            steps, last = going.steps, going.records[-1].event
            assert isinstance(last, Ended)
            assert (last.how, last.reason) == ("stopped", "SIGTERM")
            assert steps == list(range(1, last.at + 1))
            made += len(steps)
    figure(
        f"{count} terminals gone: 0 of {made} steps lost, "
        f"a new screen current after {worst:.2f} s at most (promised: {PROMISED:g} s)"
    )
    assert worst <= 5 * PROMISED


@needs_proc
@pytest.mark.parametrize("key", ["qd", "\x1a"], ids=["q, d", "ctrl+z"])
def test_a_person_can_leave_the_screen_and_is_told_how_to_come_back(runs: Path, key: str) -> None:
    with on_a_terminal(runs, *DEMO) as terminal:
        terminal.until(lambda _: terminal.step > 0, "a first step")
        going = Going(terminal.worker, runs)
        try:
            for one in key:
                terminal.press(one)
                terminal.reads_for(0.3)
            assert terminal.leaves() == 0
            assert terminal.settings == terminal.settings_before
            assert terminal.modes <= {7, 25}
            told = terminal.left_behind
            assert f"process {going.pid}" in told
            assert f"lintui attach {going.log.parent.name}" in told
            assert str(going.log) in told
            going.trains()
            assert terminals_of(going.pid) == []
            # What stops or wakes a process in the background does it no harm.
            os.kill(going.pid, signal.SIGHUP)
            os.kill(going.pid, signal.SIGSTOP)
            os.kill(going.pid, signal.SIGCONT)
            going.trains()
            os.kill(going.pid, signal.SIGTERM)
            assert exit_code(going.pid) == 143
            assert isinstance(going.records[-1].event, Ended)
        finally:
            end(going.pid)


# Many screens over one run


@pytest.fixture(scope="module")
def going(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Going]:
    """A training that never had a screen."""
    runs = tmp_path_factory.mktemp("runs")
    environment = {**child_environment(), "LINTUI_DIR": str(runs)}
    with subprocess.Popen(
        [*LINTUI, *DEMO, "--headless"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: list(runs.glob("*/log.jsonl")), "a log")
            found = Going(process.pid, runs)
            wait_until(lambda: found.steps, "a first step")
            yield found
        finally:
            process.kill()


def test_two_screens_at_once_agree(going: Going) -> None:
    small = (80, 24)  # one pane at a time
    with (
        on_a_terminal(going.runs, "attach", size=small) as one,
        on_a_terminal(going.runs, "attach", size=small) as other,
    ):
        for terminal in (one, other):
            terminal.until(lambda terminal: terminal.step > 0, "the run")
        one.press(" ")
        for terminal in (one, other):
            terminal.until(lambda terminal: "paused" in terminal.lines[0], "a pause")
        other.press("+")
        for terminal in (one, other):
            terminal.sees("lr 0.2 ")
        at = going.steps[-1] + 3
        for _ in range(3):
            one.press("s")
        for terminal in (one, other):
            terminal.until(lambda terminal: terminal.step == at, f"step {at}")
        for pane, title in (("1", "─ loss"), ("3", "─ weights")):
            for terminal in (one, other):
                terminal.press(pane)
                terminal.sees(title)
                terminal.reads_for(2.0)  # until everything is drawn
            rows = [[_untimed(line) for line in terminal.lines] for terminal in (one, other)]
            assert rows[0] == rows[1]
            assert "paused" in rows[0][0] and f"step {at}" in rows[0][0] and "lr 0.2 " in rows[0][-2]
        other.press("-")
        one.sees("lr 0.1 ")
        one.press(" ")
        for terminal in (one, other):
            terminal.until(lambda terminal: terminal.step > at, "more steps")
            terminal.press("q")
            assert terminal.leaves() == 0
    going.trains()


def _untimed(line: str) -> str:
    """A line without what changes while nothing happens: how much watching costs is measured again and again."""
    return re.sub(r"watching costs [\d.]+ %", "", line).rstrip()


def test_a_screen_that_only_looks_offers_no_key_that_steers(going: Going) -> None:
    answers = len(going.answers)
    with on_a_terminal(going.runs, "attach", "--readonly") as terminal:
        terminal.until(lambda _: terminal.step > 0 and "q quit" in terminal.lines[-1], "the run")
        for word in ("pause", "step", "lr ×2", "stop", "loss", "faster"):
            assert f" {word} " not in terminal.lines[-1]
        terminal.press("+- sxLouU><")
        terminal.reads_for(1.0)
        terminal.press("?")
        terminal.sees("this help")
        assert "double the learning rate" not in terminal.text
        terminal.press("\x1b")
        terminal.no_longer_sees("this help")
        terminal.press("q")
        assert terminal.leaves() == 0
    going.trains()
    assert len(going.answers) == answers


@pytest.mark.parametrize("by", ["name", "directory's name", "path"])
def test_a_run_is_found(going: Going, by: str) -> None:
    folder = going.log.parent
    asked = {"name": "softmax-blobs", "directory's name": folder.name, "path": str(folder)}[by]
    with on_a_terminal(going.runs, "attach", asked, size=(80, 24)) as terminal:
        terminal.until(lambda _: terminal.step > 0 and "pause" in terminal.lines[-1], "the run, and how to steer it")
        terminal.press("q")
        assert terminal.leaves() == 0


def test_without_a_name_it_is_the_newest_that_goes_on_and_a_finished_one_is_looked_at(going: Going) -> None:
    environment = {**child_environment(), "LINTUI_DIR": str(going.runs)}
    log = going.log
    subprocess.run(
        [*LINTUI, "demo", "linreg-scratch", "--headless"],
        env=environment,
        capture_output=True,
        check=True,
        timeout=120,
    )
    (newer,) = going.runs.glob("*-linreg-scratch")
    try:
        with on_a_terminal(going.runs, "attach") as terminal:
            terminal.until(
                lambda _: "softmax-blobs" in terminal.lines[0] and terminal.step > 0, "the one that goes on"
            )
            terminal.press("q")
            assert terminal.leaves() == 0
        with on_a_terminal(going.runs, "attach", "linreg-scratch") as terminal:
            terminal.until(lambda _: "done in" in terminal.lines[0], "the finished one")
            terminal.until(lambda _: "q quit" in terminal.lines[-1], "the keys")
            assert "pause" not in terminal.lines[-1]
            terminal.press("q")
            assert terminal.leaves() == 0
    finally:
        newer.rename(going.runs.parent / "put away")
    assert going.log == log


@pytest.mark.parametrize("asked", [[], ["no-such-run"]])
def test_where_there_is_no_run_to_come_back_to_one_line_says_so(runs: Path, asked: list[str]) -> None:
    with on_a_terminal(runs, "attach", *asked) as terminal:
        assert terminal.leaves() == 4
        assert 1049 not in terminal.modes
        (line,) = terminal.left_behind.splitlines()
        assert line.startswith("lintui: there is no run")


def test_a_run_whose_folder_has_gone_is_said_to_be_out_of_reach_and_the_screen_stays(
    runs: Path, tmp_path: Path
) -> None:
    with on_a_terminal(runs, *DEMO) as owner:
        owner.until(lambda _: owner.step > 0, "a first step")
        going = Going(owner.worker, runs)
        with on_a_terminal(runs, "attach") as terminal:
            terminal.until(lambda _: terminal.step > 0 and "lr " in terminal.lines[-2], "the run")
            going.log.parent.rename(tmp_path / "elsewhere")
            terminal.press("+")
            terminal.sees("can't be told")
            terminal.press("q")
            assert terminal.leaves() == 0


def test_whoever_looks_for_a_run_that_goes_on_keeps_none_from_starting() -> None:
    looking = True

    def look() -> None:
        while looking:
            directory.is_written()

    directory = rundir.create("wanted")
    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(300):
            directory.lock().release()
    finally:
        looking = False
        thread.join()


def test_a_command_from_a_script_reaches_a_run_that_was_left_alone(going: Going) -> None:
    leave(going.log.parent / "inbox", Stop(id="last", by="a script", reason="seen enough"))
    wait_until(lambda: isinstance(going.records[-1].event, Ended), "the end")
    wait_until(lambda: not is_alive(going.pid), "the end of the process")
