"""A script under `lintui run` outlives every terminal that it is watched on, and is ended from any of them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from processes import born_with, end, is_alive, needs_proc, take_in_orphans
from scripts import COUNTED
from strategies import read_log, wait_until
from terminal import Terminal

from lintui.events import Ended, Started, Steps

pytestmark = needs_proc


@pytest.fixture(scope="module", autouse=True)
def orphans() -> None:
    """What a screen leaves behind is ours to wait for."""
    take_in_orphans()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the script in it; whatever happens, no process of a test outlives it."""
    (tmp_path / "train.py").write_text(COUNTED)
    yield tmp_path
    for pid in born_with(f"LINTUI_DIR={tmp_path / 'runs'}"):
        end(pid)


def on_a_terminal(folder: Path, *arguments: str) -> Terminal:
    """Our command on a terminal."""
    environment = {"LINTUI_DIR": str(folder / "runs")}
    return Terminal(arguments, columns=100, rows=30, environment=environment, folder=folder)


def the_log(folder: Path) -> tuple[list[int], Ended | None, int]:
    """The steps whose loss was recorded, how it ended, and which process it was."""
    (log,) = (folder / "runs").glob("*/log.jsonl")
    records, problems = read_log(log)
    assert problems == []
    events = [event for _, event in records]
    steps = [at for event in events if isinstance(event, Steps) and event.split == "batch" for at in event.at]
    (started,) = (event for event in events if isinstance(event, Started))
    last = events[-1]
    return steps, last if isinstance(last, Ended) else None, started.pid


def is_complete(folder: Path) -> None:
    """Not one step that the script made is missing; the first one's loss was there before we were."""
    made = int((folder / "made.txt").read_text())
    steps, ended, _ = the_log(folder)
    assert steps == list(range(2, made + 1))
    assert ended is not None
    assert (ended.how, ended.at) == ("stopped", made)


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.long)])
def test_however_often_its_terminal_goes_no_step_is_lost_and_attach_comes_back_to_it(
    times: int, folder: Path
) -> None:
    chance = Random(times)

    def goes(terminal: Terminal) -> None:
        """Its terminal goes at some moment after a step was seen on it that was made since it came."""
        before = the_log(folder)[0][-1] if list((folder / "runs").glob("*/log.jsonl")) else 0
        terminal.until(lambda _: terminal.step > before, "a step that was made since")
        terminal.reads_for(chance.uniform(0, 0.5))
        terminal.hang_up()
        terminal.process.wait(30)
        steps, _, pid = the_log(folder)
        wait_until(lambda: len(the_log(folder)[0]) > len(steps) + 3, "more steps")
        assert is_alive(pid)

    with on_a_terminal(folder, "run", "train.py") as first:
        goes(first)
        for _ in range(times - 1):
            with on_a_terminal(folder, "attach") as terminal:
                goes(terminal)
        with on_a_terminal(folder, "attach") as last:
            last.until(lambda _: last.step > 0 and "pause" in last.lines[-1], "the run")
            last.press("x")
            last.sees("stop at step")
            last.press("y")
            last.sees("stopped after")
            last.press("q")
            assert last.leaves() == 0
        wait_until(
            lambda: the_log(folder)[1] is not None and not is_alive(the_log(folder)[2]), "the end of the script"
        )
    is_complete(folder)


def test_whoever_leaves_is_asked_and_a_script_that_is_stopped_ends_as_at_ctrl_c(folder: Path) -> None:
    with on_a_terminal(folder, "run", "train.py") as terminal:
        terminal.until(lambda _: terminal.step > 2, "steps")
        terminal.press("5")
        terminal.sees("made 3")
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("s")
        code = terminal.leaves()
        assert code == 130, terminal.left_behind  # the script's own: it does not catch what ctrl+c raises
        assert "stopped after" in terminal.left_behind
    is_complete(folder)


def test_what_is_detached_goes_on_and_ends_when_its_process_is_told_to(folder: Path) -> None:
    with on_a_terminal(folder, "run", "train.py") as terminal:
        terminal.until(lambda _: terminal.step > 2, "steps")
        worker = terminal.worker
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("d")
        assert terminal.leaves() == 0
        assert "lintui attach" in terminal.left_behind
        steps, _, pid = the_log(folder)
        wait_until(lambda: len(the_log(folder)[0]) > len(steps) + 3, "more steps")
        os.kill(worker, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid), "the end of the script")
        wait_until(lambda: the_log(folder)[1], "the end of the log")
    is_complete(folder)
