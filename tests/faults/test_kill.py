"""A training killed with -9 at any moment: what was written stays intact, and at most the last moment is missing."""

import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from strategies import PATIENCE, child_environment, read_log, wait_until

from lintui import rundir
from lintui.codec import decode_event
from lintui.commands import Scale
from lintui.events import Applied, Record, Said, Started, Steps
from lintui.inbox import leave
from lintui.log import LogWriter
from lintui.rundir import RunDirectory

AT_ONCE = 3
"""Trainings at a time: each of them mostly sleeps."""
PROMISED = 0.1
"""Seconds of steps that may be missing; a busy machine gets five times as many before that is a failure."""
MOST_STEPS = 1_000_000

TRAINING = """
import mmap, struct, sys, time
from pathlib import Path
from lintui.run import Run
from lintui.rundir import RunDirectory

path = Path(sys.argv[1])
with open(sys.argv[2], "r+b") as file:
    notes = mmap.mmap(file.fileno(), 0)

def heard(record):
    struct.pack_into("q", notes, 0, record.n + 1)

run = Run("killed", RunDirectory(path, path / "log.jsonl"), on_record=heard)
run.tune("lr", 1.0)
while True:
    time.sleep(0.001)
    run.step({"loss": 1.0 / (run.at + 1), "norm": float(run.at)})
    struct.pack_into("d", notes, 8 * run.at, time.monotonic())
    run.safe_point()
"""


class Killed(NamedTuple):
    """What is left of a training that was killed."""

    log: Path
    handed_on: int
    """Records that the training has seen handed on."""
    times: list[float]
    """The moment of each step that the training has noted, from the first."""
    left: int
    """Commands that were left in the inbox, from a first to a last."""


def train_and_kill(folder: Path, seconds: float, *, steered: bool) -> Killed:
    """Kill a training at this time after its first step, while commands come in or nobody says anything."""
    directory = rundir.create("killed")
    notes = folder / f"{directory.path.name}.notes"
    with notes.open("w+b") as file:
        file.truncate(8 * MOST_STEPS)
        noted = mmap.mmap(file.fileno(), 0)
    with subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(directory.path), str(notes)], env=child_environment()
    ) as child:
        try:
            wait_until(lambda: struct.unpack_from("d", noted, 8)[0] or child.poll() is not None, "the first step")
            moment = time.monotonic() + seconds
            left = 0
            while time.monotonic() < moment:
                if steered:
                    factor = 2.0 if left % 2 else 0.5
                    leave(directory.inbox, Scale(id=f"{left}", by="a test", knob="lr", factor=factor))
                    left += 1
                time.sleep(min(0.01, max(moment - time.monotonic(), 0.0)))
        finally:
            os.kill(child.pid, signal.SIGKILL)
        assert child.wait(PATIENCE) == -signal.SIGKILL
    (handed_on,) = struct.unpack_from("q", noted, 0)
    times = []
    while moment := struct.unpack_from("d", noted, 8 * (len(times) + 1))[0]:
        times.append(moment)
    noted.close()
    notes.unlink()
    return Killed(directory.log, handed_on, times, left)


@pytest.fixture(scope="module", params=[20, pytest.param(1_000, marks=pytest.mark.long)], ids="{} kills".format)
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Killed]:
    """So many trainings, killed at moments that are the same every time."""
    folder = tmp_path_factory.mktemp("killed")
    choose = random.Random(20)
    # An answer takes what was said before along to the disk: half of the trainings have none to give.
    plans = [(choose.uniform(0, 1 - 0.5 * steered), steered) for steered in (True, False) * (request.param // 2)]
    with pytest.MonkeyPatch.context() as monkeypatch, ThreadPoolExecutor(AT_ONCE) as pool:
        monkeypatch.setenv("LINTUI_DIR", str(folder / "runs"))
        return list(pool.map(lambda plan: train_and_kill(folder, plan[0], steered=plan[1]), plans))


def records_of(one: Killed) -> list[Record]:
    records, problems = read_log(one.log)
    assert problems == []
    return records


def steps_of(one: Killed) -> list[int]:
    return [at for _, event in records_of(one) if isinstance(event, Steps) for at in event.at]


def test_every_line_but_a_torn_last_one_is_intact_by_checksum_and_number(killed: list[Killed]) -> None:
    for one in killed:
        *lines, _ = one.log.read_bytes().split(b"\n")
        records = [decode_event(line) for line in lines]
        assert [record and record.n for record in records] == list(range(len(lines)))
        assert records == records_of(one)
        assert isinstance(records[0] and records[0].event, Started)


def test_steps_are_missing_from_the_last_moment_alone(killed: list[Killed], figure: Callable[[str], None]) -> None:
    missing = [0.0]
    for one in killed:
        written = steps_of(one)
        assert written == list(range(1, len(written) + 1))
        if len(written) < len(one.times):
            # From the first step that is missing to the last that was made, by the clock of the training itself.
            missing.append(one.times[-1] - one.times[len(written)])
    made = sum(len(one.times) for one in killed)
    worst, over = max(missing), sum(seconds > PROMISED for seconds in missing)
    figure(
        f"{len(killed)} kills in {made} steps: at worst the last {1000 * worst:.0f} ms of steps were missing, "
        f"{over} times more than {1000 * PROMISED:.0f} ms"
    )
    assert worst <= 5 * PROMISED


def test_what_was_handed_on_to_a_screen_is_in_the_log(killed: list[Killed]) -> None:
    for one in killed:
        assert len(records_of(one)) >= one.handed_on


def test_no_command_is_answered_twice_and_those_that_were_carried_out_are_in_order(killed: list[Killed]) -> None:
    answered = 0
    for one in killed:
        ids = [event.id for _, event in records_of(one) if isinstance(event, Applied)]
        assert ids == [str(i) for i in range(len(ids))]
        assert len(ids) <= one.left
        answered += len(ids)
    assert answered > 0


def test_the_next_start_opens_the_run_and_goes_on(killed: list[Killed]) -> None:
    for one in killed:
        before = records_of(one)
        RunDirectory(one.log.parent, one.log).lock().release()
        writer = LogWriter.reopen(one.log)
        (added,) = writer.append([Said(t=0.0, level="info", text="here again")])
        writer.close()
        assert records_of(one) == [*before, added]
        assert added.n == len(before)
