"""Draws curves in braille or ASCII with axes, levels and marks into a grid of cells, from numbers alone.

Nothing that training can produce may fail here or be shown as what it is not: what is not finite breaks
the line and is marked; a log scale leaves out what is not positive. plotext draws the lines; scales and
axes are ours.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from plotext._figure import _figure_class
from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.segment import Segment
from rich.style import Style

from tuiapp.ascii import in_ascii
from tuiapp.axis import ticks as x_ticks
from tuiapp.captions import Caption, lay_out
from tuiapp.frame import Canvas, draw_x_axis, draw_y_axis
from tuiapp.grid import Grid
from tuiapp.scale import Scale
from tuiapp.thinning import Place

BRAILLE = (2, 4)
"""Dots in a cell, across and up."""
_ASCII_SIGNS = ".+ox*^%@#&$~"
_SIGNS_A_CURVE = 5
_ROWS_A_LEGEND = 4
"""Rows of a picture for each that the names of its curves may take above them."""
_NOT_FINITE = "✗"


@dataclass(frozen=True, slots=True)
class Curve:
    """One line in a chart."""

    label: str
    """Empty: the curve is not in the legend."""
    color: str
    pieces: Sequence[Sequence[Place]]
    """Runs of (x, y) that are joined; two runs never are. All finite."""
    nonfinite: Sequence[float] = ()
    """Where a value was NaN or infinite."""
    marker: str = ""
    """A character for each point, where there are few of them."""
    reading: str = ""
    """What it says at the cursor."""
    sign: str = ""
    """A character that tells it from the others where colour can't."""


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
class Best:
    """A point that is worth a sign."""

    x: float
    y: float
    label: str
    color: str
    largest: bool
    """Whether the sign stands above it, or else below."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a picture of some curves is made from."""

    curves: Sequence[Curve]
    x_end: float
    """The x axis goes from `x_start` to here."""
    scale: str
    """Of the y axis: "linear", "log" or "symlog"."""
    lines: Sequence[Line] = ()
    marks: Sequence[Mark] = ()
    x_name: str = "step"
    """What lies along the x axis: "step", "epoch" or "time", which have ticks of their own, or anything else."""
    x_start: float = 0.0
    cursor: float | None = None
    """Where on the x axis there is a cursor."""
    best: Best | None = None
    reach: tuple[float, float] | None = None
    """The smallest and the largest value that have a place; the others are marked at the edge. None: all have one."""
    beyond: str = ""
    """How many values lie beyond, in a few words; empty: none."""

    def share(self, x: float) -> float:
        """How far along the x axis a place lies, from 0 to 1."""
        span = self.x_end - self.x_start
        return min(max((x - self.x_start) / span, 0.0), 1.0) if span > 0 else 0.0

    def x_ticks(self, width: int) -> list[tuple[float, str]]:
        """Places on an x axis of so many cells and what is written there, with room for its name."""
        return x_ticks(self.x_name, self.x_start, self.x_end, max(width // (12 + max(len(self.x_name) - 8, 0)), 2))


@dataclass(slots=True)
class Palette:
    """How a chart is drawn: the colours that are not a curve's own, and what with."""

    axis: str = "#6c7a89"
    text: str = "#9aa7b4"
    mark: str = "#e0b050"
    trouble: str = "#ff5f5f"
    style: Callable[[str], Style] = Style.parse
    """How a colour looks that is given by name."""
    signs: bool = False
    """Whether curves bear their signs."""
    dots: tuple[int, int] = BRAILLE
    """Dots in a cell, across and up: braille's, or 1 × 1 where lines are drawn in ASCII."""
    ground: str = "#121416"
    """What is drawn on, "#rrggbb", to be mixed with other colours; empty: the terminal's own, which can't be."""
    has_colors: bool = True

    def color(self, name: str) -> str:
        """The colour that a style is drawn in, in Rich's words; empty where it has none of its own."""
        color = self.style(name).color
        return "" if color is None or color.is_default else color.name

    def mixed(self, name: str, share: float) -> str:
        """So much of a style's colour in that of the ground, as "#rrggbb"; empty where colours can't be mixed."""
        color = self.color(name)
        if not self.ground or not color:
            return ""
        ground, full = (Color.parse(one).get_truecolor() for one in (self.ground, color))
        return blend_rgb(ground, full, share).hex

    @property
    def in_ascii(self) -> bool:
        """Whether nothing but ASCII may be drawn."""
        return self.dots != BRAILLE


def draw(chart: Chart, width: int, height: int, palette: Palette) -> list[list[Segment]]:
    """The chart as rows of segments, exactly `width` × `height` cells (each at least 1)."""
    grid = Grid(width, height)
    scale, ticks, canvas = _frame(chart, width, height, palette.dots)
    if canvas.width < 4 or canvas.height < 2:
        grid.put(0, 0, "more room, please", palette.text)
        return grid.rows(palette.style)
    room = _draw_legend(grid, chart, palette)
    draw_y_axis(grid, canvas, ticks, line=palette.axis, text=palette.text)
    below = [(chart.share(x), label) for x, label in chart.x_ticks(canvas.width)]
    draw_x_axis(grid, canvas, below, chart.x_name, palette.text)
    _draw_curves(grid, chart, canvas, scale, palette)
    _draw_markers(grid, chart, canvas, scale, palette)
    _draw_beyond(grid, chart, canvas)
    _draw_lines(grid, chart, canvas, scale)
    _draw_marks(grid, chart, canvas, palette)
    _draw_best(grid, chart, canvas, scale, room)
    _draw_cursor(grid, chart, canvas, palette)
    return grid.rows(palette.style)


def columns_of(chart: Chart, width: int, height: int) -> int:
    """How many columns of a picture of this size are between the axis and the right edge, at least 1."""
    return max(_frame(chart, width, height)[2].width, 1)


def _frame(
    chart: Chart, width: int, height: int, dots: tuple[int, int] = BRAILLE
) -> tuple[Scale, list[tuple[float, str]], Canvas]:
    """The y axis, what is written at it, and the room that this leaves for the curves."""
    values = [y for curve in chart.curves for piece in curve.pieces for _, y in piece]
    if chart.reach is not None:
        values = [y for y in values if chart.reach[0] <= y <= chart.reach[1]]
    scale = Scale.fitting([*values, *(line.y for line in chart.lines if math.isfinite(line.y))], chart.scale)
    top = max([1, *(caption.row + 1 for caption in _captions(chart, width, height))])
    ticks = scale.ticks(max((height - top - 1) // 2, 2))
    gutter = max((len(label) for _, label in ticks), default=0) + 1
    return scale, ticks, Canvas(gutter, top, width - gutter, height - top - 1, *dots)


def _captions(chart: Chart, width: int, height: int) -> tuple[Caption, ...]:
    """The names of the curves that have one, the curve on top first, in a part of the height at most."""
    names = tuple((curve.label, _said(curve)) for curve in reversed(chart.curves) if curve.label)
    return lay_out(names, width, max(height // _ROWS_A_LEGEND, 1))


def _said(curve: Curve) -> str:
    """What stands behind its name: the value at the cursor, or that some were not finite."""
    if curve.reading:
        return f" {curve.reading}"
    return f" (not finite {len(curve.nonfinite)}×)" if curve.nonfinite else ""


def _draw_legend(grid: Grid, chart: Chart, palette: Palette) -> tuple[int, int]:
    """Names of the curves above them, as far as there is room; returns the column after the last, and its row."""
    row = column = 0
    named = [(c, sign) for c, sign in zip(chart.curves, _signs(chart, palette), strict=True) if c.label][::-1]
    for (curve, sign), caption in zip(named, _captions(chart, grid.width, grid.height), strict=False):
        # A curve may be too faint a colour for words.
        grid.put(caption.column, caption.row, sign or "━", curve.color)
        bad = curve.nonfinite and not curve.reading
        grid.put(caption.column + 2, caption.row, caption.text, palette.trouble if bad else palette.text)
        row, column = caption.row, caption.column + cell_len(caption.text) + 5
    if chart.scale == "log" and any(y <= 0 for curve in chart.curves for piece in curve.pieces for _, y in piece):
        column = max(column, grid.width - 19)
        grid.put(column, row, "0 is not on log y", palette.text)
        column += 20
    return column, row


def _draw_curves(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale, palette: Palette) -> None:
    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(canvas.width, canvas.height)
    figure.xaxes(False, False)
    figure.yaxes(False, False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    figure.xlim(0, 1)
    figure.ylim(0, 1)
    start, span = chart.x_start, chart.x_end - chart.x_start or 1.0
    drawn = False
    signs = _signs(chart, palette)
    for i, curve in enumerate(chart.curves):
        marker = "braille" if palette.dots == BRAILLE else signs[i]
        for piece in curve.pieces:
            places = [((x - start) / span, scale.share(y)) for x, y in piece]
            for run in _runs(places):
                figure.plot([x for x, _ in run], [y for _, y in run], marker=marker, color=(0, *divmod(i, 256)))
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
                # plotext knows no names: a curve's number stood in for its colour.
                _, high, low = colors[x]
                grid.put(canvas.left + x, canvas.top + y, markers[x], chart.curves[256 * high + low].color)


def _runs(places: Iterable[tuple[float, float | None]]) -> list[list[Place]]:
    """Joined points, broken where a scale has no place for one."""
    runs: list[list[Place]] = [[]]
    for x, y in places:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _signs(chart: Chart, palette: Palette) -> list[str]:
    """What tells each curve from the others without colour; in ASCII a character of its own for each."""
    if palette.dots == BRAILLE:
        return [curve.marker or (curve.sign if palette.signs else "") for curve in chart.curves]
    signs: list[str] = []
    for curve in chart.curves:
        wanted = in_ascii(curve.marker or curve.sign)
        signs.append(next((sign for sign in (*wanted, *_ASCII_SIGNS) if sign not in signs), "."))
    return signs


def _draw_markers(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale, palette: Palette) -> None:
    signs = _signs(chart, palette)
    for i, (curve, sign) in enumerate(zip(chart.curves, signs, strict=True)):
        cells = [
            (canvas.column(chart.share(x)), canvas.row(share))
            for piece in curve.pieces
            for x, y in piece
            if (share := scale.share(y)) is not None
        ]
        if palette.dots != BRAILLE:
            cells = []  # the line itself is made of its sign
        if curve.marker:
            for column, row in cells:
                # Two curves through one cell: their markers stand side by side.
                taken = grid.characters[row][column] in {*signs} - {sign, ""}
                grid.put(column - (taken and column > canvas.left), row, sign, curve.color)
        elif sign:
            # Now and then, each curve at places of its own.
            every = max(canvas.width // _SIGNS_A_CURVE, 4)
            due = canvas.left + every * (i + 1) // (len(chart.curves) + 1)
            for column, row in cells:
                if column >= due:
                    grid.put(column, row, sign, curve.color)
                    due = column + every
        for x in curve.nonfinite:
            grid.put(canvas.column(chart.share(x)), canvas.top, _NOT_FINITE, palette.trouble)


def _draw_beyond(grid: Grid, chart: Chart, canvas: Canvas) -> None:
    """An arrow at the edge, in the curve's colour, wherever there is a value further out."""
    if chart.reach is None:
        return
    low, high = chart.reach
    for curve in chart.curves:
        for x, y in (place for piece in curve.pieces for place in piece):
            column = canvas.column(chart.share(x))
            if y > high and grid.characters[canvas.top][column] != _NOT_FINITE:
                grid.put(column, canvas.top, "↑", curve.color)
            elif y < low and (y > 0 or chart.scale != "log"):
                grid.put(column, canvas.top + canvas.height - 1, "↓", curve.color)


def _draw_lines(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale) -> None:
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


def _draw_marks(grid: Grid, chart: Chart, canvas: Canvas, palette: Palette) -> None:
    for mark in chart.marks:
        column = canvas.column(chart.share(mark.x))
        for y in range(canvas.height):
            grid.put(column, canvas.top + y, "┊", palette.mark, over=" ┄")
        # Labels of marks that stand close go below each other, and none where there is no room.
        for row in range(canvas.top, canvas.top + min(canvas.height // 2, 4)):
            wide = cell_len(mark.label)
            # With a blank between it and what stands beside it.
            for start, room in ((column + 1, column + 1), (column - wide, column - wide - 1)):
                if start >= canvas.left and grid.is_blank(room, row, wide + 1):
                    grid.put(start, row, mark.label, palette.mark)
                    break
            else:
                continue
            break


def _draw_best(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale, room: tuple[int, int]) -> None:
    """A sign above or below the best point and its value beside it, or in the legend; nothing is covered."""
    share = scale.share(chart.best.y) if chart.best is not None else None
    if chart.best is None or share is None:
        return
    best, column, row = chart.best, canvas.column(chart.share(chart.best.x)), canvas.row(share)
    above, below = (row - 1, "▾"), (row + 1, "▴")
    for y, sign in (above, below) if best.largest else (below, above):
        if canvas.top <= y < canvas.top + canvas.height and grid.is_blank(column, y, 1):
            grid.put(column, y, sign, best.color)
            for x in (column + 1, column - cell_len(best.label)):
                if x >= canvas.left and grid.is_blank(x, y, cell_len(best.label)):
                    grid.put(x, y, best.label, best.color)
                    return
            break
    text = f"best {best.label}"
    if grid.is_blank(*room, cell_len(text)):
        grid.put(*room, text, best.color)


def _draw_cursor(grid: Grid, chart: Chart, canvas: Canvas, palette: Palette) -> None:
    if chart.cursor is not None:
        for y in range(canvas.height):
            grid.put(canvas.column(chart.share(chart.cursor)), canvas.top + y, "│", palette.text, over=" ┄┊")
