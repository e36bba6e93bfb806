"""Which values of some curves lie so far out that they leave the others no room, and how many; without drawing."""

import math
from collections.abc import Iterable, Sequence

from lintui.bucket import Bucket
from tuiapp.scale import Scale

FENCE = 3.0
"""Values further from the middle half than so many times its breadth lie out: Tukey's outer fences (1977)."""
_SHARES = (1 / 4, 1 / 8, 1 / 16, 1 / 32)
"""Where the middle half has no breadth, since most values are the same, more than a half is taken for it."""


def reach(curves: Iterable[Sequence[float]], kind: str) -> tuple[float, float] | None:
    """The smallest and the largest value that are no outliers of their own curve; None where there is no value.

    `kind` is that of the y axis, on which "far" is measured; the values are finite, and on a log scale those
    above 0 count.
    """
    ends = [_ends([y for y in values if y > 0 or kind != "log"], kind) for values in curves]
    known = [end for end in ends if end is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _ends(values: list[float], kind: str) -> tuple[float, float] | None:
    if not values:
        return None
    values.sort()
    places = _places(values, kind)
    for share in _SHARES:
        first, last = places[int(len(places) * share)], places[math.ceil(len(places) * (1 - share)) - 1]
        if first < last:
            break
    # Halves of it: the distance of two floats may be more than a float holds.
    far = FENCE * (last / 2 - first / 2)
    kept = [y for y, place in zip(values, places, strict=True) if first / 2 - far <= place / 2 <= last / 2 + far]
    return kept[0], kept[-1]


def _places(values: Sequence[float], kind: str) -> Sequence[float]:
    """Where growing values lie on such a scale, in a measure of its own."""
    if kind == "log":
        return [math.log10(y) for y in values]
    if kind == "symlog":
        unit = Scale.fitting([values[len(values) // 4], values[-1 - len(values) // 4]], kind).unit
        return [math.asinh(y / unit) for y in values]
    return values


def beyond(
    series: Iterable[Sequence[Bucket]], first: float, last: float, ends: tuple[float, float], kind: str
) -> str:
    """How many values of the steps from `first` to `last` lie further out, in a few words; empty: none does."""
    low, high = ends
    above = below = 0
    exact = True
    for b in (b for buckets in series for b in buckets if first <= b.last and b.first <= last and b.count):
        over, under = b.high > high, b.low < low and (kind != "log" or b.low > 0)
        above, below = above + over, below + under
        # Of many values that are kept as one bucket, only the ends are known.
        exact = exact and not (b.count > 1 and (over or under))
    more = "" if exact else "+"
    return " ".join(f"{sign}{count}{more}" for sign, count in (("↑", above), ("↓", below)) if count)
