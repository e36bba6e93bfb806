"""A training can be ended from everywhere in good time: its log is closed, nothing of it stays behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import end, exit_code, needs_proc, take_in_orphans, working_on
from strategies import child_environment, read_log, wait_until
from terminal import LINTUI, Gate, Terminal

from lintui.events import Ended, Steps

TERM_WITHIN = 10.0
QUIT_WITHIN = 5.0
"""Seconds; a busy machine gets five times as many."""
DEMO = ("demo", "softmax-blobs", "--speed", "50", "--epochs", "1000")
TRAININGS = (sys.executable, str(Path(__file__).parent.parent / "trainings.py"))


@pytest.fixture(scope="module", autouse=True)
def orphans() -> None:
    """What a screen leaves behind is ours to wait for."""
    take_in_orphans()


@pytest.fixture(autouse=True)
def nothing_is_left(runs: Path) -> Iterator[None]:
    """Whatever happens, no process of a test outlives it."""
    yield
    for pid in working_on(runs):
        end(pid)


def on_a_terminal(runs: Path, *program: str, gate: Gate | None = None) -> Terminal:
    """A demo on a terminal, trained by a loop of lintui's own or another."""
    environment = {"LINTUI_DIR": str(runs), **(gate.environment if gate else {})}
    return Terminal(DEMO, columns=120, rows=36, environment=environment, program=program or LINTUI)


def the_end(runs: Path) -> Ended:
    """The last record of the one run that there is."""
    (log,) = runs.glob("*/log.jsonl")
    records, problems = read_log(log)
    assert problems == []
    assert isinstance(records[-1].event, Ended)
    return records[-1].event


def steps(runs: Path) -> int:
    """How many steps the one run has made so far."""
    logs = list(runs.glob("*/log.jsonl"))
    return sum(len(event.at) for _, event in read_log(logs[0])[0] if isinstance(event, Steps)) if logs else 0


class Clock:
    """How long something took, said in one line and held against a limit."""

    def __init__(self, figure: Callable[[str], None], what: str, promised: float) -> None:
        self._figure, self._what, self._promised = figure, what, promised
        self._began = time.monotonic()

    def stop(self) -> None:
        """It is done."""
        took = time.monotonic() - self._began
        self._figure(f"{self._what}: {took:.1f} s (promised: {self._promised:g} s)")
        assert took <= 5 * self._promised


# A signal


@pytest.mark.parametrize("loop", ["its own", pytest.param("hangs", marks=pytest.mark.long)])
def test_a_training_on_the_screen_ends_with_143(runs: Path, loop: str, figure: Callable[[str], None]) -> None:
    with on_a_terminal(runs, *(() if loop == "its own" else (*TRAININGS, loop))) as terminal:
        terminal.until(lambda _: steps(runs) >= 10, "steps")
        clock = Clock(figure, f"TERM on the screen, loop: {loop}", TERM_WITHIN)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.leaves() == 143
        clock.stop()
        assert (the_end(runs).how, the_end(runs).reason) == ("stopped", "SIGTERM")
        assert working_on(runs) == []


@pytest.mark.parametrize("loop", ["its own", pytest.param("hangs", marks=pytest.mark.long)])
def test_a_training_without_a_screen_ends_with_143(runs: Path, loop: str, figure: Callable[[str], None]) -> None:
    program = LINTUI if loop == "its own" else (*TRAININGS, loop)
    with subprocess.Popen(
        [*program, *DEMO, "--headless"], env=child_environment(), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: steps(runs) >= 10, "steps")
        clock = Clock(figure, f"TERM headless, loop: {loop}", TERM_WITHIN)
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode == 143
        clock.stop()
    assert (the_end(runs).how, the_end(runs).reason) == ("stopped", "SIGTERM")


@pytest.mark.parametrize(
    "loop", ["loaders-2", *(pytest.param(loop, marks=pytest.mark.long) for loop in ("its own", "hangs"))]
)
def test_a_training_that_was_left_alone_ends_with_143(runs: Path, loop: str, figure: Callable[[str], None]) -> None:
    with on_a_terminal(runs, *(() if loop == "its own" else (*TRAININGS, loop))) as terminal:
        terminal.until(lambda _: steps(runs) >= 10, "steps")
        worker = terminal.worker
        terminal.press("\x1a")
        assert terminal.leaves() == 0
        clock = Clock(figure, f"TERM detached, loop: {loop}", TERM_WITHIN)
        os.kill(worker, signal.SIGTERM)
        assert exit_code(worker) == 143
        clock.stop()
    assert (the_end(runs).how, the_end(runs).reason) == ("stopped", "SIGTERM")
    wait_until(lambda: working_on(runs) == [], "the end of every process")


