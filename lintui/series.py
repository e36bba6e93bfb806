"""A metric's history in bounded memory that never loses a spike, without knowing how it is drawn.

Points are kept one by one until there are too many; then neighbours are joined into buckets that
remember the smallest and the largest value and where each stood. A bucket never reaches across a cut,
so that what lies before and after one (another loss, another branch) can't be joined by a line.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

CAPACITY = 2048
"""Buckets at most, of each series that is not told to do with fewer."""


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

    def take(self, at: int, value: float) -> None:
        """Add one point at or after the last."""
        self.last = at
        if value - value == 0.0:  # neither NaN nor infinite
            self.count += 1
            self.sum += value
            if value < self.low:
                self.low, self.low_at = value, at
            if value > self.high:
                self.high, self.high_at = value, at
        elif value != value:
            self.nan += 1
        elif value > 0:
            self.above += 1
        else:
            self.below += 1

    @property
    def mean(self) -> float:
        """Of the finite values, of which there is at least one; always between the smallest and the largest."""
        # In this order NaN, which comes of adding infinities, gives the smallest.
        return min(max(self.low, self.sum / self.count), self.high)

    def join(self, later: "Bucket") -> None:
        """Take in the neighbour that comes after."""
        self.last = later.last
        self.count += later.count
        self.sum += later.sum
        if later.low < self.low:
            self.low, self.low_at = later.low, later.low_at
        if later.high > self.high:
            self.high, self.high_at = later.high, later.high_at
        self.nan += later.nan
        self.above += later.above
        self.below += later.below


class Point(NamedTuple):
    """One value and the step after which it was measured."""

    at: int
    value: float


@dataclass(slots=True)
class Series:
    """The history of one metric; `buckets` are in the order of steps."""

    buckets: list[Bucket] = field(default_factory=list)
    capacity: int = field(default_factory=lambda: CAPACITY)
    """Buckets at most."""
    width: int = 1
    """Points that a bucket takes before the next one is begun."""
    segment: int = 0
    filled: int = 0
    """Points in the newest bucket."""
    total: int = 0
    """Points ever added."""
    latest: Point | None = None
    smallest: Point | None = None
    """The smallest finite value."""
    largest: Point | None = None
    """The largest finite value."""

    def extend(self, ats: tuple[int, ...], values: tuple[float, ...]) -> None:
        """Add points in the order of steps; the two columns are equally long."""
        buckets = self.buckets
        least = math.inf if self.smallest is None else self.smallest.value
        most = -math.inf if self.largest is None else self.largest.value
        for at, value in zip(ats, values, strict=True):
            if self.filled in (0, self.width):
                if len(buckets) >= self.capacity:
                    self._halve()
                buckets.append(Bucket(at, at, self.segment))
                self.filled = 0
            buckets[-1].take(at, value)
            self.filled += 1
            if -math.inf < value < least:
                least, self.smallest = value, Point(at, value)
            if most < value < math.inf:
                most, self.largest = value, Point(at, value)
        if ats:
            self.total += len(ats)
            self.latest = Point(ats[-1], values[-1])

    def cut(self) -> None:
        """What comes from now on is not joined to what was there before."""
        self.segment += 1
        self.filled = 0
        self.smallest = self.largest = None

    def is_joined(self) -> bool:
        """Whether the next point will be joined to the latest one: nothing was cut since."""
        return bool(self.buckets) and self.buckets[-1].segment == self.segment

    def limit(self, capacity: int) -> None:
        """Do with so many buckets from now on (at least 2)."""
        self.capacity = capacity
        while len(self.buckets) > capacity:
            self._halve()
            self.filled = 0

    def _halve(self) -> None:
        """Join neighbours two by two, within a segment, to make room for as much again."""
        joined: list[Bucket] = []
        open_pair = False
        for bucket in self.buckets:
            if open_pair and joined[-1].segment == bucket.segment:
                joined[-1].join(bucket)
                open_pair = False
            else:
                joined.append(bucket)
                open_pair = True
        self.width *= 2
        # Only a series that was cut thousands of times has more pieces than room: it forgets the oldest.
        self.buckets[:] = joined[-(self.capacity // 2 + 1) :] if len(joined) >= self.capacity else joined
