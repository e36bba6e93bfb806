"""Draws clouds of points between two axes, over a map of regions if there is one."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tuiapp.ascii import in_ascii
from tuiapp.frame import Canvas, dot, draw_x_axis, draw_y_axis
from tuiapp.grid import Grid
from tuiapp.look import ACCENT, CLASSES
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Cells, told
from tuiapp.scale import Scale

Point = tuple[float, float]
_NUMBERS = range(len(CLASSES))
"""Those of classes."""
_NAME = 24
"""Characters of a name at most."""
_ASCII_DOTS = ".:*#"
_TINT = 0.3
"""How much of a class's colour there is in its region."""
# Bits of the eight dots of a braille cell: two columns, from the top (Unicode 15, chapter 21.1).
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points that belong together."""

    points: Sequence[Point]
    """All finite."""
    label: str = ""
    """Empty: they are not in the legend."""
    color: str = ACCENT
    sign: str = ""
    """A character that tells them from others where colour can't."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Everything that a picture of points is made from."""

    clouds: Sequence[Cloud]
    x: Scale
    y: Scale
    x_name: str
    y_name: str
    regions: Sequence[Sequence[float]] = ()
    """Numbers of classes from the upper left, all over the picture."""


def draw(scatter: Scatter, width: int, height: int, palette: Palette) -> Cells:
    """The points as rows of segments, exactly `width` × `height` cells."""
    grid = Grid(width, height)
    ticks = scatter.y.ticks(max((height - 2) // 2, 2))
    gutter = max((len(label) for _, label in ticks), default=0) + 1
    canvas = Canvas(gutter, 1, width - gutter, height - 2, *palette.dots)
    if canvas.width < 4 or canvas.height < 2:
        return told("more room, please", width, height, palette)
    _draw_names(grid, scatter, palette)
    draw_y_axis(grid, canvas, ticks, line=palette.axis, text=palette.text)
    draw_x_axis(grid, canvas, scatter.x.ticks(max(canvas.width // 16, 2)), scatter.x_name[:_NAME], palette.text)
    papers = _draw_regions(grid, canvas, scatter.regions, palette)
    _draw_points(grid, canvas, scatter, palette, papers)
    return grid.rows(palette.style)


def _draw_names(grid: Grid, scatter: Scatter, palette: Palette) -> None:
    """What the y axis is, and which cloud is which, as far as there is room."""
    grid.put(0, 0, scatter.y_name[:_NAME], palette.text)
    x = cell_len(scatter.y_name[:_NAME]) + 3
    for cloud in scatter.clouds:
        label = cloud.label[:_NAME]
        if not label or x + 2 + cell_len(label) > grid.width:
            continue
        grid.put(x, 0, cloud.sign, cloud.color)
        grid.put(x + 2, 0, label, palette.text)
        x += 2 + cell_len(label) + 3


def _draw_regions(
    grid: Grid, canvas: Canvas, regions: Sequence[Sequence[float]], palette: Palette
) -> dict[tuple[int, int], str]:
    """The map, and what each of its cells is painted with where that is a colour."""
    papers: dict[tuple[int, int], str] = {}
    if not regions or not regions[0]:
        return papers
    up = 2 if palette.ground and not palette.in_ascii else 1
    tints = [palette.mixed(name, _TINT) for name in CLASSES]
    columns = [x * len(regions[0]) // canvas.width for x in range(canvas.width)]
    rows = [regions[y * len(regions) // (up * canvas.height)] for y in range(up * canvas.height)]
    for y in range(canvas.height):
        for x, source in enumerate(columns):
            place = canvas.left + x, canvas.top + y
            upper, lower = rows[up * y][source], rows[up * y + up - 1][source]
            if up == 1:
                color = palette.axis if upper not in _NUMBERS or not palette.has_colors else CLASSES[int(upper)]
                grid.put(*place, str(int(upper)) if upper in _NUMBERS else "?", color)
            else:
                ink, paper = (tints[int(n)] if n in _NUMBERS else palette.ground for n in (upper, lower))
                papers[place] = paper
                grid.put(*place, " " if ink == paper else "▀", f"{ink} on {paper}")
    return papers


def _draw_points(
    grid: Grid, canvas: Canvas, scatter: Scatter, palette: Palette, papers: dict[tuple[int, int], str]
) -> None:
    cells: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    bits: defaultdict[tuple[int, int], int] = defaultdict(int)
    across, up = palette.dots
    for number, cloud in enumerate(scatter.clouds):
        for x, y in cloud.points:
            right, above = scatter.x.share(x), scatter.y.share(y)
            if right is None or above is None or not (scatter.x.holds(x) and scatter.y.holds(y)):
                continue
            i, j = dot(right, across * canvas.width), dot(above, up * canvas.height)
            place = canvas.left + i // across, canvas.top + canvas.height - 1 - j // up
            cells[place].append(number)
            if not palette.in_ascii:
                bits[place] |= _BITS[i % 2][3 - j % 4]
    signed = len(scatter.clouds) > 1 and (palette.signs or palette.in_ascii)
    for place, numbers in cells.items():
        # Where several meet in a cell, it is of those that are most.
        cloud = scatter.clouds[Counter(numbers).most_common(1)[0][0]]
        if signed:
            character = in_ascii(cloud.sign) if palette.in_ascii else cloud.sign
        elif palette.in_ascii:
            character = _ASCII_DOTS[min(len(numbers), len(_ASCII_DOTS)) - 1]
        else:
            character = chr(0x2800 + bits[place])
        paper = papers.get(place)
        color = f"{palette.color(cloud.color)} on {paper}" if paper else f"{cloud.color}.strong"
        grid.put(*place, character, color)
