"""Where a noisy metric settles, and when it got there, from its history alone."""

from statistics import median
from typing import NamedTuple

from lintui.bucket import Bucket
from lintui.series import Series

_LEAST = 8
"""Stretches of the history below which nothing is said."""
_WINDOW = 9
"""Neighbouring stretches that the running median is taken over."""
_WITHIN = 0.1


class Plateau(NamedTuple):
    """The level that a metric has come to."""

    value: float
    """Its mean over the last quarter."""
    settled: int
    """The first step from which its running median is within a tenth of that level."""


def plateau(series: Series) -> Plateau | None:
    """Where it settles; None where it hasn't: it still falls or rises by more than a tenth, or there is too little.

    The history is that since the last cut, in the stretches that are kept of it: to a step as long as no more
    points were added than a series has buckets, to a stretch's length after that.
    """
    history = [b for b in series.stretches() if b.segment == series.segment and b.count]
    if len(history) < _LEAST:
        return None
    quarter = len(history) // 4
    value, before = _mean(history[-quarter:]), _mean(history[-2 * quarter : -quarter])
    if not _near(before, value):
        return None
    means = [b.mean for b in history]
    half = _WINDOW // 2
    for i, b in enumerate(history):
        if _near(median(means[max(i - half, 0) : i + half + 1]), value):
            return Plateau(value, b.last)
    return None


def _mean(buckets: list[Bucket]) -> float:
    return sum(b.sum for b in buckets) / sum(b.count for b in buckets)


def _near(value: float, level: float) -> bool:
    return abs(value - level) <= _WITHIN * abs(level)
