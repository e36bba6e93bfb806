"""A metric's history: bounded whatever is added, in the order of steps, and without ever losing a spike."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lintui import series
from lintui.bucket import Bucket, Point
from lintui.series import CAPACITY, Series

FEW = 8
"""Buckets at most in most of these tests, so that they are joined often."""

CUT = "cut"
batches = st.lists(st.floats(), max_size=20)
"""Values that are added in one go."""
histories = st.lists(batches | st.just(CUT), max_size=40)


@pytest.fixture(scope="module", autouse=True)
def few_buckets() -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(series, "CAPACITY", FEW)
        yield


def grown(history: list[list[float] | str]) -> tuple[Series, list[list[Point]]]:
    """The series after this history, and the points of each of its segments."""
    one = Series()
    segments: list[list[Point]] = [[]]
    at = 0
    for step in history:
        if isinstance(step, str):
            one.cut()
            segments.append([])
            continue
        ats = tuple(range(at + 1, at + 1 + len(step)))
        one.extend(ats, tuple(step))
        segments[-1] += map(Point, ats, step)
        at += len(step)
    return one, segments


def finite(points: list[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point.value)]


def within(bucket: Bucket, points: list[Point]) -> list[Point]:
    return [point for point in points if bucket.first <= point.at <= bucket.last]


@given(histories)
@example([[1.0], CUT] * 40)
@example([[1.0, 2.0], CUT] * 20 + [[1.0] * 20])
def test_the_number_of_buckets_is_bounded_whatever_is_added(history: list[list[float] | str]) -> None:
    # As many as there may be, and the newest points beside them, three quarters as many at most.
    assert len(grown(history)[0].buckets) < FEW + 3 * FEW // 4


@given(histories)
@example([[1.0] * 20] * 40)
def test_buckets_are_in_the_order_of_steps_and_do_not_overlap(history: list[list[float] | str]) -> None:
    buckets = grown(history)[0].buckets
    assert all(bucket.first <= bucket.last for bucket in buckets)
    assert all(one.last < other.first for one, other in pairwise(buckets))


@given(histories)
@example([[1.0], CUT] * 3 + [[2.0] * 20] * 4)
def test_no_bucket_reaches_across_a_cut(history: list[list[float] | str]) -> None:
    one, segments = grown(history)
    for bucket in one.buckets:
        assert within(bucket, segments[bucket.segment])
        assert not [p for n, points in enumerate(segments) if n != bucket.segment for p in within(bucket, points)]


@given(histories)
@example([[0.0, 1e308, -1e308, math.nan, math.inf, -math.inf]] * 40)
def test_each_bucket_knows_the_extremes_of_its_points_and_counts_those_that_are_not_finite(
    history: list[list[float] | str],
) -> None:
    one, segments = grown(history)
    for bucket in one.buckets:
        points = within(bucket, segments[bucket.segment])
        told = finite(points)
        assert bucket.count == len(told)
        assert bucket.nan == sum(math.isnan(p.value) for p in points)
        assert bucket.above == sum(p.value == math.inf for p in points)
        assert bucket.below == sum(p.value == -math.inf for p in points)
        if bad := [p.at for p in points if not math.isfinite(p.value)]:
            assert (bucket.bad_first, bucket.bad_last) == (bad[0], bad[-1])
        if told:
            assert bucket.low == min(p.value for p in told)
            assert bucket.high == max(p.value for p in told)
            assert Point(bucket.low_at, bucket.low) in told
            assert Point(bucket.high_at, bucket.high) in told


@given(st.lists(batches | st.just(CUT), max_size=40).filter(lambda h: h.count(CUT) < FEW // 2))
@example([[1.0] * 20] * 19 + [[9.0] + [1.0] * 19] + [[1.0] * 20] * 20)
def test_no_spike_and_no_value_that_is_not_finite_is_ever_lost(history: list[list[float] | str]) -> None:
    one, segments = grown(history)
    points = [point for segment in segments for point in segment]
    assert sum(bucket.count for bucket in one.buckets) == len(finite(points))
    assert sum(bucket.nan + bucket.above + bucket.below for bucket in one.buckets) == len(points) - len(
        finite(points)
    )
    for number, segment in enumerate(segments):
        if told := [point.value for point in finite(segment)]:
            buckets = [bucket for bucket in one.buckets if bucket.segment == number]
            assert min(bucket.low for bucket in buckets) == min(told)
            assert max(bucket.high for bucket in buckets) == max(told)


@given(histories)
@example([[3.0, math.nan, 1.0], CUT, [2.0]])
def test_smallest_and_largest_are_the_first_of_the_extremes_since_the_last_cut(
    history: list[list[float] | str],
) -> None:
    one, segments = grown(history)
    told = finite(segments[-1])
    assert one.smallest == (min(told, key=lambda p: (p.value, p.at)) if told else None)
    assert one.largest == (min(told, key=lambda p: (-p.value, p.at)) if told else None)


@given(histories)
@example([[1.0, math.nan], []])
def test_the_number_of_points_and_the_latest_of_them_are_known(history: list[list[float] | str]) -> None:
    one, segments = grown(history)
    points = [point for segment in segments for point in segment]
    assert one.total == len(points)
    assert repr(one.latest) == repr(points[-1] if points else None)


@given(histories, st.data())
@example([[1.0] * 20, [2.0] * 3, [3.0]] * 4, None)
def test_it_makes_no_difference_how_much_of_a_batch_is_added_at_a_time(
    history: list[list[float] | str], data: st.DataObject | None
) -> None:
    whole, _ = grown(history)
    one, at = Series(), 0
    for step in history:
        if isinstance(step, str):
            one.cut()
            continue
        ats = tuple(range(at + 1, at + 1 + len(step)))
        inner = st.lists(st.integers(0, len(step)), max_size=4)
        places = [0, *sorted(data.draw(inner) if data is not None else [len(step) // 3]), len(step)]
        one.extend(ats[: places[1]], tuple(step)[: places[1]])
        for start, end in pairwise(places[1:]):
            one.go_on(ats[start:end], tuple(step)[start:end])
        at += len(step)
    assert repr(one) == repr(whole)


def test_as_many_points_as_there_may_be_buckets_and_half_as_many_again_are_kept_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(series, "CAPACITY", CAPACITY)
    many = CAPACITY + CAPACITY // 2
    one, _ = grown([[float(i) for i in range(many - 1)]])
    assert [(bucket.first, bucket.low) for bucket in one.buckets] == [(i + 1, float(i)) for i in range(many - 1)]
    one.extend((many, many + 1), (0.5, 0.5))
    assert len(one.buckets) < many


@given(histories)
@example([[float(i) for i in range(20)]] * 5 + [CUT, [1.0], CUT, [2.0, math.nan]])
def test_the_newest_points_are_kept_one_by_one_whatever_came_before_them(history: list[list[float] | str]) -> None:
    one, segments = grown(history)
    newest = [(n, point) for n, points in enumerate(segments) for point in points][-FEW // 2 :]
    found = [(b.segment, b.first, b.last, b.count, b.nan, b.above, b.below) for b in one.buckets[-FEW // 2 :]]
    assert found == [
        (n, at, at, math.isfinite(v), math.isnan(v), v == math.inf, v == -math.inf) for n, (at, v) in newest
    ]
    assert [repr(b.low) for b in one.buckets[-FEW // 2 :] if b.count] == [
        repr(v) for _, (_, v) in newest if math.isfinite(v)
    ]


@given(histories)
@example([[float(i) for i in range(20)]] * 5 + [CUT, [1.0], CUT, [2.0, math.nan]])
def test_stretches_hold_the_same_points_as_the_buckets_in_fewer_pieces(history: list[list[float] | str]) -> None:
    one, segments = grown(history)
    stretches = one.stretches()
    assert [s.first for s in stretches] == [b.first for b in one.buckets if b.first in {s.first for s in stretches}]
    for n, points in enumerate(segments):
        within_it = [s for s in stretches if s.segment == n]
        kept = [b for b in one.buckets if b.segment == n]
        assert sum(s.count for s in within_it) == sum(b.count for b in kept)
        assert [p for s in within_it for p in within(s, points)] == [p for b in kept for p in within(b, points)]
        full = [s.count + s.nan + s.above + s.below for s in within_it]
        assert all(many < 2 * one.width for many in full)  # a span of a batch is not cut in two
    assert all(s.mean == pytest.approx(sum(ps) / len(ps)) for s in stretches if (ps := usual(s, segments)))


def usual(stretch: Bucket, segments: list[list[Point]]) -> list[float]:
    """The values of a stretch, if they are no larger than what can be averaged with few roundings."""
    values = [point.value for point in within(stretch, segments[stretch.segment])]
    return values if all(1e-3 < value < 1e3 for value in values) else []


def one_by_one(ats: list[int], values: list[float]) -> Bucket:
    """A bucket by its definition: point after point."""
    bucket = Bucket(ats[0], ats[-1], 3)
    for at, value in zip(ats, values, strict=True):
        bucket.nan += math.isnan(value)
        bucket.above += value == math.inf
        bucket.below += value == -math.inf
        if not math.isfinite(value):
            bucket.bad_first, bucket.bad_last = bucket.bad_first or at, at
        else:
            bucket.count += 1
            if value < bucket.low:
                bucket.low, bucket.low_at = value, at
            if value > bucket.high:
                bucket.high, bucket.high_at = value, at
    return bucket


@given(st.lists(st.floats() | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf, 1.7e308]), min_size=1))
def test_a_bucket_made_at_once_is_the_one_that_is_made_point_by_point(values: list[float]) -> None:
    ats = [2 * i + 5 for i in range(len(values))]
    made, expected = Bucket.of(ats, values, 3), one_by_one(ats, values)
    told = [value for value in values if math.isfinite(value)]
    expected.sum = made.sum
    assert repr(made) == repr(expected)
    assert math.isnan(made.sum) or math.isinf(made.sum) or made.sum == pytest.approx(math.fsum(told), abs=1e292)


def test_columns_of_different_lengths_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="2 steps and 1 values"):
        Series().extend((1, 2), (1.0,))


def test_a_million_points_take_no_more_room_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "CAPACITY", CAPACITY)
    one = Series()
    for start in range(0, 1_000_000, 10_000):
        ats = tuple(range(start + 1, start + 10_001))
        one.extend(ats, tuple(1e9 if at == 123_457 else float(at % 7) for at in ats))
    assert CAPACITY // 2 <= len(one.buckets) < CAPACITY + 3 * CAPACITY // 4
    assert max(one.buckets, key=lambda bucket: bucket.high).high_at == 123_457
    assert one.largest == Point(123_457, 1e9)
    assert (one.buckets[0].first, one.buckets[-1].last) == (1, 1_000_000)
