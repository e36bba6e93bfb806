"""Draws images side by side with their captions, in one range of shades so that they can be compared."""

import math
from collections.abc import Sequence

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.text import Text

from tuiapp.arrays import Numbers, finite
from tuiapp.figures import three
from tuiapp.look import ACCENT, SECOND, TEXT
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept, told
from tuiapp.raster import BLANK, GREY, IN_CHARACTERS, Ramp, Shading, in_colors, in_sixteen, segments

_GAP = 2
_SHADES = 64
_SAMPLES = 4
"""Pixels across and down that the mean of a block is taken of at most."""
_BOTH_WAYS = ("magenta", "", "cyan")
"""Of the terminal's own sixteen: below 0, 0, above."""
_SIGNS = Shading("=- +#", 1)
"""The same in characters."""


def draw_images(kept: Kept, glance: Glance, width: int, height: int, palette: Palette) -> Drawn:
    """As many whole ones as fit, shrunk by a whole number where not even one would, or by twice that if wanted."""
    numbers = kept.numbers
    if len(numbers.shape) != 3 or not numbers.flat:
        return Drawn(told("there is no image in it", width, height, palette))
    count, rows, columns = numbers.shape
    low, high = numbers.spread.low, numbers.spread.high
    signed = low < 0
    shading = _shading(signed, palette)
    ends = (low, high)
    if signed:
        size = max(-low, high)
        # Of so few shades most would be that of 0.
        size = size / 2 if len(shading.shades) == len(_BOTH_WAYS) else size
        ends = (-size, size)
    # A cell is twice as high as wide: of colours it holds two pixels, and a character stands for both.
    by = max(-(-columns // width), -(-rows // (2 * max(height - 1, 1))), 1) * (1 + min(glance.turn, 1))
    wide, tall = -(-columns // by), -(-rows // (2 * by))
    across = max((width + _GAP) // (wide + _GAP), 1)
    seen = max((height + 1) // (tall + 2), 1)  # a line of captions above them, a blank one between
    down = max(-(-count // across) - seen, 0)
    first = min(glance.down, down) * across
    lines: list[list[Segment]] = []
    last = min(first + seen * across, count)
    for start in range(first, last, across):
        group = range(start, min(start + across, last))
        lines.append(_captions([_caption(kept, i) for i in group], wide, width, palette))
        block = by, 2 * by // shading.up
        pictures = [shading.cells([shading.shade(line, *ends) for line in _pixels(numbers, i, block)]) for i in group]
        for y in range(tall):
            row = [cell for picture in pictures for cell in (*picture[y], *[BLANK] * _GAP)][:width]
            lines.append(segments([*row, *[BLANK] * (width - len(row))]))
        lines.append(segments([BLANK] * width))
    lines += [segments([BLANK] * width)] * height
    which = f"{first + 1}–{last} of {count}" if last - first < count else f"{count} images"
    return Drawn(lines[:height], _legend(which, low, high, signed=signed, palette=palette), 2, "size", down)


def _shading(signed: bool, palette: Palette) -> Shading:
    """Shades from the ground to the colour of words; of signed numbers from one colour over the ground to another."""
    if palette.in_ascii or not palette.has_colors:
        return _SIGNS if signed else IN_CHARACTERS
    if not palette.ground:
        return in_sixteen(Ramp((), _BOTH_WAYS) if signed else GREY)
    ends = (palette.color(SECOND), palette.ground, palette.color(ACCENT))
    return in_colors(Ramp(ends if signed else (palette.ground, palette.color(TEXT)), ()), _SHADES + 1)


def _pixels(numbers: Numbers, image: int, block: tuple[int, int]) -> list[Sequence[float]]:
    """Rows of an image, blocks of so many numbers across and down put together to their mean."""
    across, down = block
    _, rows, columns = numbers.shape
    start = image * rows * columns
    lines: list[Sequence[float]] = [
        numbers.flat[start + y * columns : start + (y + 1) * columns] for y in range(rows)
    ]
    if (across, down) != (1, 1):
        # Some of each block must do where it is large.
        by, skip = max(across // _SAMPLES, 1), max(down // _SAMPLES, 1)
        lines = [
            [
                _mean([number for line in lines[y : y + down : skip] for number in line[x : x + across : by]])
                for x in range(0, columns, across)
            ]
            for y in range(0, rows, down)
        ]
    return lines


def _mean(numbers: Sequence[float]) -> float:
    known = finite(numbers)
    return sum(known) / len(known) if known else math.nan


def _caption(kept: Kept, image: int) -> str:
    return kept.array.labels[image] if image < len(kept.array.labels) else str(image)


def _captions(names: Sequence[str], wide: int, width: int, palette: Palette) -> list[Segment]:
    """A line of names over images of that many cells, as wide as all."""
    line = (" " * _GAP).join(_fitted(name, wide) for name in names)
    return [Segment(set_cell_size(line, width), palette.style(palette.text))]


def _fitted(name: str, width: int) -> str:
    """Exactly so many cells: what is too long shows that it goes on."""
    cut = set_cell_size(name, width)
    return cut if cut.rstrip() == name.rstrip() or width < 2 else f"{set_cell_size(name, width - 1)}…"


def _legend(which: str, low: float, high: float, *, signed: bool, palette: Palette) -> Text:
    """How many there are, and what the shades mean."""
    said = Text(f"{which}  ")
    if not signed:
        return said.append(f"{three(low)} … {three(high)}")
    below, above = ("=", "#") if palette.in_ascii or not palette.has_colors else ("■", "■")
    said.append(below, SECOND).append(f" {three(low)} … 0 … {three(high)} ").append(above, ACCENT)
    return said
