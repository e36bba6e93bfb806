"""Draws which class is predicted where in a plane, with the samples over it if they are known."""

import math
from collections import Counter

from rich.text import Text

from lintui.events import Array
from tuiapp.figures import percent
from tuiapp.look import CLASSES
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept, told
from tuiapp.pictures.samples import by_classes, samples, sign
from tuiapp.pictures.scatter import Cloud, Scatter, draw
from tuiapp.scale import Scale


def draw_regions(kept: Kept, glance: Glance, width: int, height: int, palette: Palette) -> Drawn:
    """Numbers of classes over two axes: rows along the first, as it is from the top."""
    array, numbers = kept.array, kept.numbers
    if len(numbers.shape) != 2 or not numbers.flat:
        return Drawn(told("regions have two axes", width, height, palette))
    rows = [numbers.row(y) for y in range(numbers.rows)]
    (top, left), (bottom, right) = _ends(array)
    # What grows downwards is drawn as on paper: larger numbers above.
    rows = rows[::-1] if top < bottom else rows
    rows = [row[::-1] for row in rows] if right < left else rows
    found = Counter(numbers.flat)
    present = [x for x in range(len(CLASSES)) if x in found]
    points = samples(kept.samples) if array.low else None
    clouds = by_classes(points, array.labels) if points is not None else []
    if not clouds:
        most = max(present, default=0) + 1
        clouds = [Cloud((), _name(array, x), CLASSES[x], sign(x, most)) for x in present]
    scatter = Scatter(
        clouds,
        Scale.reaching(min(left, right), max(left, right)),
        Scale.reaching(min(top, bottom), max(top, bottom)),
        array.axes[1] if len(array.axes) > 1 else "column",
        array.axes[0] if array.axes else "row",
        rows,
    )
    shares = ", ".join(f"{_name(array, x)} {percent(found[x] / len(numbers.flat))}" for x in present)
    return Drawn(draw(scatter, width, height, palette), Text(shares))


def _name(array: Array, number: int) -> str:
    return array.labels[number] if number < len(array.labels) else f"class {number}"


def _ends(array: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the axes begin and end; where nobody has said so, they are counted."""
    ends = (*array.low[:2], *array.high[:2])
    if len(ends) == 4 and all(map(math.isfinite, ends)) and ends[0] != ends[2] and ends[1] != ends[3]:
        return (ends[0], ends[1]), (ends[2], ends[3])
    return (array.shape[0], 0), (0, array.shape[1])
