"""A first look at a long log: its beginning, its end and some lines in between, without reading the rest of it."""

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate, islice
from pathlib import Path

from lintui.brief import decode_in_brief
from lintui.codec import BadLine, decode_event
from lintui.events import Brief, Event, Record, Steps
from lintui.regular import open_regular
from lintui.spans import Column
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
    found: dict[int, Event] = {}
    with open_regular(path) as file:
        fd, size = file.fileno(), os.fstat(file.fileno()).st_size
        between = max(size - 2 * _END, 0)
        for i in range(_PLACES):
            found |= _said(_lines_at(fd, _END + between * i // _PLACES, _BLOCK, _TAKEN), decode_in_brief)
        for start in (0, max(size - _END, 0)):
            found |= _said(_lines_at(fd, start, _END, _END), decode_event)
    state = RunState()
    for n, event in sorted(found.items()):
        if isinstance(event, Brief):
            _apply_extremes(state, n, event)
        else:
            state.apply(Record(n, event))
    state.gaps = 0
    return state


def _lines_at(fd: int, start: int, length: int, most: int) -> list[bytes]:
    """The first of the whole lines in this part of the file."""
    # From one byte before, so that a line that begins exactly here counts as one.
    block = os.pread(fd, length + 1, start - 1) if start else b"\n" + os.pread(fd, length, 0)
    lines = [line for line in block.split(b"\n")[1:-1] if len(line) >= _SHORTEST]
    sizes = accumulate(map(len, lines))
    return lines[:1] + [line for line, size in zip(lines[1:], islice(sizes, 1, None), strict=True) if size <= most]


def _said(lines: list[bytes], decode: Callable[[bytes], Record | None]) -> dict[int, Event]:
    """What undamaged lines say, by the numbers of the records."""
    said = {}
    for line in lines:
        with suppress(BadLine):
            if (record := decode(line)) is not None:
                said[record.n] = record.event
    return said


def _apply_extremes(state: RunState, n: int, event: Brief) -> None:
    """Of a batch that was read in brief, the smallest and the largest value of each span."""
    first, (t, until) = event.at[0], event.t
    seconds = (until - t) / max(event.at[-1] - first, 1)  # a step, about
    for name, column in event.values.items():
        points = dict(sorted(column.extremes())) if isinstance(column, Column) else {}
        at = tuple([event.at[place] for place in points])
        times = tuple([t + seconds * (step - first) for step in at])
        values = {name: tuple(points.values())}
        part = Steps(branch=event.branch, split=event.split, rank=event.rank, at=at, t=times, values=values)
        if n == state.next_n - 1:
            state.go_on(part)
        else:
            state.apply(Record(n, part))
