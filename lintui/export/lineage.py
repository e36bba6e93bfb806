"""Which events belong to the run as it stands: its newest branch and what that goes back to; without reading any."""

import math
from dataclasses import replace
from typing import TypeVar

from lintui.events import (
    Applied,
    Branched,
    Brief,
    Declared,
    Epoch,
    Event,
    Layers,
    Level,
    Planned,
    Said,
    Started,
    Steps,
    Values,
    Watching,
)

MAX_BRANCHES = 100_000
"""Branches of one run that are kept in mind, the newest."""

Batch = TypeVar("Batch", Steps, Layers)


class Lineage:
    """How far each branch counts: up to where the next one of the lineage began, or not at all."""

    def __init__(self) -> None:
        """A run of one branch, to begin with."""
        self._began: dict[int, tuple[int, int]] = {}
        """The parent of each branch, and the step of the parent that it goes on from."""
        self._ends: dict[int, float] = {}

    def note(self, event: Branched) -> None:
        """A branch has begun: it is the newest."""
        self._began.pop(event.branch, None)
        self._began[event.branch] = event.parent, event.from_step
        if len(self._began) > MAX_BRANCHES:
            del self._began[next(iter(self._began))]
        self._ends = {}

    def end(self, branch: int) -> float:
        """The last step of the branch that counts: infinity for the newest one, -1 where none does.

        A branch that nobody has begun or left counts as a whole.
        """
        if not self._ends and self._began:
            self._ends = dict.fromkeys((of for began in self._began.items() for of in (began[0], began[1][0])), -1)
            here, limit = next(reversed(self._began)), math.inf
            while self._ends[here] < 0:
                self._ends[here] = limit
                if here not in self._began:
                    break
                here, step = self._began[here]
                limit = min(limit, step)
        return self._ends.get(branch, math.inf)

    def part(self, event: Event) -> Event | None:
        """The part of an event that belongs to the lineage: all of it, some steps of a batch, or None."""
        match event:
            case Steps():
                return _up_to(event, self.end(event.branch))
            case Brief():
                raise TypeError("what is exported is read whole")
            case Layers():
                return _up_to(event, self.end(event.branch))
            case Branched():
                return event if self.end(event.branch) >= 0 else None
            case Started() | Planned() | Declared() | Level() | Watching() | Said():
                return event
            case _:
                return event if event.at <= self.end(event.branch) else None


def _up_to(batch: Batch, end: float) -> Batch | None:
    if end == math.inf or max(batch.at, default=-1) <= end:
        return batch
    kept = [i for i, at in enumerate(batch.at) if at <= end]
    if not kept:
        return None
    columns = {name: tuple(column[i] for i in kept) for name, column in batch.values.items()}
    part = replace(batch, at=tuple(batch.at[i] for i in kept), t=tuple(batch.t[i] for i in kept), values=columns)
    return replace(part, lr=tuple(batch.lr[i] for i in kept)) if isinstance(part, Layers) else part


class Clock:
    """How a run's times go on where it was resumed by a process whose clock began anew."""

    def __init__(self) -> None:
        """At the start of the run."""
        self.before = 0.0
        """Seconds to add to the times of the newest event."""
        self._newest = 0.0

    def note(self, event: Event) -> None:
        """The next event of the log has come, of whatever branch."""
        match event:
            case Branched():
                if self._newest > event.t + self.before:
                    self.before = self._newest - event.t
            case Steps() | Layers():
                if event.t:
                    self._newest = max(self._newest, event.t[-1] + self.before)
            case Values() | Epoch() | Applied():
                self._newest = max(self._newest, event.t + self.before)
