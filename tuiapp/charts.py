"""Draws curves in braille with axes, levels and marks into a grid of cells, from numbers alone.

Nothing that training can produce may fail here or be shown as what it is not: curves are thinned by
minimum and maximum, never by skipping; what is not finite breaks the line and is marked; a log scale
leaves out what is not positive. plotext draws the lines; scales and axes are ours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plotext._figure import _figure_class
from rich.cells import cell_len
from rich.segment import Segment

from lintui.series import Bucket
from tuiapp.grid import Grid
from tuiapp.scale import Scale, nice_end, round_numbers

__all__ = ["Chart", "Curve", "Line", "Mark", "Palette", "Place", "draw", "nice_end", "thin"]

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line in a chart."""

    label: str
    color: str
    pieces: Sequence[Sequence[Place]]
    """Runs of (x, y) that are joined; two runs never are. All finite."""
    nonfinite: Sequence[float] = ()
    """Where a value was NaN or infinite."""
    marker: str = ""
    """A character for each point, where there are few of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line with its name."""

    y: float
    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line where somebody intervened."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a picture of some curves is made from."""

    curves: Sequence[Curve]
    x_end: float
    """The x axis goes from 0 to here."""
    log: bool
    lines: Sequence[Line] = ()
    marks: Sequence[Mark] = ()
    x_name: str = "step"


@dataclass(slots=True)
class Palette:
    """The colours that are not a curve's own."""

    axis: str = "#6c7a89"
    text: str = "#9aa7b4"
    mark: str = "#e0b050"
    trouble: str = "#ff5f5f"


def thin(buckets: Iterable[Bucket], x_end: float, columns: int) -> tuple[list[list[Place]], list[float]]:
    """At most two points a column, the smallest and the largest, in runs; and where values were not finite."""
    pieces: list[list[Place]] = []
    nonfinite: list[float] = []
    column, segment, gap = -1, -1, False
    low = high = (0.0, 0.0)

    def flush() -> None:
        if column >= 0:
            pieces[-1].extend(sorted({low, high}))

    for b in buckets:
        if b.nan or b.above or b.below:
            nonfinite.append(b.last)
        if not b.count:
            gap = True
            continue
        place = int(b.first / x_end * columns) if x_end > 0 else 0
        if b.segment != segment or gap:
            flush()
            pieces.append([])
            column, segment, gap = -1, b.segment, False
        if place != column:
            flush()
            column, low, high = place, (b.low_at, b.low), (b.high_at, b.high)
        else:
            if b.low < low[1]:
                low = (b.low_at, b.low)
            if b.high > high[1]:
                high = (b.high_at, b.high)
    flush()
    return pieces, nonfinite


