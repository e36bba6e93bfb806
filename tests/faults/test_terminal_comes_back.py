"""However the process with the screen ends, the terminal is as it was: modes, screen, cursor, line discipline."""

import os
import signal
import sys
from pathlib import Path

import pytest
from processes import end, is_alive, take_in_orphans
from strategies import read_log, wait_until
from terminal import LINTUI, Terminal, child_of

from lintui.events import Ended, Steps

DEMO = ("demo", "softmax-blobs", "--speed", "30", "--epochs", "1000")
ALTERNATE, CURSOR, WRAP = 1049, 25, 7
SWITCHED = {ALTERNATE, 1000, 1002, 1003, 1006, 1015, 1016, 1004, 2004, 2048}
"""What a screen may switch on: itself, the mouse, focus, marks around a paste, reports of the size."""
ENDS = {"TERM": 143, "HUP": 0, "QUIT": 131, "ABRT": 134, "SEGV": 139, "KILL": 137}
"""Signals, and what the command's exit code is then; one whose terminal goes leaves the training alone."""


@pytest.fixture(scope="module", autouse=True)
def orphans() -> None:
    """What a screen leaves behind is ours to wait for."""
    take_in_orphans()


def watched(runs: Path, *program: str) -> Terminal:
    """Our demo on a terminal that can do everything that it may be asked for."""
    terminal = Terminal(DEMO, columns=100, rows=30, environment={"LINTUI_DIR": str(runs)}, program=program or LINTUI)
    terminal.until(lambda _: b"\x1b[?2026$p" in terminal.output, "a question for whole pictures")
    # It says that it can do what was asked for, and what was not.
    terminal.press("\x1b[?2026;2$y\x1b[?2048;2$y")
    terminal.until(lambda _: {ALTERNATE, 1000, 1004, 2004} <= terminal.modes, "the screen")
    terminal.sees("loading torch")
    assert CURSOR not in terminal.modes and WRAP not in terminal.modes
    assert terminal.settings != terminal.settings_before
    return terminal


def is_as_before(terminal: Terminal) -> None:
    """Every mode is off that was switched on, and on that was switched off."""
    assert terminal.modes & SWITCHED == set()
    assert {CURSOR, WRAP} <= terminal.modes
    assert terminal.output.count(b"\x1b[>") <= terminal.output.count(b"\x1b[<u")
    assert terminal.settings == terminal.settings_before


@pytest.mark.parametrize("name", ENDS)
def test_the_terminal_comes_back_when_the_screen_is_ended_by(runs: Path, name: str) -> None:
    with watched(runs) as terminal:
        worker = terminal.worker
        try:
            os.kill(worker, signal.Signals[f"SIG{name}"])
            assert terminal.leaves() == ENDS[name]
            is_as_before(terminal)
            (log,) = runs.glob("*/log.jsonl")
            assert str(log) in terminal.left_behind
            if ENDS[name] > 128 and name != "TERM":
                assert f"lintui: ended by SIG{name}" in terminal.left_behind
        finally:
            end(worker)


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT", "QUIT"])
def test_the_terminal_comes_back_when_the_command_itself_is_told_to_end(runs: Path, name: str) -> None:
    codes = {**ENDS, "INT": 130}
    with watched(runs) as terminal:
        worker = terminal.worker
        try:
            os.kill(terminal.process.pid, signal.Signals[f"SIG{name}"])
            assert terminal.leaves() == codes[name]
            is_as_before(terminal)
        finally:
            end(worker)


def test_the_screen_of_a_command_that_was_killed_gives_the_terminal_back_and_the_training_goes_on(runs: Path) -> None:
    # A shell is what holds the terminal: when that one goes, there is no terminal any more.
    shell = ("/bin/sh", "-c", '"$@"; exec sleep 1000', "sh", *LINTUI)
    with watched(runs, *shell) as terminal:
        parent = child_of(terminal.process.pid)
        worker = child_of(parent)
        try:
            terminal.until(lambda _: terminal.step > 0, "a first step")
            os.kill(parent, signal.SIGKILL)
            terminal.until(lambda _: ALTERNATE not in terminal.modes, "the ordinary screen")
            terminal.reads_for(1.0)
            is_as_before(terminal)
            (log,) = runs.glob("*/log.jsonl")
            before = len(read_log(log)[0])
            wait_until(lambda: len(read_log(log)[0]) > before + 5, "more steps")
            os.kill(worker, signal.SIGTERM)
            wait_until(lambda: not is_alive(worker), "the end of the training")
            records, _ = read_log(log)
            assert isinstance(records[-1].event, Ended)
            steps = [
                at for _, event in records if isinstance(event, Steps) and event.split == "batch" for at in event.at
            ]
            assert steps == list(range(1, records[-1].event.at + 1))
        finally:
            end(worker)


def test_a_screen_that_breaks_gives_the_terminal_back_and_the_training_goes_on(runs: Path) -> None:
    breaks = "import sys, lintui.__main__, tuiapp.screens.monitor as m\n" + (
        "def tick(self, before=m.MonitorScreen._tick):\n"
        "    before(self)\n"
        "    if self.state.at > 5: raise RuntimeError('a fault of the screen')\n"
        "m.MonitorScreen._tick = tick\n"
        "sys.exit(lintui.__main__.main())\n"
    )
    with Terminal(
        ["demo", "softmax-blobs", "--speed", "100", "--epochs", "20"],
        columns=100,
        rows=30,
        environment={"LINTUI_DIR": str(runs)},
        program=(sys.executable, "-c", breaks),
    ) as terminal:
        assert terminal.leaves() == 1
        is_as_before(terminal)
        (log,) = runs.glob("*/log.jsonl")
        last = read_log(log)[0][-1].event
        assert isinstance(last, Ended) and last.how == "done"
        assert "the screen broke" in terminal.left_behind
        assert "a fault of the screen" in (log.parent / "output.txt").read_text()
