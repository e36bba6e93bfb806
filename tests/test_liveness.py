"""Specifies how a dead run is told from a slow one: with processes that are really killed, stopped and forked."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from children import Training
from processes import end
from recorded import Recording
from strategies import read_log, wait_until

from lintui import heartbeat, rundir
from lintui.commands import Command, Set
from lintui.ends import glance
from lintui.events import Started
from lintui.liveness import Life, Pulse, stands
from lintui.run import Run
from lintui.rundir import RunDirectory
from lintui.state import RunState
from tuiapp.app import LintuiApp
from tuiapp.feed import LogFeed
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.line import Line


@pytest.fixture
def training() -> Iterator[Training]:
    """A training that goes on until the test is over."""
    going = Training()
    yield going
    going.is_killed()


def rewound(path: Path, seconds: float) -> None:
    """Make a file look as if it had been written so many seconds ago."""
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_run_whose_process_steps_goes_on_and_one_whose_process_was_killed_died(training: Training) -> None:
    assert training.life == Life("going on")
    training.is_killed()
    assert training.state.ended is None
    assert training.life == Life("died")
    assert str(training.life) == "died" and not training.life.goes_on


def test_a_run_whose_process_hangs_is_silent_and_not_dead(training: Training) -> None:
    training.gets(signal.SIGSTOP)
    rewound(training.directory.log, 12.2)
    rewound(training.directory.heartbeat, 12.2)
    life = training.life
    assert life.word == "silent" and life.goes_on and not life.died
    assert str(life) in ("silent for 12 s", "silent for 13 s")
    training.gets(signal.SIGCONT)
    wait_until(lambda: training.life == Life("going on"), "more steps")


def test_a_run_that_is_paused_is_paused_however_long_it_says_nothing(training: Training) -> None:
    from lintui.inbox import leave

    leave(training.directory.inbox, Set(id="1", by="a test", knob="paused", value=True))
    wait_until(lambda: training.state.paused, "the pause")
    rewound(training.directory.log, 1_000)
    assert training.life == Life("paused")
    assert glance(training.directory.log).paused


def test_a_killed_training_died_though_a_child_of_it_goes_on() -> None:
    training = Training("forks")
    assert training.process.stdout is not None
    child = int(training.process.stdout.readline())
    try:
        training.is_killed()
        assert training.life == Life("died")
    finally:
        end(child)


def test_where_files_can_not_be_locked_the_process_and_its_heartbeat_tell(training: Training) -> None:
    wait_until(training.directory.heartbeat.exists, "the first beat")
    (training.directory.path / "lock").unlink()
    assert not training.directory.is_written()
    assert training.life == Life("going on")
    training.is_killed()
    assert training.life == Life("died")


@pytest.mark.parametrize("how", ["done", "stopped", "failed"])
def test_a_run_that_said_how_it_ended_did_so_and_not_otherwise(how: str) -> None:
    run = Run("one", rundir.create("one"))
    if how == "stopped":
        run.abandon("left")
    elif how == "failed":
        run.fail("a reason")
    else:
        run.finish()
    directory = run.directory
    assert stands(directory, directory.is_written(), glance(directory.log)) == Life(how)
    assert Pulse(directory).look(glance(directory.log)) == Life(how)


def test_two_who_ask_at_once_whether_a_run_is_written_do_not_take_each_other_for_its_writer() -> None:
    import fcntl

    run = Run("one", rundir.create("one"))
    assert run.directory.is_written()
    run.finish()
    with (run.directory.path / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not run.directory.is_written()


def test_the_heart_beats_once_a_second_and_of_a_paused_run_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 100.0
    heart = heartbeat.Heartbeat(tmp_path / "heartbeat", lambda: now)
    heart.beat()
    rewound(tmp_path / "heartbeat", 500)
    before = os.stat(tmp_path / "heartbeat").st_mtime
    now += 0.9
    heart.beat()
    assert os.stat(tmp_path / "heartbeat").st_mtime == before
    now += 0.2
    heart.beat()
    assert os.stat(tmp_path / "heartbeat").st_mtime > before + 400
    monkeypatch.setattr(heartbeat, "EVERY", 0.01)
    run = Run("paused", rundir.create("paused"), paused=True)
    beat = run.directory.heartbeat
    wait_until(beat.exists, "the first beat")
    rewound(beat, 500)
    wait_until(lambda: os.stat(beat).st_mtime > time.time() - 100, "another beat")
    run.finish()


def test_a_heart_that_can_not_beat_says_nothing(tmp_path: Path) -> None:
    heartbeat.Heartbeat(tmp_path / "gone" / "heartbeat").beat()
    (tmp_path / "elsewhere").touch()
    rewound(tmp_path / "elsewhere", 500)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    heartbeat.Heartbeat(tmp_path / "link").beat()
    assert os.stat(tmp_path / "elsewhere").st_mtime < time.time() - 400


# Elsewhere


class Clock:
    """A clock that is moved by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def elsewhere() -> tuple[RunDirectory, RunState]:
    """A run that was left in the middle, written by another machine, as far as its log says."""
    run = Run("far", rundir.create("far"))
    run.step({"loss": 1.0})
    run.finish()
    state = RunState()
    for record in read_log(run.directory.log)[0][:-1]:
        event = replace(record.event, host="far away") if isinstance(record.event, Started) else record.event
        state.apply(record._replace(event=event))
    return run.directory, state


