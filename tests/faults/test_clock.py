"""A wall clock that is moved: commands keep their order, and no duration is negative or a day long."""

import itertools
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from strategies import read_log

from lintui import rundir
from lintui.commands import Set, new_id
from lintui.events import Applied, Layers, Steps
from lintui.inbox import collect, leave
from lintui.run import Run
from lintui.state import RunState

DAY = 86_400 * 10**9


class WallClock:
    """The clock on the wall, which somebody may move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved = 0
        """Nanoseconds."""
        now = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: now() + self.moved)
        monkeypatch.setattr(time, "time", lambda: (now() + self.moved) / 1e9)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    return WallClock(monkeypatch)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir(mode=0o700)
    return folder


def a_set(value: float) -> Set:
    return Set(id=new_id(), by="me", knob="lr", value=value)


def values(inbox: Path) -> list[object]:
    commands, problems = collect(inbox)
    assert problems == []
    return [command.value for command in commands if isinstance(command, Set)]


@pytest.mark.parametrize("days", [-1, 1])
def test_commands_keep_their_order_when_the_wall_clock_is_moved_a_day(
    inbox: Path, wall: WallClock, days: int
) -> None:
    for i in range(100):
        wall.moved = days * DAY * (i // 10 % 2)
        leave(inbox, a_set(i))
    assert values(inbox) == list(range(100))


@pytest.mark.parametrize("days", [-1, 1])
def test_commands_of_several_processes_keep_the_order_in_which_they_were_left(
    inbox: Path, wall: WallClock, days: int
) -> None:
    # Each of them counts for itself, and has left a different number of commands elsewhere before.
    def leave_when_told(number: int, turn: "multiprocessing.connection.Connection") -> None:
        wall.moved = days * DAY * number
        elsewhere = inbox.with_name(f"elsewhere-{number}")
        elsewhere.mkdir(mode=0o700)
        for _ in range(100 * (3 - number)):
            leave(elsewhere, a_set(0.0))
        while (value := turn.recv()) is not None:
            leave(inbox, a_set(value))
            turn.send(True)

    context = multiprocessing.get_context("fork")
    ends = [context.Pipe() for _ in range(3)]
    processes = [context.Process(target=leave_when_told, args=(i, theirs)) for i, (_, theirs) in enumerate(ends)]
    for process in processes:
        process.start()
    choose = random.Random(22)
    for i in range(100):
        ours, _ = choose.choice(ends)
        ours.send(float(i))
        assert ours.recv()
    for ours, _ in ends:
        ours.send(None)
    for process in processes:
        process.join()
    assert values(inbox) == list(range(100))


def moments(run: Run) -> Iterator[float]:
    """When each thing in the log happened, in the order of the log."""
    records, problems = read_log(run.directory.log)
    assert problems == []
    for _, event in records:
        if isinstance(event, Steps | Layers):
            yield from event.t
        elif hasattr(event, "t") and not hasattr(event, "text"):
            yield event.t


@pytest.mark.parametrize("days", [-1, 1])
def test_no_duration_is_negative_or_a_day_long_when_the_wall_clock_is_moved_a_day(wall: WallClock, days: int) -> None:
    began = time.perf_counter()
    run = Run("moved", rundir.create("moved"), speed=10_000.0)
    run.tune("lr", 1.0)
    for i in range(1, 301):
        wall.moved = days * DAY * (i // 50 % 2)
        if i % 10 == 0:
            leave(run.directory.inbox, a_set(float(i)))
        run.step({"loss": 1.0})
        if i % 100 == 0:
            run.epoch(i // 100, train={"accuracy": 0.5})
        run.safe_point()
    run.finish()
    lasted = time.perf_counter() - began
    told = list(moments(run))
    assert all(0 <= one <= other <= lasted for one, other in itertools.pairwise(told))
    state = RunState()
    for record in read_log(run.directory.log)[0]:
        state.apply(record)
    assert 0 < state.t <= lasted
    rate = state.rate()
    assert rate is None or rate > 0
    applied = [event.new for event in state.happened if isinstance(event, Applied)]
    assert applied == sorted(applied)  # type: ignore[type-var]
    assert len(applied) + len(os.listdir(run.directory.inbox)) <= 30
