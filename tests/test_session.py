"""A real training on its thread under the real app: the screen, the log and a run without a screen say the same."""

import dataclasses
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from textual.pilot import Pilot

from lintui.events import Applied, Ended, Layers, Record, Steps, Values
from lintui.log import LogReader
from lintui.state import RunState
from trainer.catalog import Entry, find
from tuiapp.app import LintuiApp
from tuiapp.group import Group, exit_code
from tuiapp.headless import train
from tuiapp.launch import Session, prepare
from tuiapp.plain import put_nothing
from tuiapp.show import leave_behind
from tuiapp.signals import Caught
from tuiapp.widgets.line import Line

LONG = 60.0
"""Seconds after which something hangs."""


def session_of(name: str, *, speed: float | None = None, **settings: object) -> Session:
    """A run of an experiment that is ready to start."""
    entry = find(name)
    return prepare(entry, dataclasses.replace(entry.defaults, **settings), speed=speed)  # type: ignore[arg-type]


def read(log: Path) -> list[Record]:
    """Everything in a log, which must be whole."""
    reader = LogReader(log)
    records: list[Record] = []
    while more := reader.read():
        records += more
    assert reader.problems == []
    return records


def table(records: list[Record]) -> set[tuple[object, ...]]:
    """Every measured number with its step and its name."""
    rows: set[tuple[object, ...]] = set()
    for _, event in records:
        match event:
            case Steps():
                for name, column in event.values.items():
                    rows |= {(event.split, name, at, v) for at, v in zip(event.at, column, strict=True)}
            case Values():
                rows |= {(event.split, name, event.at, v) for name, v in event.values.items()}
            case Layers():
                for name, looks in event.values.items():
                    rows |= {("layers", name, at, look) for at, look in zip(event.at, looks, strict=True)}
    return rows


def ended(records: list[Record]) -> Ended:
    """The last line of a log that was closed."""
    last = records[-1].event
    assert isinstance(last, Ended)
    return last


async def until(pilot: Pilot[None], what: Callable[[], bool]) -> None:
    """Let the app go on until something holds."""
    for _ in range(int(LONG / 0.02)):
        if what():
            return
        await pilot.pause(0.02)
    pytest.fail("waited in vain; the screen's lines: " + " | ".join(_lines(pilot)))


def _lines(pilot: Pilot[None]) -> list[str]:
    return [line.text.plain for line in pilot.app.screen.query(Line)]


def app_over(session: Session) -> LintuiApp:
    """The app that starts this run."""
    return LintuiApp(lambda _: Group(session), session.entry)


async def trained_on_the_screen(session: Session) -> LintuiApp:
    """Train to the end with the screen attached."""
    app = app_over(session)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.state is not None and app.state.ended is not None)
    return app


@pytest.mark.parametrize("name", ["linreg-scratch", "softmax-blobs"])
async def test_with_and_without_the_screen_the_numbers_and_the_weights_are_the_same(name: str) -> None:
    seen = session_of(name, seed=3)
    await trained_on_the_screen(seen)
    unseen = session_of(name, seed=3)
    assert train(Group(unseen), every=10.0, put=put_nothing) == 0
    with_screen, without = read(seen.run.directory.log), read(unseen.run.directory.log)
    assert len(table(without)) > 300
    assert table(with_screen) == table(without)
    assert ended(with_screen).summary == ended(without).summary


async def test_replaying_the_log_of_a_live_run_gives_the_same_state_field_by_field() -> None:
    session = session_of("linreg-scratch", speed=20.0)
    app = app_over(session)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "lr" in app.state.knobs and app.state.at > 5)
        await pilot.press("plus", "o", "3", "minus", "u", "space")
        await until(pilot, lambda: app.state.paused and not app.monitor.pending)
        await pilot.press("s", "s", "U", "space", "q", "s")
        await until(pilot, lambda: app.state.ended is not None)
        live = app.state
    replayed = RunState()
    for record in read(session.run.directory.log):
        replayed.apply(record)
    for field in dataclasses.fields(RunState):
        assert getattr(replayed, field.name) == getattr(live, field.name), field.name
    assert live.gaps == 0
    assert len([event for event in live.happened if isinstance(event, Applied)]) == 10


