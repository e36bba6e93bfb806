"""Histories of histograms: evenly over the run, within bounds whatever comes, and cut where a run goes back."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import events_of_every_kind

from lintui import histograms
from lintui.events import MAX_BINS, Branched, Histogram, Record
from lintui.histograms import MAX_NAMES, MAX_OF_ALL, MAX_OF_ONE, Histograms, Spread, is_sound
from lintui.state import RunState

ONE = Histogram(branch=0, name="w", of="weights", at=0, t=0.0, low=0.0, high=1.0, counts=(1.0, 2.0))


def history(steps: list[int]) -> Histograms:
    kept = Histograms()
    for at in steps:
        kept.take(replace(ONE, at=at))
    return kept


def steps_of(kept: Histograms) -> list[int]:
    return [histogram.at for histogram in kept.of(Spread("w", "weights"))]


@given(st.integers(1, 600))
def test_of_however_many_the_first_and_the_newest_are_kept_and_evenly_many_between(count: int) -> None:
    found = steps_of(history(list(range(count))))
    assert (found[0], found[-1]) == (0, count - 1)
    assert count <= len(found) or len(found) >= MAX_OF_ONE // 2
    assert len(found) <= MAX_OF_ONE + 1
    gaps = [later - at for at, later in pairwise(found)]
    assert len(set(gaps[:-1])) <= 1
    assert not gaps or gaps[-1] <= gaps[0]


@given(st.lists(st.integers(0, 300), max_size=400))
def test_steps_only_grow_whatever_comes_and_the_newest_that_came_is_always_there(steps: list[int]) -> None:
    kept = history(steps)
    found = steps_of(kept)
    assert found == sorted(set(found))
    assert found[-1:] == steps[-1:]
    assert kept.kept == len(found)


@given(st.integers(0, 400), st.integers(0, 500), st.integers(0, 200))
def test_after_a_run_went_back_only_its_own_past_is_left_and_it_goes_on_evenly(
    count: int, back: int, more: int
) -> None:
    kept = history(list(range(count)))
    kept.cut(back)
    assert all(at <= back for at in steps_of(kept))
    for at in range(back + 1, back + 1 + more):
        kept.take(replace(ONE, at=at))
    found = steps_of(kept)
    assert found == sorted(set(found))
    assert len(found) <= MAX_OF_ONE + 1
    assert more == 0 or found[-1] == back + more


def test_a_branch_of_a_run_forgets_what_came_after_the_step_that_it_begins_at() -> None:
    state = RunState()
    for n, at in enumerate((0, 10, 20)):
        state.apply(Record(n, replace(ONE, at=at)))
    state.apply(Record(3, Branched(branch=1, parent=0, from_step=10, why="rewind", t=1.0)))
    assert steps_of(state.histograms) == [0, 10]
    state.apply(Record(4, replace(ONE, at=15, branch=1)))
    assert steps_of(state.histograms) == [0, 10, 15]


def test_of_many_names_fewer_are_kept_of_each_and_of_too_many_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histograms, "MAX_OF_ALL", 600)
    monkeypatch.setattr(histograms, "MAX_NAMES", 100)
    kept = Histograms()
    for at in range(60):
        for i in range(150):
            kept.take(replace(ONE, name=f"w{i}", at=at))
    assert list(kept.by) == [Spread(f"w{i}", "weights") for i in range(100)]
    assert 300 <= kept.kept == sum(map(len, kept.by.values())) <= 600
    found = [[histogram.at for histogram in one.all()] for one in kept.by.values()]
    assert all((steps[0], steps[-1]) == (0, 59) for steps in found)
    assert max(map(len, found)) <= 2 * min(map(len, found)) + 2


def test_there_is_room_for_two_of_every_name() -> None:
    assert 2 * MAX_NAMES < MAX_OF_ALL


UNSOUND = {
    "too many bins": {"counts": (1.0,) * (MAX_BINS + 1)},
    "fewer than none": {"counts": (3.0, -1.0)},
    "a count that is none": {"counts": (1.0, math.nan)},
    "counts without end": {"counts": (math.inf,)},
    "counts that add up to more than there is": {"counts": (1.7e308, 1.7e308)},
    "nothing at all": {"counts": (0.0, 0.0)},
    "edges the wrong way round": {"low": 2.0},
    "an edge that is none": {"high": math.nan},
    "an edge without end": {"high": math.inf},
    "a span that no number holds": {"low": -1.7e308, "high": 1.7e308},
    "fewer than no NaN": {"nonfinite": -1},
    "a step before the first": {"at": -1},
}


@pytest.mark.parametrize("changes", UNSOUND.values(), ids=UNSOUND)
def test_what_makes_no_sense_is_not_kept(changes: dict[str, object]) -> None:
    assert is_sound(ONE)
    state = RunState()
    state.apply(Record(0, replace(ONE, **changes)))  # type: ignore[arg-type]
    assert state.histograms == Histograms()
    assert state.at == 0


@given(st.lists(events_of_every_kind()["histogram"], max_size=8))
def test_whatever_a_log_says_what_is_kept_is_sound(said: list[Histogram]) -> None:
    state = RunState()
    for n, event in enumerate(said):
        state.apply(Record(n, event))
    assert all(is_sound(h) for one in state.histograms.by.values() for h in one.all())
    assert {Spread(h.name, h.of) for h in said if is_sound(h)} == set(state.histograms.by)
