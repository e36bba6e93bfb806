"""Smoothing, against the textbook's formula in NumPy; and the time line, by which steps find their seconds."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lintui import series as series_module
from lintui.series import Series
from lintui.timeline import Timeline
from tuiapp.smoothing import WEIGHTS, smooth

anything = st.floats() | st.floats(-10, 10) | st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308])
segments = st.lists(st.lists(anything, max_size=30), max_size=4)
weights = st.sampled_from(WEIGHTS) | st.floats(0, 0.9999)


def kept(history: list[list[float]]) -> Series:
    """A series with a cut after each segment, a value a step."""
    one, at = Series(), 0
    for values in history:
        one.extend(tuple(range(at + 1, at + 1 + len(values))), tuple(values))
        one.cut()
        at += len(values)
    return one


def oracle(values: list[float], weight: float) -> list[float]:
    """Weighted means of the first 1, 2, 3, … finite values, each older one weighing `weight` times as much."""
    x = np.array([value for value in values if math.isfinite(value)])
    return [float(np.average(x[:n], weights=weight ** np.arange(n - 1, -1, -1.0))) for n in range(1, len(x) + 1)]


@given(segments, weights)
@example([[1.0, math.nan, 2.0, math.inf, 3.0], [40.0, 50.0]], 0.9)
def test_point_by_point_it_is_the_weighted_mean_of_all_finite_values_since_the_last_cut(
    history: list[list[float]], weight: float
) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        expected = [mean for values in history for mean in oracle(values, weight)]
    assume(all(map(math.isfinite, expected)))  # NumPy adds before it divides
    found = [b.low for b in smooth(kept(history).buckets, weight) if b.count]
    size = [max((abs(v) for v in values if math.isfinite(v)), default=0.0) for values in history]
    sizes = [size[i] for i, values in enumerate(history) for v in values if math.isfinite(v)]
    assert len(found) == len(expected)
    for mean, other, largest in zip(found, expected, sizes, strict=True):
        assert mean == pytest.approx(other, rel=1e-9, abs=largest * 1e-9)


@given(segments, weights)
@example([[1.7e308, -1.7e308, 1.7e308]], 0.5)
def test_no_average_lies_outside_of_the_values_that_it_is_of(history: list[list[float]], weight: float) -> None:
    buckets = list(smooth(kept(history).buckets, weight))
    for i, values in enumerate(history):
        finite = [value for value in values if math.isfinite(value)]
        room = 1e-12 * max(map(abs, finite), default=0.0)
        for bucket in buckets:
            if bucket.segment == i and bucket.count:
                assert min(finite) - room <= bucket.low == bucket.high <= max(finite) + room


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_a_weight_of_nothing_changes_nothing(values: list[float]) -> None:
    assert [b.low for b in smooth(kept([values]).buckets, 0.0)] == values


@given(segments, weights)
def test_gaps_and_cuts_stay_where_they_were(history: list[list[float]], weight: float) -> None:
    one = kept(history)
    places = [(b.first, b.last, b.segment, b.count) for b in one.buckets]
    assert [(b.first, b.last, b.segment, b.count) for b in smooth(one.buckets, weight)] == places


@pytest.mark.parametrize("weight", [0.99, 0.999])
def test_a_long_history_in_few_buckets_has_nearly_the_same_averages(
    weight: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_module, "CAPACITY", 64)
    rng = np.random.default_rng(0)
    values = [float(v) for v in 3 + np.sin(np.arange(1500) / 400) + rng.normal(0, 0.1, 1500)]
    joined, expected = list(smooth(kept([values]).buckets, weight)), oracle(values, weight)
    assert {b.count for b in joined} != {1}
    # How points lie within a bucket is forgotten: what remains is well below the noise of one of them.
    assert max(abs(b.low - expected[b.last - 1]) for b in joined) < 0.05


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200))
def test_a_bucket_knows_the_mean_of_its_points(values: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(series_module, "CAPACITY", 8)
        one = kept([values])
    for b in one.buckets:
        assert b.mean == pytest.approx(float(np.mean(values[b.first - 1 : b.last])), abs=1e-9)


# The time line


def test_a_step_finds_its_second_between_those_that_are_known() -> None:
    line = Timeline()
    for at, t in ((1, 0.5), (100, 5.0), (101, 65.0), (200, 70.0)):
        line.note(at, t)
    assert line.points() == [(1, 0.5), (100, 5.0), (101, 65.0), (200, 70.0)]


@given(st.lists(st.tuples(st.integers(-5, 10**6), st.floats()), max_size=300), st.lists(st.integers(0, 299)))
def test_whatever_a_log_says_steps_grow_and_times_never_fall(notes: list[tuple[int, float]], back: list[int]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(series_module, "CAPACITY", 8)
        line = Timeline()
        for i, (at, t) in enumerate(notes):
            if i in back:
                line.go_back(at, 0.0)
            line.note(at, t)
    points = line.points()
    assert len(points) <= 16
    assert all(one.at < other.at and one.value <= other.value for one, other in pairwise(points))
    assert all(math.isfinite(point.value) for point in points)


def test_steps_that_are_made_again_have_their_later_times_and_a_new_clock_goes_on_where_the_old_one_was() -> None:
    line = Timeline()
    for at in range(1, 11):
        line.note(at, float(at))
    line.go_back(5, 0.0)
    for at in range(6, 9):
        line.note(at, at / 10)
    assert [point.at for point in line.points()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert line.points()[-1].value == pytest.approx(10.8)
