"""One line of a log to what a screen needs of it: of a batch of steps what it says in brief, its columns unread.

The checksum is that of the whole line, which is kept until its numbers are looked at or no longer wanted. What
is no batch, or says nothing in brief, or not what it should, is decoded as a whole (`lintui.codec`).
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from lintui.codec import BadLine, checks, decode_event, floats, text_line, verify
from lintui.events import Brief, Record, Steps
from lintui.spans import SPAN, Column, Points, Spans

_SIGN = b'"kind":"steps","brief":'
_HEAD = 40
"""Bytes of a line within which the sign stands."""
_COLUMNS = b',"at":['
"""Where the columns begin. Within a text a quotation mark has a backslash before it."""
_ROOM = 64
"""Bytes of a line for each of its numbers at most: it is kept while they are among the newest ones."""


def decode_in_brief(line: bytes) -> Record | None:
    """As decode_event, but of a batch that says so in brief only that is read; raises BadLine."""
    if line.find(_SIGN, 0, _HEAD) < 0 or (columns := line.find(_COLUMNS)) < 0:
        return decode_event(line)
    verify(line)
    try:
        return _record(orjson.loads(line[:columns] + b"}"), line)
    except (LookupError, TypeError, ValueError, OverflowError):
        return decode_event(line)


def _record(head: Mapping[str, Any], line: bytes) -> Record:
    """The record of a line that begins so; raises what decode_in_brief knows where it should not."""
    n, said = head["n"], head["brief"]
    first, distance, count = said["steps"]
    spans = said["spans"]
    if (
        type(spans) is not dict
        or not all(type(number) is int for number in (n, first, distance, count))
        or not 0 <= n < 2**62
    ):
        raise TypeError
    at = range(first, first + distance * count, distance)
    if not (distance > 0 and abs(at[-1]) < 2**62 and abs(first) < 2**62 and 0 < count <= len(line)):
        raise ValueError
    if len(line) > _ROOM * count * (len(spans) + 2):
        raise ValueError
    t = floats(said["t"])
    known = {name: taken(head[name]) for name, taken in checks(Steps).items() if name in head}
    unread = _Unread(line, at)
    values = {
        metric: Column(count, _spans(told, count), unread.column(metric))
        for metric, told in zip(map(text_line, spans), spans.values(), strict=True)
    }
    return Record(n, Brief(**known, at=at, t=(t[0], t[1]), values=values))


def _spans(told: Any, count: int) -> Spans:
    """The spans of a column of so many values; raises TypeError or ValueError for what are none."""
    low, low_in, high, high_in, total = told
    spans = Spans(floats(low), low_in, floats(high), high_in, floats(total))
    many, last = -(-count // SPAN), (count - 1) % SPAN
    if any(len(numbers) != many for numbers in spans) or not math.isfinite(sum(map(sum, (spans.low, spans.high)))):
        raise ValueError
    for places in (low_in, high_in):
        if {*map(type, places)} != {int} or min(places) < 0 or max(places) >= SPAN or places[-1] > last:
            raise ValueError
    return spans


class _Unread:
    """A line whose columns are read once somebody looks at one of them."""

    __slots__ = ("_at", "_line", "_steps")

    def __init__(self, line: bytes, at: range) -> None:
        self._line = line
        self._at = at
        self._steps: Steps | None = None

    def column(self, metric: str) -> Callable[[], Points]:
        """What gives the points of a metric; NaN where the line says one thing in brief and another in full."""
        return lambda: self._points(metric)

    def _points(self, metric: str) -> Points:
        if self._steps is None and self._line:
            with suppress(BadLine):
                record = decode_event(self._line)
                if record is not None and isinstance(record.event, Steps) and len(record.event.at) == len(self._at):
                    self._steps = record.event
            self._line = b""
        if self._steps is None or metric not in self._steps.values:
            return tuple(self._at), (math.nan,) * len(self._at)
        return self._steps.at, self._steps.values[metric]
