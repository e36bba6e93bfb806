"""What the columns of a batch come to in spans of a hundred and some values, without a file or a line of one.

A span's extremes, their places and its sum are all that a long history keeps of it. Where a line says them
beside its columns, whoever only draws need not read the columns; they can still be had, number by number.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

from lintui.events import Steps

SPAN = 128
"""Values in a span; the last one of a column may have fewer."""
FEWEST = 32
"""Steps of which anything is said in brief: fewer are read as quickly as what would be said of them."""


class Spans(NamedTuple):
    """The spans of one column, a number of each in every field; all of their values are finite."""

    low: Sequence[float]
    """The smallest value."""
    low_in: Sequence[int]
    """How many values stand in the span before the first that is as small."""
    high: Sequence[float]
    high_in: Sequence[int]
    sum: Sequence[float]


Points = tuple[tuple[int, ...], tuple[float, ...]]
"""Steps, and a value of each."""


class Column(Sequence[float]):
    """The values of one metric, finite all of them, that are read only where somebody looks at them."""

    __slots__ = ("_length", "points", "spans")

    def __init__(self, length: int, spans: Spans, points: Callable[[], Points]) -> None:
        """As many values as `length`, which `points` reads with their steps, and what their spans come to."""
        self._length = length
        self.points = points
        self.spans = spans

    def __len__(self) -> int:
        """How many values there are, which nothing need be read for."""
        return self._length

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[float, ...]: ...
    def __getitem__(self, place: int | slice) -> float | tuple[float, ...]:
        """Read them, and return some."""
        return self.points()[1][place]

    def __iter__(self) -> Iterator[float]:
        """Read them."""
        return iter(self.points()[1])

    def extremes(self) -> Iterator[tuple[int, float]]:
        """The place and the value of the smallest and of the largest of each span, without reading more."""
        low, low_in, high, high_in, _ = self.spans
        for n in range(len(low)):
            yield n * SPAN + low_in[n], low[n]
            yield n * SPAN + high_in[n], high[n]


def said_in_brief(steps: Steps) -> Mapping[str, Any] | None:
    """What a line says of a batch beside its columns; None where it says nothing: it is short, its steps are not
    evenly spaced, or a value is not finite.

    `steps` are the first, the distance to the next and how many there are, `t` the first and the last, in seconds.
    """
    at, t = steps.at, steps.t
    if len(at) < FEWEST or not _is_even(at) or not (len(t) == len(at) and math.isfinite(t[0] - t[-1])):
        return None
    spans = {}
    for name, column in steps.values.items():
        told = _told(column)
        if len(column) != len(at) or not math.isfinite(sum(told.sum)):
            return None
        spans[name] = [*told]
    return {"steps": (at[0], at[1] - at[0], len(at)), "t": (t[0], t[-1]), "spans": spans}


def _is_even(at: tuple[int, ...]) -> bool:
    distance = at[1] - at[0]
    return (
        distance > 0
        and at[-1] - at[0] == distance * (len(at) - 1)
        and at == tuple(range(at[0], at[-1] + 1, distance))
    )


def _told(column: Sequence[float]) -> Spans:
    parts = [column[start : start + SPAN] for start in range(0, len(column), SPAN)]
    lows, highs = [*map(min, parts)], [*map(max, parts)]
    low_in = [part.index(low) for part, low in zip(parts, lows, strict=True)]
    high_in = [part.index(high) for part, high in zip(parts, highs, strict=True)]
    return Spans(lows, low_in, highs, high_in, [*map(sum, parts)])
