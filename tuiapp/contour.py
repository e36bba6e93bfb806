"""Draws a surface as a filled contour map seen from above, with the way over it, axes and a bar of its colours."""

import math
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from tuiapp.braille import Dots
from tuiapp.grid import Grid
from tuiapp.legend import BAR, LEGEND, draw_bar, draw_line, draw_list
from tuiapp.palette import Palette
from tuiapp.raster import Cell, Shading
from tuiapp.scale import round_numbers, told_apart
from tuiapp.scene import IN_ASCII, IN_BRAILLE, PINK, PLAIN, Scene, draw_over, head, is_inside
from tuiapp.surface import LEVELS, Surface

_LEAST_TRUE = 20
"""Columns from which on the map is drawn in true proportions."""


class ContourMap:
    """A map of one surface in one size; `draw` puts on it what has changed."""

    def __init__(self, surface: Surface, width: int, height: int, shading: Shading, palette: Palette) -> None:
        """Compute all that stays: colours, axes and bar, on `width` × `height` cells."""
        self.surface = surface
        self._shading, self._palette = shading, palette
        self._signs = IN_BRAILLE if palette.dots != (1, 1) else IN_ASCII
        self._base = Grid(width, height)
        y_ticks = _ticks(surface, 1, max(height // 4, 2))
        self._left = max((len(label) for _, label in y_ticks), default=0) + 1
        has_bar = width >= 36
        room = width - self._left - (BAR if has_bar else 0)
        self._columns, self._rows = _fitting(surface, room, height - 1)
        self.is_beside = width - self._right(has_bar) >= LEGEND
        """Whether there is room for the legend beside the map."""
        if not self.is_beside and height >= 9:
            self._columns, self._rows = _fitting(surface, room, height - 2)
        self._legend_at = self._right(has_bar) + 2
        self._cells: list[list[Cell]] = []
        self._dots = self._no_dots()
        self._drawn = (0, 0)
        """Times that the way was begun anew, and places of it that are drawn."""
        if self.fits:
            self._draw_map()
            self._draw_axes(y_ticks)
            if has_bar:
                draw_bar(
                    self._base, self._left + self._columns + 2, self._rows, surface.borders, shading, palette=palette
                )
        else:
            self._base.put(0, 0, "more room, please", palette.text)

    @property
    def fits(self) -> bool:
        """Whether there is room for anything."""
        return self._columns >= 4 and self._rows >= 2

    def _right(self, has_bar: bool) -> int:
        return self._left + self._columns + (BAR if has_bar else 0)

    def _no_dots(self) -> Dots:
        return Dots(max(self._columns, 0), max(self._rows, 0), character=self._signs.dot)

    def draw(self, scene: Scene) -> Grid:
        """The map with what stands on it."""
        grid = self._base.copy()
        if not self.fits:
            return grid
        self._follow(scene)
        for column, row, character in self._dots.cells():
            self._put(grid, column, row, character)
        too_short = self._draw_step(grid, scene)
        for place, sign in scene.marks(self._signs):
            shares = scene.shares(place)
            if is_inside(shares):
                x, y = self._cell(shares)
                self._put(grid, int(x), int(y), sign)
        self._draw_legend(grid, scene.legend(self._signs, too_short=too_short))
        return grid

    def _cell(self, shares: tuple[float, float]) -> tuple[float, float]:
        """Where a place is, in cells from the upper left corner of the map: its pixel's middle at either end."""
        x, y = shares
        up = self._shading.up
        return x * (self._columns - 1) + 0.5, ((1 - y) * (self._rows * up - 1) + 0.5) / up

    def _put(self, grid: Grid, column: int, row: int, sign: str, inks: Mapping[str, str] = PLAIN) -> None:
        draw_over(grid, self._left + column, row, sign, self._cells[row][column], inks=inks)

    def _follow(self, scene: Scene) -> None:
        """Add what is new of the way."""
        begun, drawn = self._drawn
        if begun != scene.begun:
            self._dots, drawn = self._no_dots(), 0
        self._dots.trace(map(self._cell, scene.way(drawn)))
        self._drawn = (scene.begun, len(scene.places))

    def _draw_step(self, grid: Grid, scene: Scene) -> bool:
        """The next step's way and its head; whether it is too short to be told from where it begins."""
        if scene.now is None or scene.ahead is None:
            return False
        (x0, y0), (x1, y1) = (self._cell(scene.shares(place)) for place in (scene.now, scene.ahead))
        if not all(map(math.isfinite, (x0, y0, x1, y1))):
            return False
        dots = self._no_dots()
        dots.trace([(x0, y0), (x1, y1)])
        for column, row, character in dots.cells():
            self._put(grid, column, row, character, PINK)
        if not is_inside(scene.shares(scene.ahead)):
            return False
        too_short = (int(x0), int(y0)) == (int(x1), int(y1))
        if not too_short:
            self._put(grid, int(x1), int(y1), head(self._signs, x1 - x0, 2 * (y0 - y1)), PINK)
        return too_short

    # What stays

    def _draw_map(self) -> None:
        columns, rows = self._columns, self._rows * self._shading.up
        xs, ys = [i / (columns - 1) for i in range(columns)], [1 - j / (rows - 1) for j in range(rows)]
        losses = zip(*self.surface.sampled(xs, ys), strict=True)
        level = self.surface.level
        self._cells = self._shading.cells([self._shading.shade(map(level, row), 0, LEVELS - 1) for row in losses])
        for y, row in enumerate(self._cells):
            self._base.stamp(self._left, y, row)

    def _draw_axes(self, y_ticks: Sequence[tuple[float, str]]) -> None:
        for share, label in y_ticks:
            _, y = self._cell((0, share))
            self._base.put(self._left - 1 - len(label), int(y), label, self._palette.text)
        name = self.surface.axes[0]
        labels = [(share, label) for share, label in _ticks(self.surface, 0, max(self._columns // 7, 2))]
        for share, label in [*labels, (0.5, name), (0.4, name), (0.6, name)]:
            x, _ = self._cell((share, 0))
            start = max(min(int(x) - cell_len(label) // 2 + self._left, self._base.width - cell_len(label)), 0)
            room = min(max(start - 1, 0), self._base.width - cell_len(label) - 2)
            is_free = self._base.is_blank(room, self._rows, cell_len(label) + 2)
            if is_free and not (label == name and name in "".join(self._base.characters[self._rows])):
                self._base.put(start, self._rows, label, self._palette.text)

    def _draw_legend(self, grid: Grid, said: Sequence[tuple[str, str]]) -> None:
        if self.is_beside:
            draw_list(grid, self._legend_at, said, self._palette)
        elif self._rows + 1 < grid.height:
            draw_line(grid, grid.height - 1, said, self._palette)


def _ticks(surface: Surface, axis: int, most: int) -> list[tuple[float, str]]:
    """Round places on an axis, as shares of it, and what is written there."""
    low, high = surface.low[axis], surface.high[axis]
    places = [place for place in round_numbers(low, high, most) if low <= place <= high]
    return [(surface.share(axis, place), label) for place, label in zip(places, told_apart(places), strict=True)]


def _fitting(surface: Surface, width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the map: in true proportions, unless most of the room would be left empty."""
    across, up = (high - low for low, high in zip(surface.low, surface.high, strict=True))
    # A cell is twice as high as it is wide.
    columns = min(width, round(2 * height * across / up))
    rows = min(height, round(width * up / across / 2))
    is_worth_it = columns >= max(0.4 * width, _LEAST_TRUE) and rows >= 0.6 * height
    return (columns, rows) if is_worth_it else (width, height)