def test_a_training_that_still_waits_for_torch_ends_with_143(
    runs: Path, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    gate = Gate(tmp_path / "gate")
    with on_a_terminal(runs, gate=gate) as terminal:
        terminal.until(lambda _: gate.is_reached(), "the import of torch")
        clock = Clock(figure, "TERM during the import of torch", TERM_WITHIN)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.leaves() == 143
        clock.stop()
    assert (the_end(runs).how, the_end(runs).reason) == ("stopped", "SIGTERM")


def test_without_anybody_who_reads_what_it_prints_a_training_ends_with_143(
    runs: Path, figure: Callable[[str], None]
) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while os.write(write, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(write, True)
    with subprocess.Popen([*LINTUI, *DEMO, "--headless"], env=child_environment(), stdout=write) as process:
        try:
            wait_until(lambda: steps(runs) >= 100, "steps")
            clock = Clock(figure, "TERM headless, into a pipe that nobody reads", TERM_WITHIN)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5 * TERM_WITHIN) == 143
            clock.stop()
        finally:
            process.kill()
            os.close(read)
            os.close(write)
    assert the_end(runs).how == "stopped"


# A person


@needs_proc
@pytest.mark.parametrize("workers", [2, *(pytest.param(count, marks=pytest.mark.long) for count in (0, 4))])
def test_whoever_quits_leaves_no_process_behind(runs: Path, workers: int, figure: Callable[[str], None]) -> None:
    with on_a_terminal(runs, *TRAININGS, f"loaders-{workers}") as terminal:
        terminal.until(lambda _: terminal.step >= 10, "steps")
        assert len(working_on(runs)) >= 2 + workers
        terminal.press("q")
        terminal.sees("the training is going on")
        clock = Clock(figure, f"quit with {workers} processes that load data", QUIT_WITHIN)
        terminal.press("s")
        assert terminal.leaves() == 0
        clock.stop()
        wait_until(lambda: working_on(runs) == [], "the end of every process")
        assert the_end(runs).how == "stopped"
        # The last descriptor on the terminal is closed: nothing more can come.
        assert terminal.ended


@needs_proc
def test_processes_that_load_data_survive_the_loss_of_the_terminal_with_the_training(runs: Path) -> None:
    with on_a_terminal(runs, *TRAININGS, "loaders-2") as terminal:
        terminal.until(lambda _: terminal.step >= 10, "steps")
        worker = terminal.worker
        os.killpg(terminal.process.pid, signal.SIGHUP)  # what a terminal does when it goes
        assert terminal.leaves() == 0
        before = steps(runs)
        wait_until(lambda: steps(runs) > before + 50, "more steps")
        os.kill(worker, signal.SIGTERM)
        assert exit_code(worker) == 143
    assert the_end(runs).how == "stopped"
    wait_until(lambda: working_on(runs) == [], "the end of every process")


# An exception


def test_an_exception_is_seen_and_logged_and_ends_with_1(runs: Path) -> None:
    with on_a_terminal(runs, *TRAININGS, "raises") as terminal:
        terminal.sees("ValueError: the shapes do not fit", "failed")
        terminal.press("4")
        terminal.sees("Traceback")
        terminal.press("\r")
        terminal.sees("Traceback", "train_and_raise")
        terminal.press("q")
        assert terminal.leaves() == 1
        assert "ValueError: the shapes do not fit" in terminal.left_behind
    assert (the_end(runs).how, the_end(runs).at) == ("failed", 10)
    assert "train_and_raise" in the_end(runs).traceback


def test_a_hand_that_rests_on_ctrl_c_leaves_no_traceback(runs: Path) -> None:
    with Terminal(["demo", "softmax-blobs"], columns=100, rows=30, environment={"LINTUI_DIR": str(runs)}) as terminal:
        terminal.until(lambda t: t.step > 3, "some steps")
        while not terminal.ended:
            with contextlib.suppress(OSError):  # it has gone meanwhile
                os.write(terminal.fd, b"\x03s\x03")
            terminal.reads_for(0.02)
        assert terminal.leaves() in (0, 130)
        assert b"Traceback" not in terminal.output
