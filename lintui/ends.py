"""What the two ends of a log say, however long it is: how the run began, and the last that it said."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lintui.codec import MAX_LINE, BadLine, decode_event
from lintui.events import Ended, Record, Steps, Values
from lintui.regular import open_regular
from lintui.state import RunState

HEAD = 16 * 1024
TAIL = 64 * 1024
"""Bytes of each end that are looked at; more where no whole line is among them."""
_MANY = (b'"kind":"steps"', b'"kind":"values"', b'"kind":"layers"', b'"kind":"array"', b'"kind":"profile"')
"""Kinds of which the beginning is told by the end as well."""
_KIND_WITHIN = 60
"""Bytes of a line within which its kind stands."""


class Tail:
    """The last lines of a log, and then whatever is added to it; a torn last line is "not yet"."""

    def __init__(self, path: Path, size: int = TAIL) -> None:
        """Begin with the last `size` bytes of the log at `path`, 0 for nothing but what is added; raises OSError."""
        self._file = open_regular(path)
        end = os.fstat(self._file.fileno()).st_size
        self._file.seek(max(end - size, 0))
        if end > size > 0 and self._file.read(size).count(b"\n") < 2:  # a line longer than that stands at the end
            size = 2 * MAX_LINE
        self._file.seek(max(end - size, 0))
        self._rest = b""
        self._skips = end > size > 0
        """Whether what comes next, up to a line's end, is no whole line."""

    def read(self) -> list[bytes]:
        """The whole lines that came since the last call, without their ends; never more than a few megabytes."""
        *lines, self._rest = (self._rest + self._file.read(4 * MAX_LINE)).split(b"\n")
        if self._skips and lines:
            self._skips = False
            del lines[0]
        if len(self._rest) > MAX_LINE:
            self._rest, self._skips = b"", True
        return lines

    def close(self) -> None:
        """Give the file up."""
        self._file.close()


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of those lines that are whole and undamaged, and of a kind that this version knows."""
    for line in lines:
        try:
            record = decode_event(line)
        except BadLine:
            continue
        if record is not None:
            yield record


def last_lines(path: Path) -> list[bytes]:
    """The last whole lines of a log; raises OSError."""
    tail = Tail(path)
    lines = tail.read()
    tail.close()
    return lines


def glance(path: Path) -> RunState:
    """What the ends of a log say of its run: its start, its knobs and its newest values; raises OSError.

    What was said in between is missing, and so are the extremes of each metric and the number of gaps.
    """
    taken = {record.n: record for record in beginning(path)}
    newest: Record | None = None
    # Of a run that has ended the last few lines say all; of another one, what it waits for may stand further back.
    for record in records(reversed(last_lines(path))):
        newest = newest or record
        taken[record.n] = record
        if isinstance(newest.event, Ended) and _says_loss(record):
            break
    state = RunState()
    for n in sorted(taken):
        state.apply(taken[n])
    return state


def beginning(path: Path) -> list[Record]:
    """What a run was started with, without what it said as it went on; raises OSError."""
    with open_regular(path) as file:
        data = file.read(HEAD)
        if b"\n" not in data:
            data += file.read(MAX_LINE)
    first, *others = data.split(b"\n")[:-1] or [b""]
    return [*records([first, *(line for line in others if not any(kind in line[:_KIND_WITHIN] for kind in _MANY))])]


def _says_loss(record: Record) -> bool:
    return isinstance(record.event, Steps | Values) and "loss" in record.event.values
