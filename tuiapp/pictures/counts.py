"""Draws a table of counts, a row a label and a column a prediction, shaded by their share of the row."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tuiapp.figures import percent, three
from tuiapp.grid import Grid
from tuiapp.look import ACCENT, SECOND, TEXT
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept
from tuiapp.pictures.rows import draw_rows
from tuiapp.shortening import shortened

_LONGEST, _SHORTEST = 12, 4
"""Cells of a name at the side, and at the least of one above a column."""
_DEEPEST = 0.6
"""How much of a colour there is in the cell that holds a whole row."""
_MOST = 100
"""Rows and columns at most; of more, the numbers must do."""
_LARGE = 1e7
_RIGHT = 7
"""Cells of the share that is right."""


def draw_counts(kept: Kept, glance: Glance, width: int, height: int, palette: Palette) -> Drawn:
    """Right ones along the diagonal; behind each row how many there are and the share that is right."""
    numbers, labels = kept.numbers, kept.array.labels
    if len(numbers.shape) != 2 or not 0 < max(numbers.shape) <= _MOST:
        return draw_rows(kept, glance, width, height, palette)
    names = [labels[i] if i < len(labels) else str(i) for i in range(max(numbers.shape))]
    counts = [[x if math.isfinite(x) else 0.0 for x in numbers.row(y)] for y in range(numbers.rows)]
    total, hits = sum(map(sum, counts)), sum(counts[i][i] for i in range(min(numbers.shape)))
    ruling = _Ruling.fitting(names, counts, total, width)
    down = max(numbers.rows + 2 - height, 0)
    above = min(glance.down, down)
    grid = Grid(width, height)
    ruling = ruling._replace(first=min(glance.right, ruling.hidden))
    heads = _heads(names[: numbers.columns], ruling.cell - 2)
    ruling.put(grid, 0, ["", *heads, "total", "right"], palette.text)
    for y in range(above, numbers.rows):
        row, share = counts[y], _share(counts[y][y] if y < numbers.columns else 0.0, sum(counts[y]))
        ruling.put(grid, 1 + y - above, [names[y], *map(_whole, row), _whole(sum(row)), ""], palette.text)
        ruling.put(grid, 1 + y - above, [*[""] * (len(row) + 2), share], TEXT)
        for x in range(ruling.first, numbers.columns):
            part = row[x] / sum(row) if sum(row) > 0 else 0.0
            text = f"{_whole(row[x]):>{ruling.cell - 1}} "
            grid.put(ruling.column(x), 1 + y - above, text, _shade(part, palette, is_right=x == y))
    below = [_whole(sum(column)) for column in zip(*counts, strict=True)]
    share = _share(hits, total)
    ruling.put(grid, 1 + numbers.rows - above, ["total", *below, _whole(total), share], palette.text)
    says = f"{_whole(hits)} of {_whole(total)} right: {share}{_worst(counts, names)}"
    return Drawn(grid.rows(palette.style), Text(says), down=down, right=ruling.hidden)


class _Ruling(NamedTuple):
    """How wide everything in a row is."""

    side: int
    cell: int
    columns: int
    total: int
    hidden: int
    """Columns that have to be scrolled away to see the last."""
    first: int = 0
    """Columns that are."""

    @classmethod
    def fitting(cls, names: Sequence[str], counts: Sequence[Sequence[float]], total: float, width: int) -> "_Ruling":
        """For a picture of so many cells: names above the columns are as long as there is room for."""
        longest, columns = max(map(cell_len, names)), len(counts[0])
        digits = max(_SHORTEST, *(len(_whole(x)) for row in counts for x in row))
        side = max(min(longest, _LONGEST, width // 4), len("total"))
        last = max(len(_whole(total)), len("total")) + 2
        room = width - side - 1 - last - _RIGHT
        cell = max(min(room // columns, max(longest, digits) + 2), digits + 1)
        return cls(side, cell, columns, last, min(max(-(-(cell * columns - room) // cell), 0), columns))

    def column(self, x: int) -> int:
        """Where a column begins, that of the totals and that of the shares included."""
        end = self.side + 1 + (min(x, self.columns) - self.first) * self.cell
        return end + self.total * (x > self.columns)

    def put(self, grid: Grid, y: int, texts: Sequence[str], color: str) -> None:
        """Write a row: its name, what stands in its columns, its total and its share."""
        name, *others = texts
        if name:
            grid.put(0, y, _fitted(name, self.side), color)
        widths = [*[self.cell - 1] * self.columns, self.total, _RIGHT]
        for x, (text, width) in enumerate(zip(others, widths, strict=True)):
            if text and x >= self.first:
                grid.put(self.column(x), y, text.rjust(width), color)


def _whole(x: float) -> str:
    """A count with all its digits, or what is none with three."""
    return str(int(x)) if abs(x) < _LARGE and x == int(x) else three(x)


def _share(part: float, whole: float) -> str:
    return percent(part / whole) if whole > 0 else "–"


def _heads(names: Sequence[str], width: int) -> list[str]:
    """Names cut at their ends, or where they would look alike then, in their middles."""
    cut = [_fitted(name, width) for name in names]
    return cut if len({*cut}) == len({*names}) else shortened(names, width)


def _fitted(name: str, width: int) -> str:
    """At most so many cells: what is too long shows that it goes on."""
    if cell_len(name) <= width or width < 2:
        return set_cell_size(name, min(cell_len(name), width))
    return f"{set_cell_size(name, width - 1).rstrip()}…"


def _shade(share: float, palette: Palette, *, is_right: bool) -> str:
    """The style of a cell that holds this share of its row; the square root lets few be seen beside many."""
    color = ACCENT if is_right else SECOND
    if share <= 0:
        return palette.axis if not is_right else palette.text
    paper = palette.mixed(color, _DEEPEST * math.sqrt(min(share, 1.0)))
    if paper:
        return f"{palette.color(TEXT)} on {paper}"
    return f"{color}.strong" if is_right else color


def _worst(counts: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    """What is taken for what most often."""
    wrong = [(x, i, j) for i, row in enumerate(counts) for j, x in enumerate(row) if i != j]
    most, label, taken = max(wrong, default=(0.0, 0, 0))
    return f"; most often {names[label]} is taken for {names[taken]} ({_whole(most)}×)" if most > 0 else ""
