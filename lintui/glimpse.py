"""A first look at a long log: its beginning, its end and some lines in between, without reading the rest of it."""

import os
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

from lintui.codec import BadLine, decode_event
from lintui.events import Record
from lintui.regular import open_regular
from lintui.state import RunState

_END = 256 * 1024
"""Bytes of the beginning, and of the end, whose lines are all taken."""
_PLACES = 96
"""Places in between, evenly spaced."""
_BLOCK = 128 * 1024
"""Bytes read at each of them: a line is rarely longer than half of that."""
_TAKEN = 8 * 1024
"""Bytes of the lines taken at each of them, the first whole one whatever its length."""
_SHORTEST = 32
"""Bytes that the line of a record has at least: a file may be full of line ends."""


def glimpse(path: Path) -> RunState:
    """What the lines that are looked at say of the run, however long the log is; raises OSError.

    Whether lines are missing in between can't be told, and nothing is said of those that are damaged.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        lines = [line for place in _places(size) for line in _lines_at(file.fileno(), *place)]
    state = RunState()
    for record in sorted(_records(lines), key=lambda record: record.n):
        state.apply(record)
    state.gaps = 0
    return state


def _places(size: int) -> Iterator[tuple[int, int, int]]:
    """Where to look: the first byte, how many to read, and how many of them to take."""
    between = max(size - 2 * _END, 0)
    yield 0, _END, _END
    for i in range(_PLACES):
        yield _END + between * i // _PLACES, _BLOCK, _TAKEN
    yield max(size - _END, 0), _END, _END


def _lines_at(fd: int, start: int, length: int, most: int) -> list[bytes]:
    """The first of the whole lines in this part of the file."""
    # From one byte before, so that a line that begins exactly here counts as one.
    block = os.pread(fd, length + 1, start - 1) if start else b"\n" + os.pread(fd, length, 0)
    lines = [line for line in block.split(b"\n")[1:-1] if len(line) >= _SHORTEST]
    sizes = accumulate(map(len, lines))
    return lines[:1] + [line for line, size in zip(lines[1:], islice(sizes, 1, None), strict=True) if size <= most]


def _records(lines: list[bytes]) -> Iterator[Record]:
    # Places may overlap; a record that comes twice is passed over where it is applied.
    for line in lines:
        try:
            record = decode_event(line)
        except BadLine:
            continue
        if record is not None:
            yield record
