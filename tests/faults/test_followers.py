"""Several at one run: one writes it, a second is told so at once, and any number follow it however it comes."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from disk import FULL, Disk
from strategies import child_environment, read_all, read_log, wait_until

from lintui import rundir
from lintui.codec import encode_event
from lintui.events import Record, Said
from lintui.log import LogReader, LogWriter
from lintui.run import Run
from lintui.rundir import RunDirectoryError

FOLLOWERS = 10


def said(count: int) -> list[Said]:
    return [Said(t=0.0, level="info", text=f"{i} " + "x" * (i % 50)) for i in range(count)]


class Follower:
    """Reads a log on a thread of its own until it has seen as many records as there will be."""

    def __init__(self, path: Path, count: int) -> None:
        self.records: list[Record] = []
        self.problems: list[str] = []
        self._path, self._count = path, count
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self) -> None:
        reader = LogReader(self._path)
        wait_until(lambda: (self.records.extend(reader.read()), len(self.records) >= self._count)[1], "all records")
        self.problems = reader.problems
        reader.close()


@pytest.mark.parametrize("count", [300, pytest.param(30_000, marks=pytest.mark.long)])
def test_ten_followers_see_every_record_in_order_however_the_writes_are_torn(tmp_path: Path, count: int) -> None:
    path = tmp_path / "log.jsonl"
    path.touch()
    events = said(count)
    data = b"".join(encode_event(n, event) for n, event in enumerate(events))
    followers = [Follower(path, count) for _ in range(FOLLOWERS)]
    choose = random.Random(1)
    with path.open("ab", buffering=0) as file:
        while data:
            size = choose.randint(1, 400)
            file.write(data[:size])
            data = data[size:]
    for follower in followers:
        follower.thread.join()
        assert follower.problems == []
        assert follower.records == [Record(n, event) for n, event in enumerate(events)]


def test_a_follower_of_a_disk_that_fails_for_long_sees_no_line_that_was_glued_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    disk = Disk(monkeypatch, path)
    writer = LogWriter.create(path)
    reader = LogReader(path)
    choose = random.Random(5)
    # Half a line goes through and can't be cut off, so that the follower sees it; then nothing for long.
    disk.cuts_fail = True
    disk.plan = lambda write, data: choose.randrange(1, 60) if write == 1 else FULL
    seen = []
    for i in range(60):
        writer.append([Said(t=0.0, level="y" * 900_000, text=str(i)), *said(1)])
        seen += read_all(reader)
    assert writer.lost > 0
    disk.cuts_fail = False
    disk.plan = lambda _, data: choose.choice([len(data), choose.randrange(len(data))])
    for _ in range(200):
        writer.append([])
        seen += read_all(reader)
    disk.plan = lambda _, data: len(data)
    writer.close()
    seen += read_all(reader)
    reader.close()
    assert seen == read_log(path)[0]
    assert not [problem for problem in reader.problems if "missing" not in problem]
    assert len(seen) == 120 - writer.lost


SECOND = """
import sys, time
from pathlib import Path
from lintui.run import Run
from lintui.rundir import RunDirectory, RunDirectoryError

path = Path(sys.argv[1])
began = time.perf_counter()
try:
    Run("second", RunDirectory(path, path / "log.jsonl"))
except RunDirectoryError as error:
    print(time.perf_counter() - began, error, sep="\\n")
"""


def test_a_second_trainer_on_a_run_is_refused_at_once(figure: Callable[[str], None]) -> None:
    run = Run("first", rundir.create("first"))
    try:
        child = subprocess.run(
            [sys.executable, "-c", SECOND, str(run.directory.path)],
            env=child_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        began = time.perf_counter()
        with pytest.raises(RunDirectoryError):
            run.directory.lock()
        here = time.perf_counter() - began
        run.step({"loss": 1.0})
    finally:
        run.finish()
    seconds, error = child.stdout.splitlines()
    figure(f"a second trainer is refused within {1e3 * max(float(seconds), here):.1f} ms")
    assert error == f"another process is writing the run in {run.directory.path}"
    assert float(seconds) < 5
    assert read_log(run.directory.log)[1] == []
