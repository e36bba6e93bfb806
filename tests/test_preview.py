"""Specifies the preview: a run that is paused before its first step, with its data on the screen."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import runs
from recorded import ME, Recording, applied, knobs, regression, started
from shelf import keep
from textual.pilot import Pilot

from lintui import rundir
from lintui.commands import Command, Set, new_id
from lintui.events import Declared, Event, Record, Said, Values
from lintui.run import Run
from lintui.state import RunState
from trainer.catalog import find
from tuiapp.app import LintuiApp
from tuiapp.cli import run as command_line
from tuiapp.launch import CantStart, prepare
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.picker import Chosen
from tuiapp.watched import Watched
from tuiapp.widgets.happened import Happened
from tuiapp.widgets.line import Line
from tuiapp.widgets.pictures import PicturesPane

LONG = 60.0
"""Seconds after which something hangs."""
PAUSED = Declared(knob="paused", label="paused", shape="switch", value=True)


def test_a_state_knows_from_the_first_events_that_its_run_is_paused() -> None:
    state = RunState()
    state.apply(Record(0, started("a", task="", steps=1, epochs=1)))
    state.apply(Record(1, PAUSED))
    assert state.paused
    state.apply(Record(2, replace(PAUSED, value=False)))
    assert not state.paused


@pytest.mark.parametrize(
    ("id", "shown"),
    [
        ("softmax-blobs", "decision regions"),
        ("table", "one minibatch"),
        ("softmax-scratch", "one minibatch"),
        ("softmax-concise", "one minibatch"),
    ],
)
def test_a_run_that_starts_paused_gets_its_data_and_makes_no_step_until_it_is_told_to(id: str, shown: str) -> None:
    session = prepare(find(id), runs.settings(id, epochs=1), paused=True)
    state = session.watched.state
    session.start()
    deadline = time.monotonic() + LONG
    while 0 not in state.epoch_ends:  # after what is measured and shown at the start
        assert time.monotonic() < deadline
        session.watched.look()
        time.sleep(0.01)
    # All that is said before the first step is there; what would come next is a step.
    assert (state.paused, state.at, session.run.at) == (True, 0, 0)
    assert shown in state.arrays
    session.run.post(Set(id=new_id(), by=ME, knob="paused", value=False))
    assert session.thread is not None
    session.thread.join(LONG)
    session.watched.look()
    assert (state.paused, state.at) == (False, state.steps)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_with_a_preview_is_bit_for_bit_that_without(seed: int) -> None:
    settings = runs.settings("softmax-blobs", epochs=1, seed=seed)
    tables = []
    for paused in (False, True):
        live: list[Record] = []
        run = Run("softmax-blobs", rundir.create("softmax-blobs"), paused=paused, on_record=live.append)
        if paused:
            run.post(Set(id="1", by=ME, knob="paused", value=False))
        experiment = runs.build(find("softmax-blobs"), settings)
        runs.train(experiment, run, settings)
        run.finish()
        tables.append((runs.table(live), [array.tobytes() for array in runs.weights(experiment)]))
    assert tables[0] == tables[1]
    assert len(tables[0][0]) > 30


def previewed(folder: Path) -> list[Event]:
    """What a run says before its first step."""
    data = keep(folder, "data", np.random.default_rng(0).normal(size=(50, 3)), shows="table", axes=("a", "b", "y"))
    first = regression()[0]
    others = [event for event in knobs(0.03, "mse", ("mse",)) if getattr(event, "knob", "") != "paused"]
    measured = Values(branch=0, split="train", at=0, t=0.1, values={"loss": 16.0})
    return [first, PAUSED, *others, data, measured]


async def drawn(monitor: MonitorScreen, pilot: Pilot[None]) -> str:
    """What the first line says once everything is drawn."""
    monitor._tick()
    monitor.redraw()
    await pilot.pause()
    return monitor.query_one("#status", Line).text.plain


async def test_the_data_are_in_front_the_first_line_says_what_begins_and_the_curves_come_when_it_has(
    tmp_path: Path,
) -> None:
    given: list[Command] = []
    recording = Recording(previewed(tmp_path))
    monitor = MonitorScreen(Watched(recording, given.append, tmp_path), waiting="loading torch")
    monitor.author = ME
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "paused before the first step: space begins" in await drawn(monitor, pilot)
        assert [pane.id for pane in monitor.panes if pane.display] == ["pictures"]
        assert "y over a" in "\n".join(monitor.query_one(PicturesPane).lines)
        await pilot.press("space")
        (command,) = given
        assert isinstance(command, Set) and (command.knob, command.value) == ("paused", False)
        recording.add(applied(command.id, 0, "paused", old=True, new=False))
        assert "paused" not in await drawn(monitor, pilot)
        assert [pane.id for pane in monitor.panes if pane.display] == ["loss"]


async def test_while_torch_is_loaded_the_first_line_says_that(tmp_path: Path) -> None:
    monitor = MonitorScreen(Watched(Recording([regression()[0], PAUSED]), lambda _: None), waiting="loading torch")
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "loading torch" in await drawn(monitor, pilot)


async def test_while_the_data_are_read_the_first_line_says_how_far_that_is(tmp_path: Path) -> None:
    recording = Recording([regression()[0]])
    monitor = MonitorScreen(Watched(recording, lambda _: None), waiting="loading torch")
    app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "loading torch" in await drawn(monitor, pilot)
        for text in ("reading t.csv, 10 %", "reading t.csv, 20 %"):
            recording.add(Said(t=1.0, level="progress", text=text))
            assert (line := await drawn(monitor, pilot)).endswith(text) and "torch" not in line
        assert [row.plain for row in monitor.query_one(Happened).rows] == ["reading t.csv, 20 %"]


async def test_who_has_gone_elsewhere_stays_there_and_a_run_that_made_steps_is_no_preview(tmp_path: Path) -> None:
    for events, keys, expected in (
        (previewed(tmp_path), ["2"], "second"),
        ([*previewed(tmp_path), *regression()[-3:]], [], "loss"),
    ):
        recording = Recording(events[:2])
        monitor = MonitorScreen(Watched(recording, lambda _: None, tmp_path))
        app = LintuiApp(lambda _: pytest.fail("nothing is started"), monitor=monitor)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*keys)
            recording.add(*events[2:])
            await drawn(monitor, pilot)
            assert [pane.id for pane in monitor.panes if pane.display] == [expected]


@pytest.mark.parametrize(("key", "paused"), [("d", True), ("enter", False)])
async def test_in_the_picker_d_looks_at_the_data_first(key: str, paused: bool) -> None:
    chosen: list[Chosen] = []

    def start(choice: Chosen) -> None:
        chosen.append(choice)
        raise CantStart("enough")

    app = LintuiApp(start)  # type: ignore[arg-type]
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("down", key)
        await pilot.pause()
    assert [(choice.entry.id, choice.paused) for choice in chosen] == [("linreg-concise", paused)]


@pytest.mark.parametrize("more", [[], ["--headless"], ["--json"]])
def test_without_a_screen_a_preview_is_refused_in_a_line(
    more: list[str], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["demo", "--preview", *more]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1 and "leave it out" in said.err
    assert not runs.exists()
