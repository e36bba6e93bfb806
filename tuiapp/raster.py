"""Turns grids of numbers into cells: colour ramps, half blocks of two pixels, or characters where there is no colour.

It knows nothing of what the numbers mean, or which terminal there is.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, blend_rgb
from rich.segment import Segment
from rich.style import Style


class Cell(NamedTuple):
    """A character with its colours in Rich's words; an empty one is whatever is there by itself."""

    character: str
    ink: str = ""
    paper: str = ""

    @property
    def look(self) -> str:
        """Both colours in Rich's words, as one style."""
        return f"{self.ink or 'default'} on {self.paper}" if self.paper else self.ink


BLANK = Cell(" ")


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours in order, from that of the smallest number to that of the largest."""

    anchors: tuple[str, ...]
    """Colours "#rrggbb" at equal distances, between which is blended."""
    sixteen: tuple[str, ...]
    """Names of the terminal's own sixteen, for where there are no others."""


# Nine of its 256 colours: van der Walt and Smith 2015, "A better default colormap for matplotlib".
VIRIDIS = Ramp(
    anchors=("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"),
    sixteen=("blue", "cyan", "green", "yellow", "bright_yellow"),
)
GREY = Ramp(anchors=("#000000", "#ffffff"), sixteen=("black", "bright_black", "white", "bright_white"))


@dataclass(frozen=True, slots=True)
class Shading:
    """What numbers are shown as, from the smallest to the largest."""

    shades: Sequence[str]
    """Colours in Rich's words, or single characters."""
    up: int
    """Pixels above each other in a cell: 2 of colours, 1 that is a character."""

    def shade(self, values: Iterable[float], low: float, high: float) -> list[str]:
        """A shade for each number on the way from `low` to `high`; empty where there is none, as for NaN.

        What lies outside is shown as what lies at the end.
        """
        last, shades = len(self.shades) - 1, self.shades
        span = high - low
        if not 0 < span < math.inf:
            return ["" if v != v else shades[0] for v in values]
        return [
            ""
            if v != v
            else shades[0]
            if v <= low
            else shades[last]
            if v >= high
            else shades[round((v - low) / span * last)]
            for v in values
        ]

    def cells(self, pixels: Sequence[Sequence[str]]) -> list[list[Cell]]:
        """Rows of shades, equally long and from the top, as rows of cells."""
        if self.up == 1:
            return [[Cell(shade or " ") for shade in row] for row in pixels]
        below = [*pixels[1::2], *([[""] * len(pixels[-1])] if len(pixels) % 2 else [])]
        return [
            [_half_block(*pair) for pair in zip(*rows, strict=True)] for rows in zip(pixels[::2], below, strict=True)
        ]


def in_colors(ramp: Ramp, count: int = 256) -> Shading:
    """So many colours (at least 2) of a ramp, for terminals that have more than sixteen."""
    return Shading([_between(ramp.anchors, i / (count - 1)) for i in range(count)], 2)


def in_sixteen(ramp: Ramp) -> Shading:
    """The terminal's own colours."""
    return Shading(ramp.sixteen, 2)


IN_CHARACTERS = Shading(" .:-=+*#%@", 1)
"""Ever more ink, where there is no colour or no half block."""


@lru_cache(maxsize=4096)
def contrast(color: str) -> str:
    """Which of "black" and "white" can be read better on a colour."""
    red, green, blue = Color.parse(color).get_truecolor()
    # Relative luminance in short: of green there is most, of blue least (ITU-R BT.601).
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 127 else "white"


def segments(cells: Sequence[Cell]) -> list[Segment]:
    """A row of cells, neighbours of the same colours joined."""
    joined: list[Segment] = []
    start = 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i][1:] != cells[start][1:]:
            text = "".join([cell.character for cell in cells[start:i]])
            joined.append(Segment(text, _style(cells[start].ink, cells[start].paper)))
            start = i
    return joined


@lru_cache(maxsize=4096)
def _half_block(upper: str, lower: str) -> Cell:
    if upper == lower:
        return Cell(" ", paper=lower)
    return Cell("▀", upper, lower) if upper else Cell("▄", lower, upper)


@lru_cache(maxsize=4096)
def _style(ink: str, paper: str) -> Style:
    return Style(color=ink or None, bgcolor=paper or None)


def _between(anchors: Sequence[str], share: float) -> str:
    """The colour at a share of the way from the first anchor to the last."""
    whole, rest = divmod(share * (len(anchors) - 1), 1)
    one, other = (Color.parse(anchors[min(int(whole) + i, len(anchors) - 1)]).get_truecolor() for i in (0, 1))
    return blend_rgb(one, other, rest).hex
