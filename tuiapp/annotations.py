"""What a chart has besides its curves: levels, marks, the best value, the cursor, and arrows to what lies beyond."""

from rich.cells import cell_len

from tuiapp.chart import Chart
from tuiapp.frame import Canvas
from tuiapp.grid import Grid
from tuiapp.palette import Palette
from tuiapp.scale import Scale

NOT_FINITE = "✗"
"""Stands where a value was NaN or infinite; nothing else is drawn over it."""


def draw_beyond(grid: Grid, chart: Chart, canvas: Canvas) -> None:
    """An arrow at the edge, in the curve's colour, wherever there is a value further out."""
    if chart.reach is None:
        return
    low, high = chart.reach
    for curve in chart.curves:
        for x, y in (place for piece in curve.pieces for place in piece):
            column = canvas.column(chart.share(x))
            if y > high and grid.characters[canvas.top][column] != NOT_FINITE:
                grid.put(column, canvas.top, "↑", curve.color)
            elif y < low and (y > 0 or chart.scale != "log"):
                grid.put(column, canvas.top + canvas.height - 1, "↓", curve.color)


def draw_lines(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale) -> None:
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


def draw_marks(grid: Grid, chart: Chart, canvas: Canvas, palette: Palette) -> None:
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


def draw_best(grid: Grid, chart: Chart, canvas: Canvas, scale: Scale, room: tuple[int, int]) -> None:
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


def draw_cursor(grid: Grid, chart: Chart, canvas: Canvas, palette: Palette) -> None:
    if chart.cursor is not None:
        for y in range(canvas.height):
            grid.put(canvas.column(chart.share(chart.cursor)), canvas.top + y, "│", palette.text, over=" ┄┊")
