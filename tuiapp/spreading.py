"""Draws how numbers were spread over the steps, as bands between quantiles or as a heat map, with axes and a legend.

It knows histograms only: neither the run that they come from nor the terminal.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lintui.events import Histogram
from tuiapp.axis import ticks
from tuiapp.distribution import quantiles, reach, spread
from tuiapp.figures import percent, three
from tuiapp.frame import Canvas, draw_x_axis, draw_y_axis
from tuiapp.grid import Grid
from tuiapp.look import ACCENT
from tuiapp.palette import Palette
from tuiapp.raster import Shading
from tuiapp.scale import Scale

BANDS, HEAT = "bands", "heat map"
_NAMES = ("smallest to largest", "5 to 95 %", "25 to 75 %", "median")
"""Of the bands, from the outermost on: each is a shade darker than the one around it."""
_FAINTEST = 0.15
"""Where a single number lies, something is seen."""
_BESIDE = 26
"""Columns that the newest histogram takes beside the picture,"""
_WIDE = 90
"""where there are so many in all."""
_SWATCHES = 8
_EIGHTHS = "▏▎▍▌▋▊▉█"

Levels = list[list[float]]
"""Of pixels: rows from the top, each from the left; between 0 and 1, and NaN where nothing is."""


@dataclass(frozen=True, slots=True)
class Spreading:
    """Everything that a picture is made from."""

    histograms: Sequence[Histogram]
    """Each at a later step than the one before."""
    end: float
    """Where the axis of steps ends; not before the newest of them."""
    view: str
    """BANDS or HEAT."""


def draw(spreading: Spreading, width: int, height: int, shading: Shading, palette: Palette) -> Grid:
    """The picture in exactly `width` × `height` cells (each at least 1); `shading` goes from none to most."""
    grid = Grid(width, height)
    ends = reach(spreading.histograms)
    if ends is None:
        grid.put(0, 0, "no number of it is finite", palette.text)
        return grid
    scale = Scale.reaching(*ends)
    places = scale.ticks(max((height - 2) // 3, 2))
    gutter = max((cell_len(label) for _, label in places), default=0) + 1
    beside = _BESIDE if width >= _WIDE else 0
    canvas = Canvas(gutter, 1, width - gutter - beside, height - 2, 1, shading.up)
    if canvas.width < 4 or canvas.height < 2:
        grid.put(0, 0, "more room, please", palette.text)
        return grid
    draw_y_axis(grid, canvas, places, line=palette.axis, text=palette.text)
    steps = ticks("step", 0, spreading.end, max(canvas.width // 12, 2))
    draw_x_axis(grid, canvas, [(place / spreading.end, label) for place, label in steps], "step", palette.text)
    columns = _Columns(spreading, canvas.width)
    if spreading.view == BANDS:
        pixels = _bands(columns, scale, canvas.height * shading.up)
        _draw_names(grid, canvas.left, shading, palette)
    else:
        pixels, most = _heat(columns, scale, canvas.height * shading.up)
        _draw_bar(grid, canvas.left, most, shading, palette)
    for y, row in enumerate(shading.cells([shading.shade(row, 0.0, 1.0) for row in pixels])):
        grid.stamp(canvas.left, canvas.top + y, row)
    for x in columns.trouble():
        grid.put(canvas.left + x, canvas.top, "×", palette.trouble)
    if beside:
        _draw_newest(grid, spreading.histograms[-1], scale, canvas, palette)
    return grid


class _Columns:
    """Which histograms lie in which column of the picture."""

    def __init__(self, spreading: Spreading, count: int) -> None:
        self.count = count
        self.histograms = spreading.histograms
        self._edges = [spreading.end * i / count for i in range(count)] + [math.inf]
        self.steps = [histogram.at for histogram in self.histograms]

    def newest(self, column: int) -> int | None:
        """The newest histogram up to the right edge of a column; None before the first and after the last."""
        i = bisect_left(self.steps, self._edges[column + 1]) - 1
        return i if i >= 0 and self._edges[column] <= self.steps[-1] else None

    def trouble(self) -> list[int]:
        """Columns with a histogram of numbers that are not all finite."""
        bad = [histogram.at for histogram in self.histograms if histogram.nonfinite]
        return sorted({bisect_right(self._edges, at) - 1 for at in bad})

    def middle(self, column: int) -> tuple[int, float]:
        """The last histogram before the middle of a column, or the first, and the share of the way to the next."""
        step = (self._edges[column] + self._edges[column + 1]) / 2
        i = max(bisect_right(self.steps, step) - 1, 0)
        if i + 1 == len(self.steps) or step <= self.steps[i]:
            return i, 0.0
        return i, (step - self.steps[i]) / (self.steps[i + 1] - self.steps[i])


def _bands(columns: _Columns, scale: Scale, rows: int) -> Levels:
    """Nested bands: of a pixel, the innermost that it lies in."""
    pixels = [[math.nan] * columns.count for _ in range(rows)]
    known = [[_row(scale, y, rows) for y in quantiles(h)] if sum(h.counts) > 0 else [] for h in columns.histograms]
    before: int | None = None
    for x in range(columns.count):
        i, share = columns.middle(x)
        if columns.newest(x) is None or not known[i]:
            before = None
            continue
        following = known[i + 1] if share and known[i + 1] else known[i]
        bounds = [int(one * (1 - share) + other * share) for one, other in zip(known[i], following, strict=True)]
        for level in range(3):
            for y in range(bounds[level], bounds[6 - level] + 1):
                pixels[y][x] = (level + 1) / len(_NAMES)
        for y in _joined(before, bounds[3]):
            pixels[y][x] = 1.0
        before = bounds[3]
    return pixels[::-1]


def _row(scale: Scale, y: float, rows: int) -> float:
    """Where a value lies, in rows from the bottom."""
    return min((scale.share(y) or 0.0) * rows, rows - 1)


def _joined(before: int | None, row: int) -> range:
    """The rows that a line goes through from one column to the next: where it is steep, several."""
    if before is None or before == row:
        return range(row, row + 1)
    return range(before + 1, row + 1) if before < row else range(row, before)


def _heat(columns: _Columns, scale: Scale, rows: int) -> tuple[Levels, float]:
    """The share of the numbers that lies in each pixel, and the largest that there is.

    By its square root: so few are seen beside many, and a step is as far to see as the next.
    """
    spreads: dict[int, list[float]] = {}
    shown = [columns.newest(x) for x in range(columns.count)]
    for i in shown:
        if i is not None and i not in spreads:
            spreads[i] = spread(columns.histograms[i], scale, rows)
    most = max((max(parts) for parts in spreads.values()), default=0.0) or 1.0
    nothing = [math.nan] * rows
    levels = {
        i: [_FAINTEST + (1 - _FAINTEST) * math.sqrt(part / most) if part else math.nan for part in parts]
        for i, parts in spreads.items()
    }
    upright = [nothing if i is None else levels[i] for i in shown]
    return [list(row) for row in zip(*upright, strict=True)][::-1], most


# Around it


def _sign(level: float, shading: Shading, palette: Palette) -> tuple[str, str]:
    """What stands for a level in a legend, and its colour."""
    (shade,) = shading.shade([level], 0.0, 1.0)
    return (shade, palette.text) if shading.up == 1 else ("■", shade)


def _draw_names(grid: Grid, x: int, shading: Shading, palette: Palette) -> None:
    """Which band is which, from the inside, as far as there is room."""
    for i, name in reversed([*enumerate(_NAMES, 1)]):
        if x + 2 + len(name) > grid.width:
            return
        grid.put(x, 0, *_sign(i / len(_NAMES), shading, palette))
        grid.put(x + 2, 0, name, palette.text)
        x += len(name) + 5


def _draw_bar(grid: Grid, x: int, most: float, shading: Shading, palette: Palette) -> None:
    """What the shades stand for."""
    grid.put(x, 0, "none", palette.text)
    for i in range(_SWATCHES):
        level = _FAINTEST + (1 - _FAINTEST) * i / (_SWATCHES - 1)
        grid.put(x + 5 + i, 0, *_sign(level, shading, palette))
    grid.put(x + 6 + _SWATCHES, 0, f"{percent(most)} of the numbers in a row", palette.text)


def _draw_newest(grid: Grid, histogram: Histogram, scale: Scale, canvas: Canvas, palette: Palette) -> None:
    """The newest histogram as bars along the same axis."""
    left = canvas.left + canvas.width + 2
    room = grid.width - left - 1
    parts = spread(histogram, scale, canvas.height)
    most = max(parts) or 1.0
    grid.put(left, 0, f"step {three(histogram.at) if histogram.at >= 1e7 else histogram.at}", palette.text)
    for y, part in enumerate(reversed(parts)):
        eighths = math.ceil(part / most * room * 8)
        bar = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")
        grid.put(left, canvas.top + y, bar, ACCENT)
