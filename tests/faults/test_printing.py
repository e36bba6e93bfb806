"""What anything prints while the screen is up is kept and can be read, and not a byte of it is on the screen."""

import io
import sys
import time
from pathlib import Path

import pytest
from strategies import read_log, wait_until
from terminal import Terminal
from trainings import ESCAPES, MOST_BYTES

from lintui import rundir
from lintui.events import Ended, Record, Said, Steps
from lintui.run import Run

TRAININGS = (sys.executable, str(Path(__file__).parent.parent / "trainings.py"))
DEMO = ("demo", "softmax-blobs", "--speed", "50", "--epochs", "1000")
PRINTED = (
    "STRAY print",
    "STRAY print to stderr",
    "STRAY c puts",
    "STRAY c puts, not flushed",
    "STRAY write to 1",
    "STRAY write to 2",
    "STRAY child",
    "STRAY child to stderr",
    "UserWarning: STRAY warning",
    "STRAY logging",
    "STRAY [@click=app.quit]press[/] escapes",
    "STRAY without an end",
)


def on_a_terminal(runs: Path, kind: str) -> Terminal:
    """A demo whose training prints."""
    return Terminal(DEMO, columns=120, rows=36, environment={"LINTUI_DIR": str(runs)}, program=(*TRAININGS, kind))


def test_whatever_is_printed_is_in_the_pane_and_in_the_file_and_nowhere_on_the_screen(runs: Path) -> None:
    with on_a_terminal(runs, "prints") as terminal:
        terminal.until(lambda _: terminal.step >= 50, "steps")
        assert b"STRAY" not in terminal.output
        assert b"taken over" not in terminal.output
        assert 1049 in terminal.modes and 1000 in terminal.modes
        terminal.press("5")
        terminal.sees("─ output", *PRINTED)
        # The words of the escapes are seen; what they would do has not happened.
        assert b"\x1b]0;taken over" not in terminal.output
        assert 1049 in terminal.modes and 1000 in terminal.modes
        terminal.press("1")
        terminal.no_longer_sees("STRAY")
        terminal.sees("─ loss")
        assert [line for line in terminal.lines if "taken over" in line] == []
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("s")
        assert terminal.leaves() == 0
        # Not even what a C library had kept back until the end.
        assert "STRAY" not in terminal.left_behind
        assert terminal.modes <= {7, 25}
    (output,) = runs.glob("*/output.txt")
    text = output.read_text()
    assert all(line in text for line in PRINTED if "escapes" not in line)
    assert ESCAPES in text
    assert output.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("leave", ["stopped", "left alone"])
def test_a_disk_that_is_full_for_what_is_printed_does_not_stop_the_training(runs: Path, leave: str) -> None:
    with on_a_terminal(runs, "prints-much") as terminal:
        terminal.until(lambda _: terminal.step >= 50, "steps")
        (log,) = runs.glob("*/log.jsonl")
        assert (log.parent / "output.txt").stat().st_size == MOST_BYTES
        terminal.press("5")
        terminal.sees("xxxxxxxxxx")
        if leave == "left alone":
            terminal.press("\x1a")
            assert terminal.leaves() == 0
            before, patience = _steps(log), time.monotonic() + 10
            while _steps(log) == before and time.monotonic() < patience:
                time.sleep(0.1)
            assert _steps(log) > before
            return
        terminal.press("q")
        terminal.sees("the training is going on")
        terminal.press("s")
        assert terminal.leaves() == 0
        last = read_log(log)[0][-1].event
        assert isinstance(last, Ended) and last.how == "stopped"


def test_a_log_goes_on_where_nobody_takes_what_is_said_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Record) -> None:
        raise ValueError("somebody who listens")

    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError("nobody is there")

    run = Run("unheard", rundir.create("unheard"), on_record=breaks)
    monkeypatch.setattr(sys, "stderr", Gone())
    log = run.directory.log
    wait_until(
        lambda: any("somebody who listens" in event.text for _, event in read_log(log)[0] if isinstance(event, Said)),
        "a word on it in the log",
    )
    for _ in range(100):
        run.step({"loss": 1.0})
    run.finish()
    assert _steps(log) == 100
    assert isinstance(read_log(log)[0][-1].event, Ended)


def _steps(log: Path) -> int:
    return sum(len(event.at) for _, event in read_log(log)[0] if isinstance(event, Steps))
