"""Where a noisy metric settles and when it got there, against NumPy on all of its points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lintui.plateau import Plateau, plateau
from lintui.series import CAPACITY, Series


def series_of(values: np.ndarray) -> Series:
    series = Series()
    series.extend(tuple(range(1, len(values) + 1)), tuple(values.tolist()))
    return series


def falling(level: float, steps: int, over: int, seed: int) -> np.ndarray:
    """An exponential fall onto a level, with noise of a tenth of it."""
    noise = np.random.default_rng(seed).normal(1.0, 0.1, steps)
    return level * noise + 100 * level * np.exp(-np.arange(steps) / over)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("steps", [400, CAPACITY, 30_000])
def test_it_is_the_mean_of_the_last_quarter(steps: int, seed: int) -> None:
    values = falling(3.0, steps, over=20, seed=seed)
    found = plateau(series_of(values))
    assert found is not None
    assert found.value == pytest.approx(values[-(steps // 4) :].mean(), rel=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_it_was_reached_where_the_running_median_comes_within_a_tenth(seed: int) -> None:
    values = falling(3.0, 1_000, over=30, seed=seed)
    found = plateau(series_of(values))
    assert found is not None
    medians = np.array([np.median(values[max(i - 4, 0) : i + 5]) for i in range(len(values))])
    near = np.abs(medians - found.value) <= 0.1 * found.value
    assert found.settled == int(np.argmax(near)) + 1


def test_what_still_falls_has_none() -> None:
    assert plateau(series_of(np.exp(-np.arange(1_000) / 300))) is None
    assert plateau(series_of(np.arange(1.0, 1_000.0))) is None


def test_nothing_is_said_of_a_handful_of_points() -> None:
    assert plateau(Series()) is None
    assert plateau(series_of(np.ones(7))) is None
    assert plateau(series_of(np.ones(8))) == Plateau(1.0, 1)


def test_what_came_before_another_loss_does_not_count() -> None:
    series = series_of(np.full(1_000, 50.0))
    series.cut()
    series.extend(tuple(range(1_001, 2_001)), (2.0,) * 1_000)
    assert plateau(series) == Plateau(2.0, 1_001)


@given(st.lists(st.floats(), max_size=60))
def test_no_numbers_break_it(values: list[float]) -> None:
    plateau(series_of(np.array(values, dtype=float)))
