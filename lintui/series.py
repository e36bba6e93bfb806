"""A metric's history in bounded memory that never loses a spike, without knowing how it is drawn.

The newest points are kept one by one. Those before them are kept so too until there are too many; then
neighbours are joined into buckets that remember the smallest and the largest value and where each stood. A
bucket never reaches across a cut, so that what lies before and after one (another loss, another branch)
can't be joined by a line.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    bad_first: int = 0
    bad_last: int = 0
    """Where the first and the last value stood that was not finite, if there was one."""

    @classmethod
    def of(cls, ats: Sequence[int], values: Sequence[float], segment: int) -> "Bucket":
        """The bucket of these points, at least one, in the order of steps."""
        total = sum(values)
        if math.isfinite(total):  # then every one of them is: a sum is NaN or infinite if any term is
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
        if later.is_bad:
            self.bad_first, self.bad_last = self.bad_first if self.is_bad else later.bad_first, later.bad_last
        self.nan += later.nan
        self.above += later.above
        self.below += later.below


class Point(NamedTuple):
    """One value and the step after which it was measured."""

    at: int
    value: float


class _Piece(NamedTuple):
    """Points of one segment, one by one."""

    segment: int
    ats: list[int]
    values: list[float]


@dataclass(slots=True)
class Series:
    """The history of one metric: `buckets` are in the order of steps, the newest of them of one point each."""

    capacity: int = field(default_factory=lambda: CAPACITY)
    """Buckets at most of the points before the window; there, half as many points are kept one by one."""
    width: int = 1
    """Points that a bucket takes before the next one is begun: a power of two."""
    segment: int = 0
    total: int = 0
    """Points ever added."""
    _joined: list[Bucket] = field(default_factory=list)
    """What came before the window."""
    _filled: int = 0
    """Points in the newest of them."""
    _window: deque[_Piece] = field(default_factory=deque)
    """The newest points."""
    _in_window: int = 0
    """How many they are."""
    _left: Bucket | None = None
    """Of all points since the last cut that have left the window."""
    _seen: list[Bucket] | None = field(default=None, compare=False, repr=False)
    """The buckets, once somebody has asked for them, until there are others."""

    def extend(self, ats: Sequence[int], values: Sequence[float]) -> None:
        """Add points in the order of steps; raises ValueError where the two columns are not equally long."""
        if len(ats) != len(values):
            raise ValueError(f"{len(ats)} steps and {len(values)} values can't be points")
        if not ats:
            return
        if not self.is_joined():
            self._window.append(_Piece(self.segment, [], []))
        piece = self._window[-1]
        piece.ats.extend(ats)
        piece.values.extend(values)
        self.total += len(ats)
        self._in_window += len(ats)
        self._seen = None
        self._settle()

    @property
    def buckets(self) -> list[Bucket]:
        """All of the history, of the newest points one each."""
        if self._seen is None:
            self._seen = self._joined + [
                Bucket(at, at, piece.segment, 1, value, value, at, value, at)
                if value - value == 0.0  # neither NaN nor infinite
                else Bucket.of((at,), (value,), piece.segment)
                for piece in self._window
                for at, value in zip(piece.ats, piece.values, strict=True)
            ]
        return self._seen

    def stretches(self) -> list[Bucket]:
        """All of the history in buckets of `width` points, but for those before a cut and at the end."""
        stretches, filled = [replace(bucket) for bucket in self._joined], self._filled
        for segment, ats, values in self._window:
            if not (stretches and stretches[-1].segment == segment and filled < self.width):
                filled = self.width
            start = 0
            while start < len(ats):
                if filled == self.width:
                    end, filled = start + self.width, 0
                    stretches.append(Bucket.of(ats[start:end], values[start:end], segment))
                else:
                    end = start + self.width - filled
                    stretches[-1].join(Bucket.of(ats[start:end], values[start:end], segment))
                filled += len(ats[start:end])
                start = end
        return stretches

    @property
    def latest(self) -> Point | None:
        """The newest point."""
        if not self._window:
            return None
        piece = self._window[-1]
        return Point(piece.ats[-1], piece.values[-1])

    @property
    def smallest(self) -> Point | None:
        """The smallest finite value since the last cut, the first of several."""
        bucket = self._since_the_cut()
        return Point(bucket.low_at, bucket.low) if bucket is not None and bucket.count else None

    @property
    def largest(self) -> Point | None:
        """The largest finite value since the last cut, the first of several."""
        bucket = self._since_the_cut()
        return Point(bucket.high_at, bucket.high) if bucket is not None and bucket.count else None

    def cut(self) -> None:
        """What comes from now on is not joined to what was there before."""
        self.segment += 1
        self._left = None

    def is_joined(self) -> bool:
        """Whether the next point will be joined to the latest one: nothing was cut since."""
        return bool(self._window) and self._window[-1].segment == self.segment

    def limit(self, capacity: int) -> None:
        """Do with so many buckets from now on (at least 2)."""
        self.capacity = capacity
        while len(self._joined) > capacity:
            self._halve()
            self._filled = self.width  # the newest of them takes no more
        self._seen = None
        if self._window:
            self._settle()

    def _since_the_cut(self) -> Bucket | None:
        if not self.is_joined():
            return None
        piece = self._window[-1]
        newest = Bucket.of(piece.ats, piece.values, piece.segment)
        if self._left is None:
            return newest
        bucket = replace(self._left)
        bucket.join(newest)
        return bucket

    def _settle(self) -> None:
        """Let the oldest points leave the window, as many at a time as fill a bucket or an even share of one.

        However points were added, they leave in the same portions, and so add up to the same sums.
        """
        window = self.capacity // 2
        while self._in_window >= window + self._portion():
            segment, ats, values = self._window[0]
            start, length = 0, len(ats)
            while start < length and self._in_window >= window + (portion := self._portion()):
                part = values[start : start + portion]
                self._join(Bucket.of(ats[start : start + portion], part, segment), len(part))
                self._in_window -= len(part)
                start += len(part)
            if start == length:
                self._window.popleft()
            else:
                del ats[:start], values[:start]

    def _portion(self) -> int:
        """Points that leave the window next: as many as there is room for in a bucket, or a share of them."""
        room = self.width
        if self._joined and self._joined[-1].segment == self._window[0].segment and self._filled < self.width:
            room -= self._filled
        return min(room, 1 << max(self.capacity // 4, 1).bit_length() - 1)

    def _join(self, portion: Bucket, points: int) -> None:
        if self._joined and self._joined[-1].segment == portion.segment and self._filled < self.width:
            self._joined[-1].join(portion)
            self._filled += points
        else:
            if len(self._joined) >= self.capacity:
                self._halve()
            self._joined.append(portion)
            self._filled = points
        if portion.segment == self.segment:
            if self._left is None:
                self._left = replace(portion)
            else:
                self._left.join(portion)

    def _halve(self) -> None:
        """Join neighbours two by two, within a segment, to make room for as much again."""
        joined: list[Bucket] = []
        open_pair = False
        for bucket in self._joined:
            if open_pair and joined[-1].segment == bucket.segment:
                joined[-1].join(bucket)
                open_pair = False
            else:
                joined.append(bucket)
                open_pair = True
        self.width *= 2
        # Only a series that was cut thousands of times has more pieces than room: it forgets the oldest.
        self._joined[:] = joined[-(self.capacity // 2 + 1) :] if len(joined) >= self.capacity else joined
