"""Draws any array as rows of its numbers, the last axis across, with as many in view as there is room for."""

import math

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tuiapp.arrays import heads, place, shape
from tuiapp.figures import three, typed
from tuiapp.grid import Grid
from tuiapp.look import TEXT
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept

_NUMBER = 10
"""Cells of a number at least, with a blank before it."""
_DIGITS = 6
"""Of the largest number."""
_LARGE = 1e7
_NAME = 24
"""Cells of a name at most."""
_LOOKED_AT = 1_000
"""Names of columns that decide how wide columns are."""


def draw_rows(kept: Kept, glance: Glance, width: int, height: int, palette: Palette) -> Drawn:
    """The numbers of an array of any shape, under the names of its columns and behind those of its rows."""
    array, numbers = kept.array, kept.numbers
    given = heads(array)
    down = max(numbers.rows - (height - 1), 0)
    above = min(glance.down, down)
    last = min(above + height - 1, numbers.rows)
    names = [" ".join(place(array, row)) if array.shows != "table" else str(row) for row in range(above, last)]
    side = min(max(map(cell_len, names), default=0), _NAME)
    cell = max(min(max(map(cell_len, given[:_LOOKED_AT]), default=0) + 2, _NAME), _NUMBER)
    fitting = max((width - side) // cell, 1)
    right = max(numbers.columns - fitting, 0)
    first = min(glance.right, right)
    size = max(abs(numbers.spread.low), abs(numbers.spread.high))
    decimals = min(max(_DIGITS - 1 - math.floor(math.log10(size)), 0), _DIGITS) if size > 0 else 0
    grid = Grid(width, height)
    for x in range(first, min(first + fitting, numbers.columns)):
        name = set_cell_size(given[x] if x < len(given) else str(x), cell - 2).rstrip()
        grid.put(side + (x - first + 1) * cell - cell_len(name), 0, name, palette.text)
    for y, row in enumerate(range(above, last)):
        grid.put(0, 1 + y, set_cell_size(names[y], side), palette.text)
        for x, number in enumerate(numbers.row(row)[first : first + fitting]):
            text = _written(number, decimals)
            grid.put(side + x * cell, 1 + y, text.rjust(cell), TEXT if math.isfinite(number) else palette.trouble)
    low, high, mean, bad = numbers.spread
    says = f"{shape(array.shape)} {array.dtype}, from {three(low)} to {three(high)}, mean {three(mean)}"
    says += f", {bad:,} not finite" if bad else ""
    return Drawn(grid.rows(palette.style), Text(says), down=down, right=right)


def _written(number: float, decimals: int) -> str:
    """A number with so many decimals, below each other; whole ones without, and small or large ones as they are."""
    if not math.isfinite(number):
        return three(number)
    if number == int(number) and abs(number) < _LARGE:
        return f"{number:.0f}"
    return f"{number:.{decimals}f}" if 10.0**-decimals * 10 <= abs(number) < _LARGE else typed(number)
