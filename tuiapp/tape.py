"""A log played from its start as far as somebody wants, into a state of its own; never back, without a clock.

Batches that were flushed together are cut at one step, all of them, as if they had been flushed there.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from lintui.events import Branched, Event, Layers, Record, Steps
from lintui.state import RunState

_LOOKS = "looks"


class Reader(Protocol):
    """Whatever reads a log from its start."""

    def look(self) -> list[Record] | None:
        """The next records, a few thousand at most, which may be none; None: there is no more yet."""

    def close(self) -> None:
        """Give the file up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """How far to play: up to the first record that lies beyond one of these."""

    step: float = math.inf
    """What belongs to later steps is left out."""
    branch: int | None = None
    """The branch that `step` is of; None: of whichever gets there first."""
    t: float = math.inf
    """What was said later is left out, in seconds since the start."""


class Tape:
    """The records of a log, each applied once and in order."""

    def __init__(self, reader: Reader) -> None:
        """Begin before the first record."""
        self.state = RunState()
        self.t = 0.0
        """When the newest record was said, in seconds since the start; it never falls, not even after a resume."""
        self.is_over = False
        """Whether all that is in the log was played."""
        self._reader = reader
        self._records: deque[Record] = deque()
        self._batches: list[_Part] = []
        """Batches that come next, flushed together."""
        self._before = 0.0
        """Seconds of earlier processes, where a run was resumed by one whose clock began anew."""

    def play(self, goal: Goal, is_late: Callable[[], bool]) -> bool:
        """Go on until the goal or the end of the log is reached; False: it was late before that."""
        while True:
            if is_late():
                return False
            if not self._batches and not self._records and not self._read():
                self.is_over = True
                return True
            self._gather()
            if self._batches:
                if not self._play_batches(goal):
                    return True
            elif self._records and not self._play_record(goal):
                return True

    def step(self, is_late: Callable[[], bool]) -> None:
        """Go on by one step, to all that was said before the one after it; or to where it branches off."""
        if not self.play(Goal(step=self.state.at), is_late) or self.is_over:
            return
        if self._batches:
            self._play_batches(Goal(step=min(part.event.at[0] for part in self._batches)))
        else:
            self._apply(self._records.popleft())
        self.play(Goal(step=self.state.at), is_late)

    @property
    def due(self) -> float | None:
        """When what comes next was said, in seconds since the start; None: that was not read yet."""
        if self._batches:
            return max(self.t, min(part.event.t[0] for part in self._batches) + self._before)
        return self._time(self._records[0].event) if self._records else None

    def close(self) -> None:
        """Give the file up."""
        self._reader.close()

    def _read(self) -> bool:
        """Read on; False: there is no more yet."""
        records = self._reader.look()
        self._records.extend(records or ())
        return records is not None

    def _gather(self) -> None:
        """Put the batches together that come next and were flushed together, unless that was done."""
        if self._batches:
            return
        names: set[object] = set()
        while self._records or (self._batches and self._read() and self._records):
            n, event = self._records[0]
            if not isinstance(event, Steps | Layers) or not _can_be_cut(event):
                return
            said = _names(event)
            if self._batches and (event.at[0] > self._last or not names.isdisjoint(said)):
                return
            names |= said
            self._batches.append(_Part(n, event))
            self._records.popleft()

    @property
    def _last(self) -> int:
        """The last step of the batches that come next."""
        return max(part.event.at[-1] for part in self._batches)

    def _play_batches(self, goal: Goal) -> bool:
        """Apply of the next batches what lies before the goal; False: some of it lies behind."""
        last = goal.step if self._is_on(goal) else math.inf
        if goal.t < math.inf:
            said = [at for part in self._batches for at in part.said_until(goal.t - self._before)]
            last = min(last, max(said, default=-1))
        if all(part.event.at[0] > last for part in self._batches):
            return False
        is_whole = self._last <= last
        for part in self._batches:
            head = part if is_whole else part.cut_off(last)
            if part.is_begun:
                self.state.go_on(head.event)
            else:
                self.state.apply(Record(head.n, head.event))
            part.is_begun = True
            if head.event.t:
                self.t = max(self.t, head.event.t[-1] + self._before)
        self._batches = [] if is_whole else [part for part in self._batches if part.event.at]
        return is_whole

    def _play_record(self, goal: Goal) -> bool:
        """Apply the next record, unless it lies behind the goal."""
        event = self._records[0].event
        if self._time(event) > goal.t:
            return False
        if self._is_on(goal):
            is_there = self.state.at >= goal.step
            if is_there if isinstance(event, Branched) else _step(event) > goal.step:
                return False
        self._apply(self._records.popleft())
        return True

    def _apply(self, record: Record) -> None:
        event = record.event
        if isinstance(event, Branched) and event.t + self._before < self.t:
            self._before = self.t - event.t
        self.t = self._time(event)
        self.state.apply(record)

    def _is_on(self, goal: Goal) -> bool:
        return goal.branch in (None, self.state.branch)

    def _time(self, event: Event) -> float:
        """When it was said; of what doesn't say it, the moment of what came before."""
        said = getattr(event, "t", None)
        t = max((x for x in said if math.isfinite(x)), default=0.0) if isinstance(said, tuple) else said
        return max(self.t, t + self._before) if t is not None and math.isfinite(t) else self.t


@dataclass(slots=True)
class _Part:
    """What was not played yet of a batch."""

    n: int
    event: Steps | Layers
    is_begun: bool = False

    def said_until(self, t: float) -> tuple[int, ...]:
        """The last step that was made by then; empty: there is none."""
        count = _leading(self.event.t, t)
        return self.event.at[count - 1 : count] if count else ()

    def cut_off(self, last: float) -> "_Part":
        """What there is up to a step, maybe nothing; the rest is what stays."""
        count = _leading(self.event.at, last)
        head, self.event = _sliced(self.event, slice(count)), _sliced(self.event, slice(count, None))
        return _Part(self.n, head)


def _leading(column: tuple[int, ...] | tuple[float, ...], last: float) -> int:
    """How many numbers of a growing column come before the first beyond `last`."""
    return next((i for i, x in enumerate(column) if x > last), len(column))


def _sliced(event: Steps | Layers, part: slice) -> Steps | Layers:
    at, t = event.at[part], event.t[part]
    if isinstance(event, Steps):
        return replace(event, at=at, t=t, values={name: column[part] for name, column in event.values.items()})
    looks = {name: column[part] for name, column in event.values.items()}
    return replace(event, at=at, t=t, lr=event.lr[part], values=looks)


def _can_be_cut(event: Steps | Layers) -> bool:
    """Whether the parts say what the whole does: nothing goes back, and all looks are at the same parameters."""
    if not event.at or not all(math.isfinite(t) for t in event.t):
        return False
    if list(event.at) != sorted(event.at) or list(event.t) != sorted(event.t):
        return False
    return isinstance(event, Steps) or len({len(look) for looks in event.values.values() for look in looks}) <= 1


def _names(event: Steps | Layers) -> set[object]:
    """What it says something of: in two batches that share any of it, the order counts."""
    if isinstance(event, Layers):
        return {_LOOKS}
    return {(event.split, name, event.rank) for name in event.values}


def _step(event: Event) -> float:
    """The step that it belongs to; 0 for what bears none."""
    at = getattr(event, "at", 0)
    return max(at, default=0) if isinstance(at, tuple) else at
