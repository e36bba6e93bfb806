"""Makes points from a table of samples: a feature against the label, or where that is a class, by class."""

import math
from collections import defaultdict
from collections.abc import Sequence

from rich.text import Text

from tuiapp.look import CLASSES
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept, told
from tuiapp.pictures.scatter import Cloud, Point, Scatter, draw
from tuiapp.scale import Scale

_MOST = 5_000
"""Points that are drawn at most: of more, every so manieth."""
_SIGNS = "●▲■◆"
_NUMBERS = range(len(CLASSES))
"""Those of classes."""
_NAME = 24
"""Characters of a name at most."""


def draw_table(kept: Kept, glance: Glance, width: int, height: int, palette: Palette) -> Drawn:
    """A feature against the label (the last column); where that is a class, two features against each other."""
    numbers, features = kept.numbers, max(kept.numbers.columns - 1, 1)
    turn = min(glance.turn, features - 1)
    every = max(-(-numbers.rows // _MOST), 1)
    by_class = _classes(kept, every)
    named = [*kept.array.axes, *map(str, range(len(kept.array.axes), numbers.columns))]
    x = turn
    y = numbers.columns - 1 if by_class is None or features == 1 else (turn + 1) % features
    points = list(zip(numbers.column(x)[::every], numbers.column(y)[::every], strict=True))
    seen = [point for point in points if _is_finite(point)]
    if not seen:
        return Drawn(told("no sample has finite numbers", width, height, palette))
    clouds = [Cloud(seen)]
    if by_class is not None:
        clouds = by_classes(zip(points, by_class, strict=True), kept.array.labels)
    xs, ys = (Scale.fitting(column, "linear") for column in zip(*seen, strict=True))
    scatter = Scatter(clouds, xs, ys, named[x], named[y])
    says = f"{named[y][:_NAME]} over {named[x][:_NAME]}" + (f", by {named[-1][:_NAME]}" if by_class else "")
    says += f", one sample of every {every}" if every > 1 else ""
    if bad := len(points) - len(seen):
        says += f", without {bad:,} that are not finite"
    # Two features have one picture, whichever comes first.
    turns = 1 if by_class is not None and features == 2 else features
    return Drawn(draw(scatter, width, height, palette), Text(says), turns, "feature")


def by_classes(points: "zip[tuple[Point, int]]", labels: Sequence[str]) -> list[Cloud]:
    """The points in a cloud for each class, in the order of their numbers."""
    of: defaultdict[int, list[Point]] = defaultdict(list)
    for point, number in points:
        if _is_finite(point):
            of[number].append(point)
    return [
        Cloud(of[i], labels[i] if i < len(labels) else f"class {i}", CLASSES[i], sign(i, max(of) + 1))
        for i in sorted(of)
    ]


def sign(number: int, classes: int) -> str:
    """The character that a class bears, of so many classes."""
    return _SIGNS[number] if classes <= len(_SIGNS) else str(number)


def samples(kept: Kept | None) -> "zip[tuple[Point, int]] | None":
    """The first two features of each sample with the number of its class; None where there are no classes."""
    if kept is None or kept.numbers.columns < 3:
        return None
    every = max(-(-kept.numbers.rows // _MOST), 1)
    numbers = _classes(kept, every)
    points = zip(kept.numbers.column(0)[::every], kept.numbers.column(1)[::every], strict=True)
    return None if numbers is None else zip(points, numbers, strict=True)


def _classes(kept: Kept, every: int) -> list[int] | None:
    """The number of the class of every so manieth sample; None where the last column holds none."""
    last = kept.numbers.column(kept.numbers.columns - 1)[::every]
    is_class = kept.classes and kept.numbers.columns > 1 and all(x in _NUMBERS for x in last)
    return [int(x) for x in last] if is_class else None


def _is_finite(point: Point) -> bool:
    return math.isfinite(point[0]) and math.isfinite(point[1])
