"""A terminal that nobody reads stops no training and costs no memory, and is right again when somebody does."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import is_alive, memory_of, needs_proc
from strategies import read_log, wait_until
from terminal import Terminal

from lintui.events import Ended, Steps

DEMO = ("demo", "softmax-blobs", "--speed", "100", "--epochs", "10000")
PROMISED = 10.0
"""Seconds within which a signal ends a training; a busy machine gets five times as many."""
GROWTH = 48 * 1024 * 1024
"""Bytes that a process may come to need in a minute for other reasons, such as the histories of its metrics."""
UNREAD = 256 * 1024
"""Bytes at most that a kernel and a screen may have ready for somebody who comes back."""


def stalled(runs: Path) -> Terminal:
    """A demo that has begun, on a terminal that is full and that nobody reads from now on."""
    terminal = Terminal(DEMO, columns=200, rows=60, environment={"LINTUI_DIR": str(runs)})
    terminal.until(lambda _: terminal.step > 0 and "lr " in terminal.lines[-2], "a first step")
    fill(terminal)
    return terminal


def fill(terminal: Terminal) -> None:
    """Ask for far more pictures than a terminal holds."""
    for i in range(40):
        terminal.press("\t")
        terminal.resize(200 - i % 2, 60)
        time.sleep(0.05)


def steps_in(log: Path) -> list[int]:
    return [
        at for _, event in read_log(log)[0] if isinstance(event, Steps) and event.split == "batch" for at in event.at
    ]


@needs_proc
@pytest.mark.parametrize("seconds", [5.0, pytest.param(60.0, marks=pytest.mark.long)])
def test_a_training_goes_on_while_nobody_reads_and_whoever_reads_again_sees_where_it_is(
    runs: Path, seconds: float, figure: Callable[[str], None]
) -> None:
    with stalled(runs) as terminal:
        (log,) = runs.glob("*/log.jsonl")
        worker = terminal.worker
        memory, before = memory_of(worker), len(steps_in(log))
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            seen = len(steps_in(log))
            wait_until(lambda seen=seen: len(steps_in(log)) > seen, "more steps")
            terminal.press("r")  # keys are heard, and each of these asks for a whole picture
            time.sleep(0.1)
        grown = memory_of(worker) - memory
        made = len(steps_in(log)) - before

        terminal.press(" ")
        wait_until(lambda: _is_quiet(log), "a pause")
        at, read = steps_in(log)[-1], len(terminal.output)
        terminal.until(lambda _: terminal.step == at and "paused" in terminal.lines[0], f"a pause at step {at}")
        caught_up = len(terminal.output) - read
        figure(
            f"{seconds:g} s unread: {made} steps, {grown / 2**20:.1f} MiB more memory, "
            f"{caught_up / 1024:.0f} KiB until the screen was current"
        )
        assert steps_in(log) == list(range(1, at + 1))
        assert grown <= GROWTH
        assert caught_up <= UNREAD


def _is_quiet(log: Path) -> bool:
    before = len(steps_in(log))
    time.sleep(0.5)
    return len(steps_in(log)) == before


def by_its_own(terminal: Terminal) -> int:
    """The process with the screen."""
    return terminal.worker


def by_the_command(terminal: Terminal) -> int:
    """The process that was started."""
    return terminal.process.pid


@pytest.mark.parametrize("whom", [by_its_own, by_the_command])
def test_a_signal_ends_a_training_while_nobody_reads_and_the_terminal_is_right_afterwards(
    runs: Path, whom: Callable[[Terminal], int], figure: Callable[[str], None]
) -> None:
    with stalled(runs) as terminal:
        worker = terminal.worker
        (log,) = runs.glob("*/log.jsonl")
        began = time.monotonic()
        os.kill(whom(terminal), signal.SIGTERM)
        wait_until(lambda: isinstance(read_log(log)[0][-1].event, Ended), "a final record")
        recorded = time.monotonic() - began
        assert terminal.process.wait(5 * PROMISED) == 143
        gone = time.monotonic() - began
        figure(f"TERM while nobody reads: final record after {recorded:.1f} s, gone after {gone:.1f} s")
        assert gone <= 5 * PROMISED
        assert not is_alive(worker)
        last = read_log(log)[0][-1].event
        assert isinstance(last, Ended) and (last.how, last.reason) == ("stopped", "SIGTERM")
        # Whoever reads now finds an ordinary terminal.
        assert terminal.settings == terminal.settings_before
        terminal.leaves()
        assert terminal.modes <= {7, 25} and 25 in terminal.modes


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_screen_that_is_killed_while_nobody_reads_does_not_keep_the_command(
    runs: Path, number: signal.Signals
) -> None:
    with stalled(runs) as terminal:
        os.kill(terminal.worker, number)
        assert terminal.process.wait(5 * PROMISED) == 128 + number
        assert terminal.settings == terminal.settings_before
        terminal.leaves()
        assert terminal.modes <= {7, 25} and 25 in terminal.modes
