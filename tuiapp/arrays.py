"""What a run has recorded that is larger than a number: its names, and its numbers checked; without drawing it."""

import array as typed_arrays
import csv
import io
import math
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lintui.artifacts import load
from lintui.events import Array
from lintui.state import RunState

MOST = 1_000_000
"""Numbers of one array at most."""
_CODES = {
    "bool": "B",
    "uint8": "B",
    "int8": "b",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
    "float32": "f",
    "float64": "d",
}
_HALF = "float16"
_ELSEWHERE = frozenset({"surface"})
"""What arrays show that have a pane of their own."""


class Unreadable(Exception):
    """There are no numbers to be seen; the text is one line that says why."""


class Missing(Unreadable):
    """There is no file yet; there may be one later."""


class Spread(NamedTuple):
    """What is known of all numbers together, of those that are finite; 0 where there are none."""

    low: float = 0.0
    high: float = 0.0
    mean: float = 0.0
    bad: int = 0
    """Those that are not finite."""

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        """Of these."""
        known = finite(numbers)
        bad = len(numbers) - len(known)
        # Divided first: the sum of what floats can hold may be more than that.
        mean = math.fsum(x / len(known) for x in known)
        return cls(min(known), max(known), mean, bad) if known else cls(bad=bad)


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array's numbers in C order, as many as its shape has places; they may be NaN or infinite."""

    shape: tuple[int, ...]
    flat: Sequence[float]
    spread: Spread

    @property
    def columns(self) -> int:
        """Numbers along the last axis; 1 where there is no axis."""
        return self.shape[-1] if self.shape else 1

    @property
    def rows(self) -> int:
        """Rows that the other axes make together."""
        return len(self.flat) // self.columns if self.columns else 0

    def row(self, place: int) -> Sequence[float]:
        """One row, of as many numbers as there are columns."""
        return self.flat[place * self.columns : (place + 1) * self.columns]

    def column(self, place: int) -> Sequence[float]:
        """One number of each row."""
        return self.flat[place :: self.columns]


def has_pictures(state: RunState) -> bool:
    """Whether a run has recorded anything to be seen."""
    return bool(state.profiles) or any(array.shows not in _ELSEWHERE for array in state.arrays.values())


def names(state: RunState) -> list[str]:
    """What a run has recorded to be seen, in the order in which it came first: arrays, then profiles."""
    shown = [name for name, array in state.arrays.items() if array.shows not in _ELSEWHERE]
    return [*shown, *dict.fromkeys(profile.name for profile in state.profiles if profile.name not in state.arrays)]


def read(folder: Path | None, array: Array) -> Numbers:
    """The numbers of an array whose run lives in `folder`; raises Unreadable."""
    count = math.prod(array.shape)
    if any(size < 0 for size in array.shape) or count > MOST:
        raise Unreadable(f"a shape of {shape(array.shape)} is more than the {MOST:,} numbers that are read")
    if not count:
        raise Unreadable("there is nothing in it")
    if folder is None:
        raise Missing("its file is not beside the log")
    try:
        data = load(folder / "artifacts", array)
    except FileNotFoundError as error:
        raise Missing("its file is not beside the log") from error
    except (OSError, ValueError) as error:
        raise Unreadable(f"its file can't be read: {getattr(error, 'strerror', None) or error}") from error
    flat = unpacked(data, array.dtype, count)
    return Numbers(array.shape, flat, Spread.of(flat))


def shape(sizes: Sequence[int]) -> str:
    """Sizes as people write them: 10×28×28."""
    return "×".join(map(str, sizes)) or "one number"


def unpacked(data: bytes, dtype: str, count: int) -> Sequence[float]:
    """That many little-endian numbers; raises Unreadable."""
    if dtype == _HALF and len(data) == 2 * count:
        return struct.unpack(f"<{count}e", data)
    if dtype not in _CODES:
        raise Unreadable(f"its numbers are {dtype!r}, which can't be read here")
    numbers: typed_arrays.array[float] = typed_arrays.array(_CODES[dtype])
    if len(data) != numbers.itemsize * count:
        raise Unreadable(f"its file holds {len(data):,} bytes, not {count:,} numbers of {dtype}")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def finite(numbers: Sequence[float]) -> list[float]:
    """Those that are finite."""
    return [x for x in numbers if math.isfinite(x)]


def heads(array: Array) -> Sequence[str]:
    """The names that columns were given, from the first on."""
    return {"table": array.axes, "counts": array.labels}.get(array.shows, ())


def place(array: Array, row: int) -> tuple[str, ...]:
    """Which row it is, by the axes before the last: a number each, or the caption that one has."""
    places: list[str] = []
    for size in reversed(array.shape[:-1]):
        row, index = divmod(row, size)
        places.append(str(index))
    if places and array.shows in ("images", "counts") and int(places[-1]) < len(array.labels):
        places[-1] = array.labels[int(places[-1])]
    return tuple(reversed(places))


def table(array: Array, numbers: Numbers) -> str:
    """All of it as comma-separated values, every number with all its digits; a row for each row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    named = array.shows != "table"
    leading = [f"axis {i}" if i >= len(array.axes) else array.axes[i] for i in range(len(array.shape) - 1)]
    given = heads(array)
    columns = [*given[: numbers.columns], *map(str, range(len(given), numbers.columns))]
    writer.writerow([*(leading if named else ()), *columns])
    for row in range(numbers.rows):
        writer.writerow([*(place(array, row) if named else ()), *map(repr, numbers.row(row))])
    return text.getvalue()
