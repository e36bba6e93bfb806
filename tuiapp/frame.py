"""Where in a grid of cells something is drawn, and the two axes around it; without knowing what that is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from tuiapp.grid import Grid


@dataclass(frozen=True, slots=True)
class Canvas:
    """The cells between the axes, and the dots in them."""

    left: int
    top: int
    width: int
    height: int
    across: int
    """Dots in a cell, side by side."""
    up: int
    """Dots in a cell, above each other."""

    # The same rounding to dots as the curves', so that all meet.

    def column(self, share: float) -> int:
        """The column of the grid that lies at a share of the way from left to right."""
        return self.left + dot(share, self.across * self.width) // self.across

    def row(self, share: float) -> int:
        """The row of the grid that lies at a share of the way up."""
        return self.top + self.height - 1 - dot(share, self.up * self.height) // self.up


def dot(share: float, dots: int) -> int:
    """Which of so many dots in a row plotext gives to a share of their length."""
    return math.floor(round(0.5 + share * (dots - 1), 8))


def draw_y_axis(grid: Grid, canvas: Canvas, ticks: Iterable[tuple[float, str]], *, line: str, text: str) -> None:
    """A line at the left with labels at shares of its height, in two colours."""
    for y in range(canvas.height):
        grid.put(canvas.left - 1, canvas.top + y, "│", line)
    for share, label in ticks:
        row = canvas.row(share)
        grid.put(canvas.left - 1 - len(label), row, label, text)
        grid.put(canvas.left - 1, row, "┤", line)


def draw_x_axis(grid: Grid, canvas: Canvas, ticks: Iterable[tuple[float, str]], name: str, color: str) -> None:
    """Labels below at shares of the width as far as there is room, and the axis' name where they leave some."""
    bottom = canvas.top + canvas.height
    for share, label in ticks:
        start = min(canvas.column(share) - len(label) // 2, grid.width - len(label))
        if grid.is_blank(max(start - 1, 0), bottom, min(len(label) + 2, grid.width - max(start - 1, 0))):
            grid.put(start, bottom, label, color)
    wide = cell_len(name)
    middle = canvas.left + (canvas.width - wide) // 2
    for eighths in (0, 2, -2, 1, -1, 3, -3):
        start = middle + int(canvas.width * eighths / 8)
        if grid.is_blank(start - 1, bottom, wide + 2):
            grid.put(start, bottom, name, color)
            break
