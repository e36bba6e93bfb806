"""What a picture is drawn from, and what comes of it; without drawing."""

from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from rich.text import Text

from lintui.events import Array
from tuiapp.arrays import Numbers
from tuiapp.grid import Grid
from tuiapp.palette import Palette

Cells = list[list[Segment]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An array with its numbers, and what else is known that helps to draw it."""

    array: Array
    numbers: Numbers
    classes: bool = False
    """Whether the last column of a table holds numbers of classes."""
    samples: "Kept | None" = None
    """A table of the samples that it is about."""


class Glance(NamedTuple):
    """How somebody looks at a picture, as far as it lets itself be looked at in several ways."""

    turn: int = 0
    """Which of several: of the features, of the steps."""
    down: int = 0
    """Rows that are scrolled away at the top."""
    right: int = 0
    """Columns that are scrolled away at the left."""


class Drawn(NamedTuple):
    """A picture in exactly the cells that it was given."""

    cells: Cells
    says: Text = Text()
    """What is seen, in a few words."""
    turns: int = 1
    """How many there are to choose from; a `turn` beyond the last is drawn as the last."""
    turned: str = ""
    """What they are, in a word."""
    down: int = 0
    """Rows that can be scrolled away at most."""
    right: int = 0
    """Columns that can be."""


def told(text: str, width: int, height: int, palette: Palette) -> Cells:
    """A picture of words only, in the middle."""
    grid = Grid(width, height)
    grid.put(max((width - len(text)) // 2, 0), max((height - 1) // 2, 0), text, palette.text)
    return grid.rows(palette.style)
