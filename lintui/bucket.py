"""Neighbouring points of a metric put together so that no spike among them is lost; it knows nothing of drawing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(slots=True)
class Bucket:
    """Neighbouring points: where they begin and end, their extremes, and what was not finite among them."""

    first: int
    last: int
    segment: int
    count: int = 0
    """Finite values."""
    sum: float = 0.0
    """Of the finite values; no longer finite itself where they are too large to be added."""
    low: float = math.inf
    low_at: int = 0
    high: float = -math.inf
    high_at: int = 0
    nan: int = 0
    above: int = 0
    """Values of +inf."""
    below: int = 0
    """Values of -inf."""
    bad_first: int = 0
    bad_last: int = 0
    """Where the first and the last value stood that was not finite, if there was one."""

    @classmethod
    def of(cls, ats: Sequence[int], values: Sequence[float], segment: int) -> "Bucket":
        """The bucket of these points, at least one, in the order of steps."""
        total = sum(values)
        if (
            total - total == 0.0
        ):  # it is finite, and then every one of them is: a sum is NaN or infinite if any term is
            count, low, high = len(values), min(values), max(values)
            low_at, high_at = ats[values.index(low)], ats[values.index(high)]
            return cls(ats[0], ats[-1], segment, count, total, low, low_at, high, high_at)
        finite = [point for point in map(Point, ats, values) if math.isfinite(point.value)]
        bucket = cls(ats[0], ats[-1], segment, len(finite), sum([point.value for point in finite]))
        if finite:
            bucket.low_at, bucket.low = min(finite, key=lambda point: point.value)
            bucket.high_at, bucket.high = max(finite, key=lambda point: point.value)
        if bad := [at for at, value in zip(ats, values, strict=True) if not math.isfinite(value)]:
            bucket.bad_first, bucket.bad_last = bad[0], bad[-1]
        bucket.nan = sum(map(math.isnan, values))
        bucket.above, bucket.below = values.count(math.inf), values.count(-math.inf)
        return bucket

    @property
    def mean(self) -> float:
        """Of the finite values, of which there is at least one; always between the smallest and the largest."""
        # In this order NaN, which comes of adding infinities, gives the smallest.
        return min(max(self.low, self.sum / self.count), self.high)

    @property
    def is_bad(self) -> bool:
        """Whether a value was not finite."""
        return bool(self.nan or self.above or self.below)

    def join(self, later: "Bucket") -> None:
        """Take in the neighbour that comes after."""
        self.last = later.last
        self.count += later.count
        self.sum += later.sum
        if later.low < self.low:
            self.low, self.low_at = later.low, later.low_at
        if later.high > self.high:
            self.high, self.high_at = later.high, later.high_at
        if later.nan or later.above or later.below:
            self.bad_first, self.bad_last = self.bad_first if self.is_bad else later.bad_first, later.bad_last
            self.nan += later.nan
            self.above += later.above
            self.below += later.below


class Point(NamedTuple):
    """One value and the step after which it was measured."""

    at: int
    value: float
