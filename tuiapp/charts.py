"""Draws curves in braille or ASCII with axes, levels and marks into a grid of cells, from numbers alone.

Nothing that training can produce may fail here or be shown as what it is not: what is not finite breaks
the line and is marked; a log scale leaves out what is not positive. plotext draws the lines; scales and
axes are ours.
"""

import math
from collections.abc import Iterable

from plotext._figure import _figure_class
from rich.cells import cell_len
from rich.segment import Segment

from tuiapp.annotations import NOT_FINITE, draw_best, draw_beyond, draw_cursor, draw_lines, draw_marks
from tuiapp.ascii import in_ascii
from tuiapp.captions import Caption, lay_out
from tuiapp.chart import Chart, Curve
from tuiapp.frame import Canvas, draw_x_axis, draw_y_axis
from tuiapp.grid import Grid
from tuiapp.palette import BRAILLE, Palette
from tuiapp.scale import Scale
from tuiapp.thinning import Place

_ASCII_SIGNS = ".+ox*^%@#&$~"
_SIGNS_A_CURVE = 5
_NO_ZERO = "0 is not on log y"
_ROWS_A_LEGEND = 4
"""Rows of a picture for each that the names of its curves may take above them."""


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
    draw_beyond(grid, chart, canvas)
    draw_lines(grid, chart, canvas, scale)
    draw_marks(grid, chart, canvas, palette)
    draw_best(grid, chart, canvas, scale, room)
    draw_cursor(grid, chart, canvas, palette)
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
        if column + len(_NO_ZERO) <= grid.width:
            grid.put(column, row, _NO_ZERO, palette.text)
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
            grid.put(canvas.column(chart.share(x)), canvas.top, NOT_FINITE, palette.trouble)
