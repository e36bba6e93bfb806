"""Spreading uneven bins over even ones keeps the total and puts the numbers where they are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lintui.events import MAX_BINS
from lintui.readers.bins import Bins, evenly


@st.composite
def histograms(draw: st.DrawFn) -> tuple[list[float], list[float], list[float]]:
    edges = sorted(draw(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)))
    counts = draw(st.lists(st.integers(0, 1000), min_size=len(edges) - 1, max_size=len(edges) - 1))
    return edges[:-1], edges[1:], [float(count) for count in counts]


@given(histograms())
def test_the_total_is_kept_and_no_count_is_negative(histogram: tuple[list[float], list[float], list[float]]) -> None:
    bins = evenly(*histogram)
    total = sum(histogram[2])
    if not total:
        assert bins is None
    else:
        assert bins is not None
        assert math.isclose(math.fsum(bins.counts), total, rel_tol=1e-9)
        assert min(bins.counts) >= 0
        assert len(bins.counts) in (1, MAX_BINS)


def test_bins_that_are_even_already_come_back_as_they_are() -> None:
    edges = np.linspace(-2.0, 4.0, 65)
    counts = [float(i % 7 + 1) for i in range(64)]
    bins = evenly(list(edges[:-1]), list(edges[1:]), counts)
    assert bins is not None
    assert (bins.low, bins.high) == (-2.0, 4.0)
    assert bins.counts == pytest.approx(counts, rel=1e-9)


def test_what_lies_below_an_edge_is_what_straight_lines_between_the_old_edges_say() -> None:
    edges = [0.0, 0.1, 1.0, 10.0, 100.0]
    counts = [5.0, 20.0, 10.0, 40.0]
    bins = evenly(edges[:-1], edges[1:], counts)
    assert bins is not None
    new = np.linspace(bins.low, bins.high, len(bins.counts) + 1)
    below = np.interp(new, edges, np.cumsum([0.0, *counts]))
    assert bins.counts == pytest.approx(np.diff(below))


def test_empty_bins_at_the_ends_are_left_away() -> None:
    bins = evenly([-1e9, 0.0, 1.0], [0.0, 1.0, 1e9], [0.0, 8.0, 0.0], bins=4)
    assert bins == Bins(0.0, 1.0, (2.0, 2.0, 2.0, 2.0))


def test_where_all_numbers_are_the_same_there_is_one_bin_without_width() -> None:
    assert evenly([3.0, 3.0], [3.0, 3.0], [0.0, 9.0]) == Bins(3.0, 3.0, (9.0,))


@pytest.mark.parametrize(
    ("lefts", "rights", "counts"),
    [
        ([0.0], [1.0], [-1.0]),
        ([0.0], [1.0], [math.nan]),
        ([0.0], [1.0], [math.inf]),
        ([0.0], [math.inf], [1.0]),
        ([-1e308], [1e308], [1.0]),
        ([math.nan], [1.0], [1.0]),
        ([1.0], [0.0], [1.0]),
        ([0.0, 0.5], [1.0, 2.0], [1.0, 1.0]),
        ([0.0], [1.0], [1.0, 2.0]),
    ],
)
def test_what_is_no_histogram_is_refused(lefts: list[float], rights: list[float], counts: list[float]) -> None:
    with pytest.raises(ValueError):
        evenly(lefts, rights, counts)
