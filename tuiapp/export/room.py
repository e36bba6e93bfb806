"""Where in a picture there is room for words, beside its curves and other words; without drawing any."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

HIGH = 14
"""Pixels that a line of words takes."""
_CLOSE = 6.0
"""Pixels between two places of a curve that are looked at."""

Point = tuple[float, float]


class Room:
    """The places of the curves, and the words that were put so far; all in pixels."""

    def __init__(self, lines: Iterable[Sequence[Point]]) -> None:
        """What stands there already: lines through these points."""
        self._points = sorted(point for line in lines for point in _along(line))
        self._words: list[tuple[float, float, float, float]] = []

    def put(self, wide: float, places: Iterable[Point]) -> Point:
        """The first of the places where words of this width cover nothing, or else the first of all.

        A place is the left end of the words' baseline. There is at least one.
        """
        places = [*places]
        x, y = next((place for place in places if self._is_free(*place, wide)), places[0])
        self._words.append((x, y - HIGH, x + wide, y))
        return x, y

    def _is_free(self, x: float, y: float, wide: float) -> bool:
        left, top, right, bottom = x - 2, y - HIGH, x + wide + 2, y + 3
        for x0, y0, x1, y1 in self._words:
            if left < x1 and x0 < right and top < y1 and y0 < bottom:
                return False
        among = self._points[bisect_left(self._points, (left, 0.0)) : bisect_right(self._points, (right, 0.0))]
        return not any(top <= y <= bottom for _, y in among)


def _along(line: Sequence[Point]) -> Iterable[Point]:
    yield from line[:1]
    for (x0, y0), (x1, y1) in pairwise(line):
        pieces = max(int(max(abs(x1 - x0), abs(y1 - y0)) / _CLOSE), 1)
        for i in range(1, pieces + 1):
            yield x0 + (x1 - x0) * i / pieces, y0 + (y1 - y0) * i / pieces
