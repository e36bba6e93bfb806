"""A log that has been looked through once: its series, its lineage, and its steps in order, row by row.

A row is complete only when nothing that comes later in the log bears its step. How far each part of the log
reaches back is found on the first way through; so the second one holds a few rows at a time, however long a log
is whose steps come about in order, and still gives every row once where they don't.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import islice
from typing import TypeVar

from lintui.events import Branched, Epoch, Event, Started, Steps, Values
from lintui.export.lineage import Clock, Lineage
from lintui.known import MAX_SERIES, Key

Source = Callable[[], Iterable[Event]]
"""Gives the events of a log from its start, each time it is called."""

V = TypeVar("V")

_PART = 16
"""Events whose reach is kept as one number."""


@dataclass(slots=True)
class Row:
    """Everything that was measured after one step."""

    step: int
    time: float
    """Seconds since the start."""
    values: dict[int, float] = field(default_factory=dict)
    """By the number of the series."""
    epoch: int = 0
    """The epoch that the step was made in, from 1; 0 before the first step."""


class Recording:
    """What a log holds, of the lineage that it ended with."""

    def __init__(self, source: Source) -> None:
        """Look through the log once; what the source raises goes through."""
        self.started: Started | None = None
        self.keys: dict[Key, int] = {}
        """The series, each with its number, in the order in which they first came; MAX_SERIES at most."""
        self.left_out = 0
        """Values of series beyond those."""
        self.has_epochs = False
        self._source = source
        self._lineage = Lineage()
        self.size = 0
        """Events of the log, those of branches that were left included."""
        self._reach = self._look_through()
        """For each part of the log, the first step that it or a later one says something about."""

    def events(self) -> Iterator[tuple[Event, float]]:
        """The events of the lineage, each with the seconds to add to its times (see `Clock`)."""
        clock = Clock()
        for event in islice(self._source(), self.size):
            clock.note(event)
            if (part := self._lineage.part(event)) is not None:
                yield part, clock.before

    def rows(self) -> Iterator[Row]:
        """Every step at which something was measured, once, in order; of what was measured twice, the later value."""
        clock, waiting = Clock(), _Waiting()
        for i, event in enumerate(islice(self._source(), self.size)):
            if i % _PART == 0:
                yield from waiting.complete(self._reach[i // _PART])
            clock.note(event)
            match self._lineage.part(event):
                case Steps() as part:
                    if columns := self._numbered(part, part.values):
                        for at, t, *row in zip(part.at, part.t, *columns.values(), strict=True):
                            waiting.row(at, t + clock.before).update(zip(columns, row, strict=True))
                case Values() as part:
                    if values := self._numbered(part, part.values):
                        waiting.row(part.at, part.t + clock.before).update(values)
                case Epoch() as part:
                    waiting.end_epoch(part)
        yield from waiting.complete(math.inf)

    def _numbered(self, event: Steps | Values, values: Mapping[str, V]) -> dict[int, V]:
        keys = ((Key(event.split, name, event.rank), value) for name, value in values.items())
        return {self.keys[key]: value for key, value in keys if key in self.keys}

    def _look_through(self) -> "array[float]":
        firsts = array("d")
        for event in self._source():
            if self.size % _PART == 0:
                firsts.append(math.inf)
            self.size += 1
            match event:
                case Steps():
                    self._note_series(event, len(event.at))
                    firsts[-1] = min(firsts[-1], min(event.at, default=math.inf))
                case Values():
                    self._note_series(event, 1)
                    firsts[-1] = min(firsts[-1], event.at)
                case Epoch():
                    self.has_epochs = True
                    firsts[-1] = min(firsts[-1], event.at)
                case Branched():
                    self._lineage.note(event)
                case Started():
                    self.started = self.started or event
        for i in range(len(firsts) - 1, 0, -1):
            firsts[i - 1] = min(firsts[i - 1], firsts[i])
        return firsts

    def _note_series(self, event: Steps | Values, count: int) -> None:
        for name in event.values:
            key = Key(event.split, name, event.rank)
            if key not in self.keys:
                if len(self.keys) < MAX_SERIES:
                    self.keys[key] = len(self.keys)
                else:
                    self.left_out += count


class _Waiting:
    """Rows that something may still be said about, and the ends of epochs among them."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._steps: list[int] = []
        self._ends: list[tuple[int, int]] = []
        self._epoch = 1

    def row(self, step: int, time: float) -> dict[int, float]:
        """The values of a step, to be added to; `time` is that of the row if it is new."""
        row = self._rows.get(step)
        if row is None:
            row = self._rows[step] = Row(step, time)
            heappush(self._steps, step)
        return row.values

    def end_epoch(self, event: Epoch) -> None:
        """An epoch has ended: the steps after it are those of the next one."""
        heappush(self._ends, (event.at, event.number))

    def complete(self, before: float) -> Iterator[Row]:
        """The rows of the steps before this one, in order; nothing waits for them any more."""
        while self._steps and self._steps[0] < before:
            row = self._rows.pop(heappop(self._steps))
            while self._ends and self._ends[0][0] < row.step:
                self._epoch = heappop(self._ends)[1] + 1
            row.epoch = self._epoch if row.step > 0 else 0
            yield row
