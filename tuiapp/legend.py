"""Says beside a picture of a surface what its colours and signs stand for."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from tuiapp.figures import three
from tuiapp.grid import Grid
from tuiapp.palette import Palette
from tuiapp.raster import Shading
from tuiapp.scene import ARROW, IN_ASCII, IN_BRAILLE
from tuiapp.wrapping import wrapped

BAR = 12
"""Cells that a bar of colours takes, with the numbers at it and a blank before it."""
LEGEND = 28
"""Cells that a legend takes beside a picture."""
_THICK = 2
_SIGN, _GAP = 2, 3
"""Cells of a sign and the blank behind it, and cells between two in a line."""
_LEAST = 30
"""Cells of words that say something although they are cut."""


def draw_bar(grid: Grid, x: int, rows: int, borders: Sequence[float], shading: Shading, *, palette: Palette) -> None:
    """The levels in their colours, the lowest at the bottom, with the losses at some of their borders."""
    levels = len(borders) - 1
    if levels < 1:
        return
    pixels = rows * shading.up
    shades = shading.shade([int((pixels - 0.5 - j) / pixels * levels) for j in range(pixels)], 0, levels - 1)
    for y, row in enumerate(shading.cells([[shade] * _THICK for shade in shades])):
        grid.stamp(x, y, row)
    every = next(n for n in (1, 2, 4, 5, 10, levels) if rows * n >= 2 * levels or n == levels)
    for i in range(0, levels + 1, every):
        y = int((1 - i / levels) * rows)
        grid.put(x + _THICK + 1, min(y, rows - 1), three(borders[i]), palette.text)


def draw_list(grid: Grid, x: int, said: Sequence[tuple[str, str]], palette: Palette) -> None:
    """Signs and what they stand for, below each other from the top; words that are too long go on below."""
    lines = [(sign, wrapped(Text(text), grid.width - x - _SIGN, 0)) for sign, text in said]
    gap = int(sum(len(rows) + 1 for _, rows in lines) <= grid.height + 1)
    y = 0
    for sign, rows in lines:
        grid.put(x, y, sign, _color(sign, palette))
        for row in rows:
            grid.put(x + _SIGN, y, row.plain, palette.text)
            y += 1
        y += gap


def draw_line(grid: Grid, y: int, said: Sequence[tuple[str, str]], palette: Palette) -> None:
    """The same in one line, as far as there is room."""
    x = 0
    for sign, text in said:
        words = Text(text)
        words.truncate(max(grid.width - x - _SIGN, 0), overflow="ellipsis")
        if words.cell_len < min(cell_len(text), _LEAST):
            return
        grid.put(x, y, sign, _color(sign, palette))
        grid.put(x + _SIGN, y, words.plain, palette.text)
        x += _SIGN + cell_len(text) + _GAP


def _color(sign: str, palette: Palette) -> str:
    """That of the next step as it is on the map, else that of words: on it, signs are black or white."""
    return ARROW if sign in (IN_BRAILLE.heads[0], IN_ASCII.heads[0]) else palette.text