def looked(pulse: Pulse, state: RunState, clock: Clock, seconds: int, each: Callable[[], None]) -> list[str]:
    """How a run stands, second by second."""
    said = []
    for _ in range(seconds):
        clock.now += 1.0
        each()
        said.append(str(pulse.look(state)))
    return said


def test_of_a_run_elsewhere_nobody_says_that_it_died_but_that_its_heart_moves_or_does_not() -> None:
    directory, state = elsewhere()
    clock, beats = Clock(), [0]
    pulse = Pulse(directory, clock)

    def beat() -> None:
        # By a clock that is years off, and even goes backwards.
        beats[0] += 1
        os.utime(directory.heartbeat, (4e9 - beats[0],) * 2)

    assert set(looked(pulse, state, clock, 9, beat)) == {"going on"}
    assert looked(pulse, state, clock, 40, beat)[-1] == "silent for 48 s"
    lost = looked(pulse, state, clock, 20, lambda: None)
    assert lost[0] == "silent for 49 s" and lost[-1] == "no sign of life for 20 s"
    beat()
    assert looked(pulse, state, clock, 1, beat) == ["silent for 69 s"]
    assert stands(directory, False, state) == Life("elsewhere") and Life("elsewhere").goes_on


def test_of_a_run_elsewhere_a_word_in_its_log_is_a_sign_of_life_too() -> None:
    directory, state = elsewhere()
    clock = Clock()
    pulse = Pulse(directory, clock)
    assert looked(pulse, state, clock, 16, lambda: None)[-1] == "no sign of life for 15 s"
    state.next_n += 1
    assert looked(pulse, state, clock, 1, lambda: None) == ["going on"]


# On the screen


async def test_a_run_that_dies_while_it_is_watched_is_called_dead_and_can_not_be_told_anything_any_more(
    training: Training,
) -> None:
    given: list[Command] = []
    clock = Clock()
    watched = Watched(LogFeed(training.directory.log), given.append, pulse=Pulse(training.directory, clock))
    screen = MonitorScreen(watched, leave=lambda: None)
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)

    def look() -> None:
        clock.now += 2.0
        screen._tick()
        screen.redraw()

    async with app.run_test(size=(120, 36)) as pilot:
        look()
        await pilot.press("plus")
        assert len(given) == 1 and len(screen.pending) == 1
        assert screen.view.live and "died" not in screen.query_one("#status", Line).text.plain
        training.is_killed()
        for _ in range(5):
            look()
        assert watched.life.died
        assert "✗" in screen.query_one("#status", Line).text.plain
        assert "died" in screen.query_one("#status", Line).text.plain
        assert f"died after {watched.state.at} steps" in screen.query_one("#steering", Line).text.plain
        assert screen.pending == {} and not screen.view.live
        await pilot.press("minus", "space", "x")
        assert len(given) == 1 and app.screen is screen


async def test_a_run_that_is_silent_says_so_where_its_pace_stood_and_goes_on_being_steered() -> None:
    from recorded import regression

    watched = Watched(Recording(regression()), lambda _: None, life=Life("silent", 12.0))
    screen = MonitorScreen(watched)
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)
    async with app.run_test(size=(120, 36)):
        screen._tick()
        screen.redraw()
        assert "silent for 12 s" in screen.query_one("#status", Line).text.plain
        assert "ETA" not in screen.query_one("#status", Line).text.plain
        assert screen.view.live
