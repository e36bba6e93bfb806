"""From a long history to as many points as a picture has room for, by minimum and maximum, never by skipping."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from lintui.bucket import Bucket
from tuiapp.scale import between

Place = tuple[float, float]


def thin(buckets: Iterable[Bucket], edges: Sequence[float]) -> tuple[list[list[Place]], list[float]]:
    """At most two points a column, the smallest and the largest, in runs; and where values were not finite.

    `edges` are the steps at the borders of the columns, never falling, at least two. Of what lies to the
    left and to the right of them all, each run keeps what is nearest, so that its line reaches the border.
    """
    pieces: list[list[Place]] = []
    nonfinite: list[float] = []
    start, end, columns = edges[0], edges[-1], len(edges) - 1
    column, until, segment, gap, is_open = 0, -math.inf, -1, False, False
    low = high = (0.0, 0.0)

    def flush() -> None:
        if is_open:
            pieces[-1].extend(sorted({low, high}))

    for b in buckets:
        if b.nan or b.above or b.below:
            nonfinite.extend(at for at in sorted({b.bad_first, b.bad_last}) if start <= at <= end)
        if not b.count:
            gap = True
            continue
        if b.segment != segment or gap:
            flush()
            pieces.append([])
            segment, gap, is_open, until = b.segment, False, False, -math.inf
        if b.first < until:
            # Still the same column, as nearly all of a long history are.
            if b.low < low[1]:
                low = (b.low_at, b.low)
            if b.high > high[1]:
                high = (b.high_at, b.high)
            continue
        place = bisect_right(edges, b.first) - 1
        if place < 0 and b.last < start:
            is_open = False  # this one is nearer than any before
        elif b.first > end:
            if is_open and column > columns:
                continue  # the nearest is there already
            place = columns + 1
        flush()
        column, low, high, is_open = place, (b.low_at, b.low), (b.high_at, b.high), True
        until = edges[place + 1] if place < columns else -math.inf
        if place < 0:
            # The bucket that reaches in from the left shares the first column.
            until = edges[1] if b.last >= start else -math.inf
    flush()
    return pieces, nonfinite


def clip(piece: Sequence[Place], start: float, end: float, kind: str) -> list[Place]:
    """The part of a line between two places, cut where it crosses them; `kind` is that of the y axis.

    It has at least one point.
    """
    if start <= piece[0][0] and piece[-1][0] <= end:
        return list(piece)
    before = [place for place in piece if place[0] < start][-1:]
    inside = [place for place in piece if start <= place[0] <= end]
    after = next(([place] for place in piece if place[0] > end), [])
    line = [*before, *inside, *after]
    if len(line) == 1:
        return inside
    if before:
        line[0] = _crossing(line[0], line[1], start, kind)
    if after:
        line[-1] = _crossing(line[-2], line[-1], end, kind)
    return line


def _crossing(left: Place, right: Place, x: float, kind: str) -> Place:
    """Where the line between two points is at `x`."""
    return x, between(left[1], right[1], (x - left[0]) / (right[0] - left[0]), kind)