def draw(chart: Chart, width: int, height: int, palette: Palette) -> list[list[Segment]]:
    """The chart as rows of segments, exactly `width` × `height` cells (each at least 1)."""
    grid = Grid(width, height)
    values = [y for curve in chart.curves for piece in curve.pieces for _, y in piece]
    scale = Scale.fitting([*values, *(line.y for line in chart.lines if math.isfinite(line.y))], log=chart.log)
    ticks = scale.ticks(max((height - 2) // 2, 2))
    gutter = max((len(label) for _, label in ticks), default=0) + 1
    canvas = _Canvas(gutter, 1, width - gutter, height - 2)
    if canvas.width < 4 or canvas.height < 2:
        grid.put(0, 0, "more room, please", palette.text)
        return grid.rows()
    _draw_legend(grid, chart, palette)
    _draw_y_axis(grid, canvas, ticks, palette)
    _draw_x_axis(grid, chart, canvas, palette)
    _draw_curves(grid, chart, canvas, scale)
    _draw_markers(grid, chart, canvas, scale, palette)
    _draw_lines(grid, chart, canvas, scale)
    _draw_marks(grid, chart, canvas, palette)
    return grid.rows()


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Where in the grid the curves are."""

    left: int
    top: int
    width: int
    height: int

    # A braille cell is two dots wide and four high: the same rounding as the curves', so that all meet.

    def column(self, x: float, x_end: float) -> int:
        share = min(x / x_end, 1.0) if x_end > 0 else 0.0
        return self.left + _dot(share, 2 * self.width) // 2

    def row(self, share: float) -> int:
        return self.top + self.height - 1 - _dot(share, 4 * self.height) // 4


def _dot(share: float, dots: int) -> int:
    """Which of so many dots in a row plotext gives to a share of their length."""
    return math.floor(round(0.5 + share * (dots - 1), 8))


def _draw_legend(grid: Grid, chart: Chart, palette: Palette) -> None:
    x = 0
    for curve in reversed(chart.curves):
        bad = f" (not finite {len(curve.nonfinite)}×)" if curve.nonfinite else ""
        text = f"{curve.marker or '━'} {curve.label}{bad}"
        if x + cell_len(text) > grid.width:
            break
        grid.put(x, 0, text, palette.trouble if bad else curve.color)
        x += cell_len(text) + 3
    if chart.log and any(y <= 0 for curve in chart.curves for piece in curve.pieces for _, y in piece):
        grid.put(max(x, grid.width - 19), 0, "0 is not on log y", palette.text)


def _draw_y_axis(grid: Grid, canvas: _Canvas, ticks: list[tuple[float, str]], palette: Palette) -> None:
    for y in range(canvas.height):
        grid.put(canvas.left - 1, canvas.top + y, "│", palette.axis)
    for share, label in ticks:
        row = canvas.row(share)
        grid.put(canvas.left - 1 - len(label), row, label, palette.text)
        grid.put(canvas.left - 1, row, "┤", palette.axis)


def _draw_x_axis(grid: Grid, chart: Chart, canvas: _Canvas, palette: Palette) -> None:
    bottom = canvas.top + canvas.height
    # The end first: it says how far the run has got, or will go.
    for x in (chart.x_end, *round_numbers(0, chart.x_end, max(canvas.width // 12, 2))):
        # Steps and epochs are whole: nobody looks for step 2.5.
        if x == int(x):
            label = f"{int(x)}" if x < 1e6 else f"{x:g}"
            start = min(canvas.column(x, chart.x_end) - len(label) // 2, grid.width - len(label))
            if grid.is_blank(max(start - 1, 0), bottom, min(len(label) + 2, grid.width - max(start - 1, 0))):
                grid.put(start, bottom, label, palette.text)
    name = canvas.left + (canvas.width - len(chart.x_name)) // 2
    for start in (name, name + canvas.width // 4, name - canvas.width // 4):
        if grid.is_blank(start - 1, bottom, len(chart.x_name) + 2):
            grid.put(start, bottom, chart.x_name, palette.axis)
            break


def _draw_curves(grid: Grid, chart: Chart, canvas: _Canvas, scale: Scale) -> None:
    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(canvas.width, canvas.height)
    figure.xaxes(False, False)
    figure.yaxes(False, False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    figure.xlim(0, 1)
    figure.ylim(0, 1)
    drawn = False
    for curve in chart.curves:
        for piece in curve.pieces:
            places = [(x / chart.x_end if chart.x_end > 0 else 0.0, scale.share(y)) for x, y in piece]
            for run in _runs(places):
                figure.plot([x for x, _ in run], [y for _, y in run], marker="braille", color=_rgb(curve.color))
                drawn = True
    if not drawn:
        return
    figure.build()
    matrix = figure.monitor.matrix
    for y in range(canvas.height):
        # plotext counts rows from the bottom.
        markers, colors = matrix.marker[canvas.height - 1 - y], matrix.fullground[canvas.height - 1 - y]
        for x in range(canvas.width):
            if markers[x] != " ":
                color = colors[x]
                hexadecimal = "#" + bytes(color).hex() if isinstance(color, tuple | list) else ""
                grid.put(canvas.left + x, canvas.top + y, markers[x], hexadecimal)


def _runs(places: Iterable[tuple[float, float | None]]) -> list[list[Place]]:
    """Joined points, broken where a scale has no place for one."""
    runs: list[list[Place]] = [[]]
    for x, y in places:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _draw_markers(grid: Grid, chart: Chart, canvas: _Canvas, scale: Scale, palette: Palette) -> None:
    markers = {curve.marker for curve in chart.curves if curve.marker}
    for curve in chart.curves:
        if curve.marker:
            for piece in curve.pieces:
                for x, y in piece:
                    share = scale.share(y)
                    if share is not None:
                        column, row = canvas.column(x, chart.x_end), canvas.row(share)
                        # Two curves through one cell: their markers stand side by side.
                        column -= grid.characters[row][column] in markers - {curve.marker} and column > canvas.left
                        grid.put(column, row, curve.marker, curve.color)
        for x in curve.nonfinite:
            grid.put(canvas.column(x, chart.x_end), canvas.top, "✗", palette.trouble)


def _draw_lines(grid: Grid, chart: Chart, canvas: _Canvas, scale: Scale) -> None:
    for line in chart.lines:
        share = scale.share(line.y)
        if share is None:
            continue
        row = canvas.row(share)
        grid.put(canvas.left, row, "┄" * canvas.width, line.color, over=" ")
        # The name goes beside its line, wherever the curves leave room, as far right as possible.
        wide = cell_len(line.label)
        end = canvas.left + canvas.width - wide
        rows = [place for place in (row - 1, row + 1, row - 2) if canvas.top < place < canvas.top + canvas.height]
        places = [
            (x, y) for x in range(end, canvas.left, -2) for y in rows if grid.is_blank(x, y, cell_len(line.label))
        ]
        if places:
            grid.put(*places[0], line.label, line.color)


def _draw_marks(grid: Grid, chart: Chart, canvas: _Canvas, palette: Palette) -> None:
    for mark in chart.marks:
        column = canvas.column(mark.x, chart.x_end)
        for y in range(canvas.height):
            grid.put(column, canvas.top + y, "┊", palette.mark, over=" ┄")
        # Labels of marks that stand close go below each other, and none where there is no room.
        for row in range(canvas.top, canvas.top + min(canvas.height // 2, 4)):
            for start in (column + 1, column - cell_len(mark.label)):
                if start >= canvas.left and grid.is_blank(start, row, cell_len(mark.label) + 1):
                    grid.put(start, row, mark.label, palette.mark)
                    break
            else:
                continue
            break
