"""Draws what was measured over another axis than the steps as a curve, with its marks and its smallest value."""

import csv
import io
import math
from collections.abc import Iterator, Sequence

from rich.text import Text

from lintui.events import Profile
from tuiapp.chart import Chart, Curve, Mark
from tuiapp.charts import draw
from tuiapp.figures import three
from tuiapp.look import ACCENT, MARK, SECOND
from tuiapp.palette import Palette
from tuiapp.pictures.drawn import Drawn, told

_NAME = 24
"""Characters of a name at most."""
_MARKS = 10
"""Marks that are drawn at most."""
Place = tuple[float, float]


def draw_profiles(profiles: Sequence[Profile], turn: int, width: int, height: int, palette: Palette) -> Drawn:
    """One of those that are kept, oldest first."""
    profile = profiles[turn]
    points = places(profile)
    known = [point for point in points if math.isfinite(point[1])]
    low, high = min(profile.low, profile.high), max(profile.low, profile.high)
    if not known or not -math.inf < low < high < math.inf:
        return Drawn(told("no number of it is finite", width, height, palette), turns=len(profiles), turned="step")
    smallest = min(known, key=lambda point: point[1])
    marks = {name[:_NAME]: x for name, x in list(profile.marks.items())[:_MARKS] if low <= x <= high}
    curves = [
        Curve(profile.y_name[:_NAME], ACCENT, list(_pieces(points, width)), sign="●"),
        Curve(f"smallest {three(smallest[1])}", SECOND, [[smallest]], marker="◆"),
    ]
    chart = Chart(
        curves,
        high,
        "linear",
        marks=[Mark(x, name) for name, x in marks.items()],
        x_name=profile.x_name[:_NAME],
        x_start=low,
    )
    unit = "°" if "°" in profile.x_name else ""
    says = Text("smallest at ").append(f"{three(smallest[0])}{unit}", SECOND)
    for name, x in marks.items():
        says.append("  ").append(name, MARK).append(f" at {three(x)}{unit}")
    return Drawn(draw(chart, width, height, palette), says, len(profiles), "step")


def places(profile: Profile) -> list[Place]:
    """Each number with its place on the axis, in the order of places."""
    last = max(len(profile.y) - 1, 1)
    points = [(profile.low * (1 - i / last) + profile.high * (i / last), y) for i, y in enumerate(profile.y)]
    return points[::-1] if profile.high < profile.low else points


def _pieces(points: Sequence[Place], width: int) -> Iterator[list[Place]]:
    """Runs of finite numbers: of many in one column no more than the smallest and the largest."""
    every = max(len(points) // max(width, 1), 1)
    piece: list[Place] = []
    for start in range(0, len(points), every):
        group = points[start : start + every]
        known = [point for point in group if math.isfinite(point[1])]
        if known:
            piece += sorted({min(known, key=lambda p: p[1]), max(known, key=lambda p: p[1])})
        if len(known) < len(group):
            yield from [piece] if piece else []
            piece = []
    yield from [piece] if piece else []


def table(profiles: Sequence[Profile]) -> str:
    """Every number of every one of them as comma-separated values, with all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("step", profiles[-1].x_name, profiles[-1].y_name))
    for profile in profiles:
        writer.writerows((profile.at, repr(x), repr(y)) for x, y in places(profile))
    return text.getvalue()
