"""A loss surface: numbers on a grid over two axes, checked and read from the bytes of a file; without drawing it."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from lintui.events import Array
from lintui.state import RunState
from tuiapp.arrays import MOST, Unreadable, unpacked
from tuiapp.figures import three

NAME = "loss surface"
"""What a run calls the array."""
LEVELS = 20
_SAMPLED = 10_000
"""Numbers at most by which the levels are spaced."""
_LOWEST, _HIGHEST = 1 / 200, 1 / 20
"""Shares of the numbers that lie in the lowest and in the highest level, about."""
_TOLD = 0.01
"""Share of the smallest number that the lowest level spans at least: finer ones would bear the same figures."""
_TOWERING = 2
"""What is so many times as high as where the highest level begins is drawn no higher."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A loss at every place of a grid, and between its places."""

    axes: tuple[str, str]
    low: tuple[float, float]
    """The places of the first number along each axis."""
    high: tuple[float, float]
    """The places of the last number along each axis, each larger than that of the first."""
    shape: tuple[int, int]
    """Numbers along each axis, at least 2."""
    numbers: Sequence[float]
    """Those along the second axis first; not all need be finite."""
    text: str
    """What it is."""
    borders: tuple[float, ...] = field(init=False)
    """From the smallest number over the borders between levels to the largest; empty where none is finite."""

    def __post_init__(self) -> None:
        """Space the levels."""
        object.__setattr__(self, "borders", _spaced(self.numbers))

    def share(self, axis: int, place: float) -> float:
        """Where a place lies along an axis, on the way from its first number (0) to its last (1), or beyond."""
        return (place - self.low[axis]) / (self.high[axis] - self.low[axis])

    def at(self, x: float, y: float) -> float:
        """The loss at shares of both axes between 0 and 1; NaN where it is not known."""
        return self.sampled([x], [y])[0][0]

    def sampled(self, xs: Sequence[float], ys: Sequence[float]) -> list[list[float]]:
        """The loss at shares of both axes between 0 and 1, by bilinear interpolation: a list for each of `xs`."""
        rows, columns = self.shape
        n = self.numbers
        along = [_weighed(y, columns) for y in ys]
        found = []
        for x in xs:
            i, k, near, far = _weighed(x, rows)
            one, other = n[i * columns : (i + 1) * columns], n[k * columns : (k + 1) * columns]
            line = [a * near + b * far for a, b in zip(one, other, strict=True)] if far else one
            found.append([line[j] * here + line[m] * there if there else line[j] for j, m, here, there in along])
        return found

    def level(self, loss: float) -> float:
        """In which level a loss lies, from 0 to LEVELS - 1; NaN where it is not finite."""
        if loss - loss != 0 or not self.borders:
            return math.nan
        return min(max(bisect_right(self.borders, loss) - 1, 0), LEVELS - 1)

    def height(self, loss: float) -> float:
        """Between 0 at the smallest loss and 1 at the largest, or at what towers over the rest; NaN where unknown."""
        if loss - loss != 0 or not self.borders:
            return math.nan
        least, tall, most = self.borders[0], *self.borders[-2:]
        most = min(most, least + _TOWERING * (tall - least))
        return min((loss - least) / (most - least), 1.0) if most > least else 0.0


def newest(state: RunState) -> Array | None:
    """What the run said last of its surface."""
    said = state.arrays.get(NAME)
    return said if said is not None and said.shows == "surface" else None


def has_surface(state: RunState) -> bool:
    """Whether the run has said that there is one."""
    return newest(state) is not None


def read(said: Array, data: bytes) -> Surface:
    """The surface that was said, from the bytes of its file; raises Unreadable."""
    if said.dtype != "float32" or len(said.shape) != 2 or min(said.shape) < 2:
        raise Unreadable("the surface is no grid of two axes in single precision")
    if math.prod(said.shape) > MOST:
        raise Unreadable(f"the surface has {math.prod(said.shape):,} numbers; up to {MOST:,} are read")
    if not len(said.axes) == len(said.low) == len(said.high) == 2:
        raise Unreadable("the surface doesn't say where its two axes begin and end")
    if not all(map(_is_an_axis, said.low, said.high)):
        low, high = (" and ".join(map(three, ends)) for ends in (said.low, said.high))
        raise Unreadable(f"the surface's axes go nowhere: from {low} to {high}")
    if len(data) != 4 * math.prod(said.shape):
        raise Unreadable(f"{said.file} has {len(data):,} bytes, not {4 * math.prod(said.shape):,}")
    numbers = unpacked(data, said.dtype, math.prod(said.shape))
    (one, other), (rows, columns) = said.axes, said.shape
    return Surface(
        (one, other), (said.low[0], said.low[1]), (said.high[0], said.high[1]), (rows, columns), numbers, said.text
    )


def _weighed(share: float, count: int) -> tuple[int, int, float, float]:
    """Which two of so many numbers a share of their way lies between, and how much each of them counts."""
    place = share * (count - 1)
    i = min(int(place), count - 2)
    return i, i + 1, 1 - (place - i), place - i


def _is_an_axis(low: float, high: float) -> bool:
    """Whether single precision could tell its places apart."""
    return 1e-30 < high - low < 1e30 and high - low > 1e-6 * max(abs(low), abs(high))


def _spaced(numbers: Sequence[float]) -> tuple[float, ...]:
    """Borders of levels, each as many times as far above the smallest number as the one below it.

    Equal distances would leave the neighbourhood of the minimum, where everything happens, in one level.
    """
    # A sum that is finite is one of finite numbers: a million of them are not looked at one by one.
    finite = numbers if math.isfinite(sum(numbers)) else [x for x in numbers if x - x == 0]
    if not finite:
        return ()
    least, most = min(finite), max(finite)
    above = sorted(x - least for x in finite[:: len(finite) // _SAMPLED + 1] if x > least) or [most - least]
    first, last = above[int(len(above) * _LOWEST)], above[int(len(above) * (1 - _HIGHEST))]
    if (told := _TOLD * abs(least)) < last:
        first = max(first, told)
    if not 0 < first < last:
        return (least, *[most] * LEVELS)
    ratio = (last / first) ** (1 / (LEVELS - 2))
    # Where a number is tiny beside another, their sum is rounded.
    top = min(least + last, most)
    return (least, *(min(least + first * ratio**i, top) for i in range(LEVELS - 2)), top, most)
