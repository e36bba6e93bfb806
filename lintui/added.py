"""Points that were added to a history in one go and leave its window span by span, read only where they must be."""

from collections.abc import Sequence
from dataclasses import dataclass

from lintui.bucket import Bucket
from lintui.spans import SPAN, Column

_ROOM = 4 * SPAN
"""Points that have left a batch are given up so many at a time."""


@dataclass(slots=True)
class Added:
    """Points of one segment that were added in one go, the newest of which are still there."""

    segment: int
    ats: Sequence[int]
    values: Sequence[float]
    """From the last whole _ROOM on of those that have gone; all of them while they have not been read."""
    count: int
    """Points that were added."""
    gone: int = 0
    """Of these, those that have left the window."""

    def add(self, ats: Sequence[int], values: Sequence[float]) -> None:
        """More of the same."""
        self._read()
        self.ats, self.values = (*self.ats, *ats), (*self.values, *values)
        self.count += len(ats)

    def points(self) -> tuple[Sequence[int], Sequence[float]]:
        """The steps and values that are still there."""
        self._read()
        start = self.gone % _ROOM
        return self.ats[start:], self.values[start:]

    def leave(self, many: int) -> Bucket:
        """What the next so many points come to, which are gone after that."""
        start, end = self.gone, self.gone + many
        if type(self.values) is Column and start % SPAN == 0 and end in (start + SPAN, self.count):
            bucket = self._told(self.values, start // SPAN, end)
        else:
            self._read()
            first = start % _ROOM
            last = first + many
            bucket = Bucket.of(self.ats[first:last], self.values[first:last], self.segment)
            if last == _ROOM:
                self.ats, self.values = self.ats[_ROOM:], self.values[_ROOM:]
        self.gone = end
        return bucket

    def _told(self, column: Column, n: int, end: int) -> Bucket:
        """What is said in brief of the span that ends before so many points."""
        start, ats, spans = n * SPAN, self.ats, column.spans
        low_at, high_at = ats[start + spans.low_in[n]], ats[start + spans.high_in[n]]
        count, total = end - start, spans.sum[n]
        return Bucket(
            ats[start], ats[end - 1], self.segment, count, total, spans.low[n], low_at, spans.high[n], high_at
        )

    def _read(self) -> None:
        if type(self.values) is Column:
            start = self.gone - self.gone % _ROOM
            ats, values = self.values.points()
            self.ats, self.values = ats[start:], values[start:]
