"""Specifies that a run goes on answering while something takes long, and that it can be left at any moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from runs import read

from lintui import rundir
from lintui.commands import Set, Stop
from lintui.events import Applied, Record, Said
from lintui.run import Run
from trainer import meanwhile as module
from trainer.meanwhile import meanwhile
from trainer.trouble import Stopped

PATIENCE = 60
"""Seconds after which something hangs."""


@pytest.fixture
def heard() -> list[Record]:
    """What the run has said, as it says it."""
    return []


@pytest.fixture
def run(heard: list[Record]) -> Run:
    """A run that can be told two things."""
    run = Run("x", rundir.create("x"), on_record=heard.append)
    run.tune("lr", 0.1)
    return run


def until(what: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE * 100):
        if what():
            return
        pause.wait(0.01)
    pytest.fail("waited in vain")


def said(records: list[Record]) -> list[str]:
    return [event.text for _, event in records if isinstance(event, Said)]


def test_what_the_work_returns_comes_back_and_what_it_raises_is_raised(run: Run) -> None:
    assert meanwhile(run, lambda _: 42) == 42
    error = ValueError("no good")

    def fail(_: Any) -> None:
        raise error

    with pytest.raises(ValueError, match="no good") as told:
        meanwhile(run, fail)
    assert told.value is error
    run.finish()


def test_what_a_run_is_told_meanwhile_is_answered_meanwhile(run: Run, heard: list[Record]) -> None:
    def work(_: Any) -> str:
        run.post(Set(id="x", by="a test", knob="lr", value=0.5))
        until(lambda: any(isinstance(event, Applied) for _, event in heard))
        return "answered before the work was over"

    assert meanwhile(run, work) == "answered before the work was over"
    run.finish()


def test_the_work_goes_on_while_the_run_is_paused_and_what_it_is_told_is_answered_all_the_same(
    heard: list[Record],
) -> None:
    run = Run("x", rundir.create("x"), paused=True, on_record=heard.append)
    run.tune("lr", 0.1)

    def work(_: Any) -> str:
        run.post(Set(id="x", by="a test", knob="lr", value=0.5))
        until(lambda: any(isinstance(event, Applied) for _, event in heard))
        return "done"

    assert meanwhile(run, work) == "done"
    run.finish()


@pytest.mark.parametrize("paused", [True, False])
def test_the_end_comes_at_once_and_not_when_the_work_is_over(paused: bool) -> None:
    run = Run("x", rundir.create("x"), paused=paused)
    never = threading.Event()

    def work(_: Any) -> None:
        run.post(Stop(id="x", by="a test"))
        never.wait(PATIENCE)

    with pytest.raises(Stopped):
        meanwhile(run, work)
    assert not never.is_set()
    never.set()
    run.finish()
    assert read(run.directory)[0][-1].event.how == "stopped"  # type: ignore[union-attr]


def test_work_that_is_left_alone_ends_when_it_next_tells_how_far_it_is(run: Run) -> None:
    left, ended = threading.Event(), threading.Event()

    def work(tell: Callable[[str], None]) -> None:
        run.post(Stop(id="x", by="a test"))
        left.wait(PATIENCE)
        try:
            tell("half of it")
        finally:
            ended.set()
        pytest.fail("it went on")

    with pytest.raises(Stopped):
        meanwhile(run, work)
    left.set()
    assert ended.wait(PATIENCE)
    run.finish()


def test_how_far_it_is_is_said_now_and_then_and_always_the_newest(
    run: Run, heard: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.0)

    def work(tell: Callable[[str], None]) -> None:
        for n in range(1, 4):
            for part in range(100):
                tell(f"{n} and {part}")
            until(lambda n=n: f"{n} and 99" in said(heard))  # type: ignore[misc]

    meanwhile(run, work)
    run.finish()
    lines = said(heard)
    assert [line for line in lines if line.endswith(" and 99")] == ["1 and 99", "2 and 99", "3 and 99"]
    assert len(set(lines)) == len(lines)


def test_work_that_is_done_soon_is_not_spoken_of(run: Run, heard: list[Record]) -> None:
    meanwhile(run, lambda tell: tell("done already"))
    run.finish()
    assert said(heard) == []