async def test_every_key_is_answered_by_the_run_with_its_author() -> None:
    session = session_of("linreg-concise", speed=20.0, epochs=20)
    app = app_over(session)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "lr.factor" in app.state.knobs and app.state.at > 3)
        await pilot.press("plus", "L", *"0.004", "enter")
        await until(pilot, lambda: not app.monitor.pending and len(app.state.undoable) == 2)
        assert app.state.learning_rate() == pytest.approx(0.004)
        assert "lr 0.004 (0.03 ×" in app.monitor.query_one("#steering", Line).text.plain
        await pilot.press("u", "u")
        await until(pilot, lambda: len(app.state.redoable) == 2)
        assert app.state.knobs["lr.factor"].value == 1.0
        await pilot.press("q", "s")
        await until(pilot, lambda: app._exit)
    assert ended(read(session.run.directory.log)).how == "stopped"
    assert {event.by for event in app.state.happened if isinstance(event, Applied)} == {app.monitor.author}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """An experiment that trains ten steps and then raises."""
    from trainer.experiments.linreg_scratch import LinregScratch

    class Broken(LinregScratch):
        def learn(self, X: object, y: object) -> float:
            if self.w.grad is not None and abs(self.w[0].item()) > 0.3:
                raise ValueError("the weights have [red]gone[/] \x1b]0;x\x07away")
            return super().learn(X, y)  # type: ignore[arg-type]

    module = ModuleType("trainer.experiments.broken")
    module.build = Broken  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return dataclasses.replace(find("linreg-scratch"), module="broken")


async def test_a_training_that_raises_is_shown_recorded_and_ends_with_1(
    broken: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    session = prepare(broken, broken.defaults)
    app = app_over(session)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.state is not None and app.state.ended is not None)
        await pilot.pause(0.1)
        rows = [row.plain for row in app.monitor.query_one("#happened").rows]
        assert any("Traceback" in row for row in rows)
        assert any("the weights have [red]gone[/]" in row for row in rows)
        assert not any("\x1b" in row for row in rows)
        await pilot.press("q")
    assert leave_behind(app, Caught()) == 1
    assert "\x1b" not in capsys.readouterr().out
    last = ended(read(session.run.directory.log))
    assert last.how == "failed"
    assert "the weights have" in last.reason
    assert "Traceback" in last.traceback


def test_headless_a_training_that_raises_ends_with_1(broken: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    session = prepare(broken, broken.defaults)
    assert train(Group(session), every=10.0) == 1
    assert "ValueError: the weights have" in capsys.readouterr().out


async def test_leaving_before_the_end_leaves_a_closed_log_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    session = session_of("softmax-blobs", speed=50.0)
    app = app_over(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.state is not None and app.state.at > 10)
        await pilot.press("q", "s")
        await until(pilot, lambda: app._exit)
    assert leave_behind(app, Caught()) == 0
    printed = capsys.readouterr().out
    assert "stopped after" in printed
    assert str(session.run.directory.log) in printed
    assert ended(read(session.run.directory.log)).how == "stopped"


async def test_a_run_whose_data_are_on_a_way_without_end_can_be_left_like_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from trainer import fashion

    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(fashion, "HOME", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        session = session_of("softmax-scratch")
        app = app_over(session)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.state is not None and "lr" in app.state.knobs)
            await pilot.press("plus")
            await until(pilot, lambda: app.state.learning_rate() == 0.2)
            await pilot.press("q", "s")
            await until(pilot, lambda: app._exit)
    assert leave_behind(app, Caught()) == 0
    assert "stopped after 0 steps" in capsys.readouterr().out
    last = ended(read(session.run.directory.log))
    assert (last.how, last.at, last.traceback) == ("stopped", 0, "")


def test_nothing_trained_is_no_failure() -> None:
    assert exit_code([RunState()], Caught()) == 0
