"""Draws a surface in relief, seen from any side and height, with the way on it; what lies behind is hidden."""

import math
from collections.abc import Iterable, Mapping

from rich.cells import cell_len

from tuiapp.braille import Dots, trace
from tuiapp.camera import NEAR, Camera, View
from tuiapp.figures import three
from tuiapp.grid import Grid
from tuiapp.legend import BAR, LEGEND, draw_bar, draw_line, draw_list
from tuiapp.palette import Palette
from tuiapp.raster import Shading
from tuiapp.scene import IN_ASCII, IN_BRAILLE, PINK, PLAIN, Scene, draw_over, head, is_inside
from tuiapp.surface import LEVELS, Surface

_FINE = 96
"""Places along each axis at which the surface is drawn."""
_LATTICE = 400
"""Places along each axis at which the way may be."""
_BEHIND = 0.02
"""Depth by which something on the surface may lie behind what is drawn there, and still be on it."""


class Relief:
    """One surface in one size, seen from a side that may change."""

    def __init__(self, surface: Surface, width: int, height: int, shading: Shading, palette: Palette) -> None:
        """Compute all that stays from every side, for `width` × `height` cells."""
        self._surface, self._shading, self._palette = surface, shading, palette
        self._signs = IN_BRAILLE if palette.dots != (1, 1) else IN_ASCII
        self._width, self._height = width, height
        self.is_beside = width >= 50 + BAR + LEGEND
        has_bar = width >= 60
        self._room = width - (BAR if has_bar else 0) - (LEGEND if self.is_beside else 0)
        self._rows = height - (not self.is_beside and height >= 9)
        places = [i / (_FINE - 1) for i in range(_FINE)]
        losses = [loss for row in surface.sampled(places, places) for loss in row]
        self._heights = [surface.height(loss) for loss in losses]
        self._shades = shading.shade(map(surface.level, losses), 0, LEVELS - 1)
        self._blank = Grid(width, height)
        if has_bar:
            draw_bar(self._blank, self._room + 1, max(self._rows - 1, 1), surface.borders, shading, palette=palette)
        self._view: View | None = None
        self._way: dict[tuple[int, int], float] = {}
        """Places of the lattice that the way goes over, and how high they are."""
        self._drawn = (0, 0)

    def draw(self, scene: Scene, view: View) -> Grid:
        """The relief as it is seen from there, with what stands on it."""
        if self._room < 12 or self._rows < 4:
            grid = Grid(self._width, self._height)
            grid.put(0, 0, "more room, please", self._palette.text)
            return grid
        if view != self._view:
            self._view = view
            self._camera = Camera(view, self._room, self._rows)
            self._draw_surface()
        self._follow(scene)
        grid = self._base.copy()
        self._draw_way(grid, self._way, PLAIN)
        too_short = self._draw_step(grid, scene)
        for place, sign in scene.marks(self._signs):
            if is_inside(shares := scene.shares(place)):
                x, y, _ = self._on_surface(*shares)
                self._put(grid, x, y, sign)
        said = scene.legend(self._signs, too_short=too_short)
        if self.is_beside:
            draw_list(grid, self._room + BAR + 1, said, self._palette)
        elif self._rows < self._height:
            draw_line(grid, self._height - 1, said, self._palette)
        return grid

    # The surface

    def _draw_surface(self) -> None:
        """Column by column from the front to the back, always above what stands before (floating horizon)."""
        up = self._shading.up
        pixels = [[""] * self._room for _ in range(self._rows * up)]
        self._depths = [[math.inf] * self._room for _ in range(self._rows * up)]
        camera, shades, heights = self._camera, self._shades, self._heights
        cos, sin = camera.cos, camera.sin
        unit, bottom = camera.unit * up / 2, camera.bottom * up
        rise, lift = camera.rise * unit, camera.lift * unit
        last = _FINE - 1
        # Fine enough that neither the grid nor a row of pixels is stepped over.
        step = min(1 / _FINE, 1 / max(unit, 1))
        for column in range(self._room):
            cut = camera.chord(column)
            if cut is None:
                continue
            across, depth, end = cut
            horizon: int | None = None
            while depth <= end:
                i = int((across * cos + depth * sin + 0.5) * last + 0.5)
                j = int((depth * cos - across * sin + 0.5) * last + 0.5)
                here = min(max(i, 0), last) * _FINE + min(max(j, 0), last)
                height = heights[here]
                if height == height:
                    row = int(bottom - (depth - NEAR) * rise - height * lift)
                    if horizon is None:
                        horizon = row + 1
                    for y in range(max(row, 0), min(horizon, len(pixels))):
                        pixels[y][column] = shades[here]
                        self._depths[y][column] = depth
                    if row == horizon and 0 <= row < len(pixels):
                        # Seen in the same pixel: what stands on the surface there may be this far behind.
                        self._depths[row][column] = depth
                    horizon = min(horizon, row)
                depth += step
        self._base = self._blank.copy()
        self._cells = self._shading.cells(pixels)
        self._draw_floor()
        for y, row_of_cells in enumerate(self._cells):
            for x, cell in enumerate(row_of_cells):
                if cell.paper or cell.ink or cell.character != " ":
                    self._base.stamp(x, y, [cell])
        self._write_axes()

    def _draw_floor(self) -> None:
        """The edges of the ground, and what stands on its corners."""
        dots = Dots(self._room, self._rows, character="." if self._signs.dot else "")
        corners = ((0, 0), (1, 0), (1, 1), (0, 1))
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
            dots.trace([self._camera.place(x0, y0, 0)[:2], self._camera.place(x1, y1, 0)[:2]])
            height = self._surface.height(self._surface.at(x0, y0))
            if height == height:
                dots.trace([self._camera.place(x0, y0, 0)[:2], self._camera.place(x0, y0, height)[:2]])
        for column, row, character in dots.cells():
            self._base.put(column, row, character, self._palette.axis)

    def _write_axes(self) -> None:
        """Name and ends of each axis at its edge of the ground in front."""
        surface, place = self._surface, self._camera.place
        for axis in (0, 1):

            def on_edge(share: float, side: int, axis: int = axis) -> tuple[float, float, float]:
                return place(share, side, 0) if axis == 0 else place(side, share, 0)

            side = min((0, 1), key=lambda side: on_edge(0.5, side)[2])
            middle = on_edge(0.5, side)
            lean = middle[0] - self._camera.middle
            for share, text in (
                (0.5, surface.axes[axis]),
                (0.08, three(surface.low[axis])),
                (0.92, three(surface.high[axis])),
            ):
                x, y, _ = on_edge(share, side)
                wide = cell_len(text)
                start = (
                    x + 2
                    if lean > self._camera.unit / 8
                    else x - wide - 1
                    if lean < -self._camera.unit / 8
                    else x - wide / 2
                )
                row = int(y) + 1
                column = max(min(round(start), self._room - wide), 0)
                if self._base.is_blank(column, row, wide):
                    self._base.put(column, row, text, self._palette.text)

    # What stands on it

    def _height_at(self, x: float, y: float) -> float:
        """How high the surface is at shares of both axes; 0 where there is none."""
        height = self._surface.height(self._surface.at(x, y))
        return height if height == height else 0.0

    def _on_surface(self, x: float, y: float) -> tuple[float, float, float]:
        return self._camera.place(x, y, self._height_at(x, y))

    def _lattice(self, way: Iterable[tuple[float, float]]) -> dict[tuple[int, int], float]:
        """Places of the lattice on a way that is given in shares, as far as it lies on the surface."""
        last = _LATTICE - 1
        places = {*trace(((x * last + 0.5, y * last + 0.5) for x, y in way), _LATTICE, _LATTICE)}
        return {(i, j): self._height_at(i / last, j / last) for i, j in places}

    def _follow(self, scene: Scene) -> None:
        begun, drawn = self._drawn
        if begun != scene.begun:
            self._way, drawn = {}, 0
        self._way |= self._lattice(scene.way(drawn))
        self._drawn = (scene.begun, len(scene.places))

    def _draw_way(self, grid: Grid, way: dict[tuple[int, int], float], inks: Mapping[str, str]) -> None:
        """The dots of places of the lattice that can be seen."""
        dots = Dots(self._room, self._rows, character=self._signs.dot)
        up = self._shading.up
        place = self._camera.place
        for (i, j), height in way.items():
            x, y, depth = place(i / (_LATTICE - 1), j / (_LATTICE - 1), height)
            row, column = int(y * up), int(x)
            if (
                0 <= row < len(self._depths)
                and 0 <= column < self._room
                and depth <= self._depths[row][column] + _BEHIND
            ):
                dots.dot(int(x * dots.across), int(y * dots.up))
        for column, row, character in dots.cells():
            self._put(grid, column, row, character, inks)

    def _draw_step(self, grid: Grid, scene: Scene) -> bool:
        """The next step's way and its head; whether it is too short to be told from where it begins."""
        if scene.now is None or scene.ahead is None:
            return False
        now, ahead = scene.shares(scene.now), scene.shares(scene.ahead)
        self._draw_way(grid, self._lattice([now, ahead]), PINK)
        if not (is_inside(now) and is_inside(ahead)):
            return False
        x0, y0, _ = self._on_surface(*now)
        x1, y1, _ = self._on_surface(*ahead)
        too_short = (int(x0), int(y0)) == (int(x1), int(y1))
        if not too_short:
            self._put(grid, x1, y1, head(self._signs, x1 - x0, 2 * (y0 - y1)), PINK)
        return too_short

    def _put(self, grid: Grid, x: float, y: float, sign: str, inks: Mapping[str, str] = PLAIN) -> None:
        column, row = int(x), int(y)
        if 0 <= row < self._rows and 0 <= column < self._room:
            draw_over(grid, column, row, sign, self._cells[row][column], inks=inks)
