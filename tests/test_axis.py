"""The x axis: every step has its place and every place its step, by step, epoch and time, in any part of a run."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import batch, classification, regression, started

from lintui.events import Ended, Epoch, Event, Record
from lintui.state import RunState
from tuiapp.axis import Axis, axes_of, axis_of, ticks
from tuiapp.plans import LOSS
from tuiapp.prepare import prepare
from tuiapp.sight import Sight

AXES = ("step", "epoch", "time")


def state_of(events: list[Event]) -> RunState:
    state = RunState()
    for n, event in enumerate(events):
        state.apply(Record(n, event))
    return state


growing = st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True).map(sorted)


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    """An axis whose places never fall."""
    steps = draw(growing)
    places = sorted(draw(st.lists(st.floats(0, 1e6), min_size=len(steps), max_size=len(steps))))
    return Axis("time", places[-1], places[-1], steps, places, draw(st.sampled_from([0.0, 0.5, 2.0])))


@given(axes(), st.lists(st.floats(0, 2e6), min_size=2, max_size=10).map(sorted))
def test_places_never_fall_and_lie_between_those_of_the_steps_around(axis: Axis, steps: list[float]) -> None:
    places = [axis.place(step) for step in steps]
    assert all(one <= other + 1e-6 for one, other in pairwise(places))
    for step, place in zip(axis.steps, axis.places, strict=True):
        assert axis.place(step) == place


@given(axes(), st.floats(0, 1))
def test_the_step_at_a_place_has_that_place(axis: Axis, share: float) -> None:
    place = axis.places[0] + share * (axis.places[-1] - axis.places[0])
    assert axis.place(axis.step(place)) == pytest.approx(place, rel=1e-6, abs=1e-6)


@given(axes(), st.floats(0, 1e6), st.floats(0.1, 1e6), st.integers(1, 80))
def test_the_borders_of_columns_never_fall(axis: Axis, start: float, span: float, columns: int) -> None:
    edges = axis.edges(start, start + span, columns)
    assert len(edges) == columns + 1
    assert all(one <= other + 1e-6 for one, other in pairwise(edges))


def test_a_run_has_the_axes_that_it_has_something_for() -> None:
    assert axes_of(RunState()) == ["step"]
    assert axes_of(state_of(classification())) == ["step", "epoch", "time"]
    assert axes_of(state_of([batch(1, 10, loss=lambda s: 1.0)])) == ["step", "time"]
    assert axis_of("epoch", RunState()).name == "step"


def test_parts_of_epochs_lie_in_between_also_before_the_first_has_ended() -> None:
    first = state_of([started("x", task="", steps=300, epochs=3), batch(1, 50, loss=lambda s: 1.0)])
    assert axis_of("epoch", first).place(50) == pytest.approx(0.5)
    later = state_of([Epoch(branch=0, number=n, at=at, t=1.0) for n, at in ((1, 100), (2, 300))])
    axis = axis_of("epoch", later)
    assert [axis.place(at) for at in (50, 100, 200, 300, 400)] == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_the_axis_of_a_finished_run_ends_with_its_last_step_and_that_of_another_leaves_room() -> None:
    begun = [replace(started("run", task="", steps=0, epochs=0), steps=None, epochs=None), batch(1, 600, loss=float)]
    over = [*begun, Ended(branch=0, at=600, t=9.4, how="done", summary={})]
    assert [axis_of("step", state_of(events)).end for events in (begun, over)] == [1000, 600]


def test_times_lie_where_the_events_say_and_the_axis_of_a_finished_run_ends_with_it() -> None:
    events = regression()
    axis = axis_of("time", state_of(events))
    assert axis.place(90) == pytest.approx(4.5)
    assert axis.end == 10
    over = state_of([*events, Ended(branch=0, at=187, t=9.4, how="done", summary={})])
    assert axis_of("time", over).end == pytest.approx(9.35)


@given(st.sampled_from(AXES), st.floats(0, 1e9), st.floats(1e-3, 1e9), st.integers(2, 20))
def test_what_is_written_at_an_axis_lies_on_it_in_order_and_is_told_apart(
    name: str, start: float, span: float, most: int
) -> None:
    end = start + span
    found = ticks(name, start, end, most)
    if start == 0 and found and found[0][0] == end:
        found = found[1:]
    places = [place for place, _ in found]
    assert places == sorted(set(places))
    assert all(start - span * 1e-9 <= place <= end + span * 1e-9 for place in places)
    if span > start * 1e-9:
        assert len({label for _, label in found}) == len(found)


@pytest.mark.parametrize(
    ("end", "labels"),
    [
        (0.5, ["0.0 s", "0.2 s", "0.4 s"]),
        (10, ["0:00", "0:05", "0:10"]),
        (90, ["0:00", "0:30", "1:00", "1:30"]),
        (6000, ["0:00", "30:00", "1:00:00", "1:30:00"]),
    ],
)
def test_times_are_written_like_a_clock(end: float, labels: list[str]) -> None:
    assert [label for _, label in ticks("time", 0, end, 4)] == labels


@pytest.mark.parametrize("name", AXES)
def test_the_same_part_of_a_run_is_seen_on_every_axis(name: str) -> None:
    state = state_of(classification())
    step = axis_of("step", state)
    near = Sight(scale="log", axis="step", span=60.0, right=240.0, cursor=210.0)
    there = near.on(step, axis_of(name, state))
    assert there.on(axis_of(name, state), step) == near
    chart = prepare(LOSS, state, there, 50)
    first = axis_of(name, state)
    assert (first.step(chart.x_start), first.step(chart.x_end)) == (pytest.approx(180), pytest.approx(240))
    seen = {round(first.step(x)) for curve in chart.curves for piece in curve.pieces for x, _ in piece}
    assert (min(seen), max(seen)) == (180, 240)


moves = st.lists(st.sampled_from(["in", "out", "whole", "cursor", "left", "right", "begin", "end"]), max_size=30)


@given(moves, st.integers(1, 5000))
def test_however_one_moves_what_is_seen_is_a_part_of_the_axis(todo: list[str], newest: int) -> None:
    axis = Axis("step", 5000.0, float(newest))
    sight = Sight(scale="linear", axis="step")
    for move in todo:
        sight = {
            "in": lambda s=sight: s.zoomed(axis, 0.5),
            "out": lambda s=sight: s.zoomed(axis, 2.0),
            "whole": sight.whole,
            "cursor": lambda s=sight: s.with_cursor_toggled(axis),
            "left": lambda s=sight: s.moved(axis, -10, 50),
            "right": lambda s=sight: s.moved(axis, 1, 50),
            "begin": lambda s=sight: s.at(axis, 0.0),
            "end": lambda s=sight: s.at(axis, axis.newest),
        }[move]()
        start, end = sight.window(axis)
        assert 0 <= start < end <= axis.end
        assert sight.cursor is None or 0 <= sight.cursor <= newest
        if move in ("left", "right", "begin", "end") and sight.cursor is not None:
            assert start <= sight.cursor <= end or math.isclose(sight.cursor, start)


def test_the_cursor_visits_every_column_once() -> None:
    axis = Axis("step", 1000.0, 1000.0)
    sight = Sight(scale="linear", axis="step", cursor=0.0)
    places = []
    for _ in range(49):
        sight = sight.moved(axis, 1, 50)
        assert sight.cursor is not None
        places.append(int(sight.cursor / 1000 * 50))
    assert places == list(range(1, 50))


def test_what_is_seen_at_the_right_end_goes_along_with_the_run_until_one_looks_back() -> None:
    near = Sight(scale="linear", axis="step").zoomed(Axis("step", 100.0, 80.0), 0.5)
    later = Axis("step", 200.0, 120.0)
    assert near.window(later) == (70.0, 120.0)
    assert near.moved(later, -1, 50).window(Axis("step", 200.0, 150.0))[1] < 120.0
