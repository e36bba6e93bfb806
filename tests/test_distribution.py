"""What a histogram says of the numbers that it was made of, against numpy on these numbers."""

import csv
import io
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lintui.events import MAX_BINS, Histogram
from tuiapp.distribution import SHARES, quantiles, reach, spread, table_of_counts, table_of_quantiles
from tuiapp.scale import Scale

NUMBERS = arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6))


def of(numbers: np.ndarray, bins: int = MAX_BINS, at: int = 0) -> Histogram:
    """Counted by numpy."""
    low, high = float(numbers.min()), float(numbers.max())
    counts = np.histogram(numbers, bins)[0] if low < high else np.array([len(numbers)])
    return Histogram(
        branch=0, name="w", of="weights", at=at, t=0.0, low=low, high=high, counts=tuple(map(float, counts))
    )


@given(NUMBERS, st.integers(1, MAX_BINS))
def test_quantiles_are_those_of_the_numbers_but_for_the_width_of_a_bin(numbers: np.ndarray, bins: int) -> None:
    histogram = of(numbers, bins)
    width = (histogram.high - histogram.low) / len(histogram.counts)
    assume(width == 0 or width > 1e-9)
    # Of few numbers there are several quantiles: between the neighbours on both sides, all of them are right.
    below = np.quantile(numbers, SHARES, method="lower")
    above = np.quantile(numbers, SHARES, method="higher")
    ordered = np.sort(numbers)
    for share, found, low, high in zip(SHARES, quantiles(histogram), below, above, strict=True):
        first = ordered[max(math.ceil(share * len(numbers)) - 1, 0)]
        assert min(low, first) - width * 1.001 <= found <= max(high, first) + width * 1.001


@given(NUMBERS)
def test_quantiles_never_fall_and_begin_and_end_with_the_smallest_and_the_largest(numbers: np.ndarray) -> None:
    found = quantiles(of(numbers))
    assert found == sorted(found)
    assert (found[0], found[-1]) == (numbers.min(), numbers.max())


def test_of_many_normal_numbers_the_quantiles_are_those_of_numpy_to_within_a_bin() -> None:
    numbers = np.random.default_rng(0).normal(3.0, 0.5, 100_000)
    histogram = of(numbers)
    width = (histogram.high - histogram.low) / MAX_BINS
    assert quantiles(histogram) == pytest.approx(np.quantile(numbers, SHARES).tolist(), abs=width)


def test_where_bins_at_the_ends_are_empty_the_numbers_begin_where_the_first_is_not() -> None:
    histogram = replace(of(np.zeros(1)), low=0.0, high=8.0, counts=(0.0, 0.0, 4.0, 0.0, 4.0, 0.0, 0.0, 0.0))
    assert quantiles(histogram, (0.0, 0.25, 0.75, 1.0)) == [2.0, 2.5, 4.5, 5.0]


def test_of_nothing_finite_nothing_is_known() -> None:
    histogram = replace(of(np.zeros(1)), counts=(), nonfinite=3)
    assert all(map(math.isnan, quantiles(histogram)))
    assert spread(histogram, Scale.reaching(0.0, 1.0), 5) == [0.0] * 5
    assert reach([histogram]) is None
    assert reach([histogram, of(np.array([1.0, 2.0])), of(np.array([0.0, 1.5]))]) == (0.0, 2.0)


@given(st.lists(NUMBERS, min_size=1, max_size=3), st.integers(1, 100))
def test_over_all_rows_every_number_is_there_once(several: list[np.ndarray], rows: int) -> None:
    histograms = [of(numbers) for numbers in several]
    ends = reach(histograms)
    assert ends is not None
    for histogram in histograms:
        parts = spread(histogram, Scale.reaching(*ends), rows)
        assert len(parts) == rows
        assert min(parts) >= 0
        assert sum(parts) == pytest.approx(1.0)


def test_where_rows_are_as_high_as_bins_their_shares_are_the_counts() -> None:
    histogram = replace(of(np.zeros(1)), low=-2.0, high=2.0, counts=(1.0, 0.0, 5.0, 2.0))
    assert spread(histogram, Scale.reaching(-2.0, 2.0), 4) == pytest.approx([0.125, 0.0, 0.625, 0.25])
    assert spread(histogram, Scale.reaching(-2.0, 2.0), 8) == pytest.approx(
        [0.0625, 0.0625, 0.0, 0.0, 0.3125, 0.3125, 0.125, 0.125]
    )
    assert spread(histogram, Scale.reaching(-6.0, 2.0), 4) == pytest.approx([0.0, 0.0, 0.125, 0.875])


def test_tables_hold_every_bin_and_every_quantile_with_all_digits() -> None:
    rng = np.random.default_rng(1)
    histograms = [of(rng.normal(size=500), at=at) for at in (0, 7)]
    bins = list(csv.DictReader(io.StringIO(table_of_counts(histograms))))
    assert [int(row["step"]) for row in bins] == [0] * MAX_BINS + [7] * MAX_BINS
    assert sum(float(row["count"]) for row in bins) == 1_000
    assert (float(bins[0]["from"]), float(bins[63]["to"])) == (histograms[0].low, histograms[0].high)
    assert all(one["to"] == other["from"] for one, other in pairwise(bins[:64]))
    for row, histogram in zip(
        csv.reader(io.StringIO(table_of_quantiles(histograms))), [None, *histograms], strict=True
    ):
        if histogram is not None:
            assert [float(x) for x in row] == [histogram.at, *quantiles(histogram), 0]
