"""A metric's history in bounded memory that never loses a spike, without knowing how it is drawn.

The newest points are kept one by one. Those before them are kept so too until there are too many; then
neighbours are joined into buckets that remember the smallest and the largest value and where each stood. A
bucket never reaches across a cut, so that what lies before and after one (another loss, another branch)
can't be joined by a line.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, takewhile

from lintui.added import Added
from lintui.bucket import Bucket, Point
from lintui.spans import SPAN

CAPACITY = 2048
"""Buckets at most, of each series that is not told to do with fewer."""


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
    _window: deque[Added] = field(default_factory=deque)
    """The newest points."""
    _in_window: int = 0
    """How many they are."""
    _goes_on: bool = False
    """Whether what was added last was a batch, which more may belong to."""
    _seen: list[Bucket] | None = field(default=None, compare=False, repr=False)
    """The buckets, once somebody has asked for them, until there are others."""

    def extend(self, ats: Sequence[int], values: Sequence[float]) -> None:
        """Add a batch of points in the order of steps; raises ValueError where the columns differ in length."""
        _same_length(ats, values)
        self._goes_on = bool(ats)
        if ats:
            self._window.append(Added(self.segment, ats, values, len(ats)))
            self._added(len(ats))

    def go_on(self, ats: Sequence[int], values: Sequence[float]) -> None:
        """Add more points of the batch that was added last: it comes to the same as all of it at once."""
        if not (self._goes_on and self.is_joined()):
            self.extend(ats, values)
        elif ats:
            _same_length(ats, values)
            self._window[-1].add(ats, values)
            self._added(len(ats))

    @property
    def buckets(self) -> list[Bucket]:
        """All of the history, of the newest points one each."""
        if self._seen is None:
            self._seen = self._joined + [
                Bucket(at, at, batch.segment, 1, value, value, at, value, at)
                if value - value == 0.0  # neither NaN nor infinite
                else Bucket.of((at,), (value,), batch.segment)
                for batch in self._window
                for at, value in zip(*batch.points(), strict=True)
            ]
        return self._seen

    def stretches(self) -> list[Bucket]:
        """All of the history in buckets of about `width` points, but for those before a cut and at the end."""
        stretches, filled = [replace(bucket) for bucket in self._joined], self._filled
        for segment, ats, values in self._pieces():
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
        batch = self._window[-1]
        return Point(batch.ats[-1], batch.values[-1])

    @property
    def smallest(self) -> Point | None:
        """The smallest finite value since the last cut, the first of several."""
        bucket = min(self._since_the_cut(), key=lambda bucket: bucket.low, default=None)
        return Point(bucket.low_at, bucket.low) if bucket is not None else None

    @property
    def largest(self) -> Point | None:
        """The largest finite value since the last cut, the first of several."""
        bucket = max(self._since_the_cut(), key=lambda bucket: bucket.high, default=None)
        return Point(bucket.high_at, bucket.high) if bucket is not None else None

    def cut(self) -> None:
        """What comes from now on is not joined to what was there before."""
        self.segment += 1

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

    def _since_the_cut(self) -> list[Bucket]:
        """Buckets with finite values since the last cut, the oldest first."""
        joined = takewhile(lambda bucket: bucket.segment == self.segment, reversed(self._joined))
        newest = [
            Bucket.of(ats, values, segment) for segment, ats, values in self._pieces() if segment == self.segment
        ]
        return [bucket for bucket in (*reversed([*joined]), *newest) if bucket.count]

    def _pieces(self) -> Iterator[tuple[int, list[int], list[float]]]:
        """The newest points, those of each segment in one piece."""
        for segment, batches in groupby(self._window, key=lambda batch: batch.segment):
            ats: list[int] = []
            values: list[float] = []
            for batch in batches:
                some, more = batch.points()
                ats += some
                values += more
            yield segment, ats, values

    def _added(self, points: int) -> None:
        self.total += points
        self._in_window += points
        self._seen = None
        self._settle()

    def _settle(self) -> None:
        """Let the oldest points leave the window: a span of a batch at a time, or as many as fill a finer bucket.

        However much of a batch came at a time, they leave in the same portions, and so add up to the same sums.
        """
        window = self.capacity // 2
        span = min(SPAN, 1 << max(self.capacity // 4, 1).bit_length() - 1)
        joined = self._joined
        while (spare := self._in_window - window) > 0:
            batch = self._window[0]
            room = self.width - self._filled if joined and joined[-1].segment == batch.segment else 0
            portion = min(span - batch.gone % span, batch.count - batch.gone)
            if self.width < span:
                portion = min(portion, room if room > 0 else self.width)
            if portion > spare:
                return
            if room > 0:
                joined[-1].join(batch.leave(portion))
                self._filled += portion
            else:
                if len(joined) >= self.capacity:
                    self._halve()
                joined.append(batch.leave(portion))
                self._filled = portion
            self._in_window -= portion
            if batch.gone == batch.count:
                self._window.popleft()

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


def _same_length(ats: Sequence[int], values: Sequence[float]) -> None:
    if len(ats) != len(values):
        raise ValueError(f"{len(ats)} steps and {len(values)} values can't be points")
