"""Lines of dots in cells: braille, or a character a cell where there is none; without knowing what is drawn."""

import math
from collections.abc import Iterable, Iterator

Point = tuple[float, float]
Ends = tuple[float, float, float, float]
"""Of a line: x and y of its beginning, and of its end."""
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of the dots of a cell, from the top: Unicode's, braille patterns."""
_BLANK = 0x2800


class Dots:
    """Dots in cells, none of them at first."""

    def __init__(self, width: int, height: int, *, character: str = "") -> None:
        """So many cells, of two by four dots each, or all of one dot that looks like `character`."""
        self.width = width
        self.height = height
        self.across, self.up = (1, 1) if character else (2, 4)
        """Dots in a cell."""
        self._character = character
        self._masks: dict[tuple[int, int], int] = {}

    def dot(self, x: int, y: int) -> None:
        """Put a dot, counted from the upper left one; outside there is nothing."""
        column, row = x // self.across, y // self.up
        if 0 <= column < self.width and 0 <= row < self.height:
            bit = 1 if self._character else _BITS[y % 4][x % 2]
            self._masks[column, row] = self._masks.get((column, row), 0) | bit

    def trace(self, points: Iterable[Point]) -> None:
        """Join points, measured in cells from the upper left corner; only what lies inside is drawn."""
        across, up = self.across, self.up
        for x, y in trace(((x * across, y * up) for x, y in points), self.width * across, self.height * up):
            self.dot(x, y)

    def cells(self) -> Iterator[tuple[int, int, str]]:
        """Column, row and character of each cell with a dot in it."""
        for (column, row), mask in self._masks.items():
            yield column, row, self._character or chr(_BLANK + mask)


def trace(points: Iterable[Point], width: int, height: int) -> Iterator[tuple[int, int]]:
    """The dots of the way through points, measured in dots: those from 0 to below `width` and `height`.

    The way is broken at points that are not finite. Where it stays on a dot, the dot comes once.
    """
    x0 = y0 = math.nan
    a = b = -2
    for x, y in points:
        if 0 <= x < width and 0 <= y < height:
            i, j = int(x), int(y)
            if -1 <= i - a <= 1 and -1 <= j - b <= 1:
                # Next to the last dot: most are, of a way of many points.
                if i != a or j != b:
                    yield i, j
            else:
                yield from _line((x0, y0, x, y), width, height) if x0 == x0 else ((i, j),)
            a, b = i, j
        else:
            yield from _line((x0, y0, x, y), width, height)
            a = b = -2
        x0, y0 = x, y


def _line(ends: Ends, width: int, height: int) -> Iterator[tuple[int, int]]:
    """The dots of a straight line, next to each other, as far as it lies inside."""
    seen = clipped(ends, width, height)
    if seen is None:
        return
    a, b, c, d = map(int, seen)
    count = max(abs(c - a), abs(d - b), 1)
    for i in range(count + 1):
        yield round(a + (c - a) * i / count), round(b + (d - b) * i / count)


def clipped(ends: Ends, width: float, height: float) -> Ends | None:
    """What of a line lies from 0 to below `width` and `height`; None: nothing (Liang and Barsky 1984)."""
    x0, y0, x1, y1 = ends
    dx, dy = x1 - x0, y1 - y0
    if not (math.isfinite(dx) and math.isfinite(dy)):
        return None
    start, end = 0.0, 1.0
    for way, room in ((-dx, x0), (dx, width - x0), (-dy, y0), (dy, height - y0)):
        if way == 0:
            if room < 0:
                return None
        elif way < 0:
            start = max(start, room / way)
        else:
            end = min(end, room / way)
    if start > end:
        return None
    x = [min(max(x0 + t * dx, 0.0), math.nextafter(width, 0)) for t in (start, end)]
    y = [min(max(y0 + t * dy, 0.0), math.nextafter(height, 0)) for t in (start, end)]
    return x[0], y[0], x[1], y[1]
