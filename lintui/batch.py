"""Puts the metrics and looks of single steps together by column, as a log holds them; without a clock or a thread."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from lintui.events import Event, Layers, Steps
from lintui.probe import Glance, Look

MOST = 2_000
"""Numbers in a batch at most, so that a line stays short of what a line may be."""


Metrics = tuple[Any, ...]
"""Metrics of one step: its number, its seconds, the split, the names, the work on GPUs that tensors come of, and for
each name a number, a tensor of one entry that is still on a device, or None for what is left out.

All of it in one plain tuple, for each step leaves one behind: what Python makes and looks for garbage in counts.
"""
HEAD = 5
"""Where in it the values begin."""
LAYOUT: Callable[[Metrics], tuple[str, tuple[str, ...]]] = itemgetter(2, 3)
"""Its split and names, without a function of Python's own: thousands are asked for in a second."""


class Looked(NamedTuple):
    """One look at the parameters after a step that was made with a learning rate of `lr`, maybe a tensor."""

    at: int
    t: float
    lr: Any
    look: Glance


@dataclass(slots=True)
class _Columns:
    """Metrics of one set of columns."""

    at: list[int] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class Batch:
    """What was measured since the last event was closed; what does not fit beside it closes it."""

    def __init__(self) -> None:
        """Begin empty, on the first branch."""
        self.branch = 0
        """The branch that it belongs to."""
        self._columns: dict[tuple[str, tuple[str, ...]], _Columns] = {}
        self._looks: list[tuple[int, float, float | None, Look]] = []
        self._size = 0

    def add(
        self,
        split: str,
        names: tuple[str, ...],
        at: Sequence[int],
        t: Sequence[float],
        columns: Sequence[Sequence[float]],
    ) -> list[Event]:
        """Take in metrics of consecutive steps, a column for each name; returns what that closes."""
        closed: list[Event] = []
        first = 0
        while first < len(at):
            there = self._columns.get((split, names))
            if there is None:
                # A metric that stands in another set of columns so far: its order is that of its steps.
                if any(split == one and not set(names).isdisjoint(others) for one, others in self._columns):
                    closed += self.close()
                there = self._columns[split, names] = _Columns()
            last = min(first + -(-(MOST - self._size) // len(names)), len(at))
            there.at += at[first:last]
            there.t += t[first:last]
            for name, column in zip(names, columns, strict=True):
                there.values[name] += column[first:last]
            closed += self._grown((last - first) * len(names))
            first = last
        return closed

    def has_room(self, numbers: int) -> bool:
        """Whether so many more close nothing."""
        return self._size + numbers < MOST

    def add_looks(self, looked: Iterable[Looked], looks: Iterable[Look]) -> list[Event]:
        """Take in looks at the parameters, and what was seen at each; returns what that closes."""
        closed: list[Event] = []
        for (at, t, lr, _), look in zip(looked, looks, strict=False):  # none where they can't be fetched any more
            self._looks.append((at, t, None if lr is None else float(lr), look))
            closed += self._grown(size(look))
        return closed

    def _grown(self, numbers: int) -> list[Event]:
        self._size += numbers
        return self.close() if self._size >= MOST else []

    def close(self) -> list[Event]:
        """The columns as events, and nothing more in them."""
        closed: list[Event] = [
            Steps(
                branch=self.branch,
                split=split,
                at=tuple(columns.at),
                t=_rounded(columns.t),
                values={name: tuple(columns.values[name]) for name in names},
            )
            for (split, names), columns in self._columns.items()
        ]
        if self._looks:
            at, t, lr, looks = zip(*self._looks, strict=True)
            values = dict(zip(Look._fields, zip(*looks, strict=True), strict=True))
            closed.append(Layers(branch=self.branch, at=at, t=_rounded(t), lr=lr, values=values))
        self._columns.clear()
        self._looks.clear()
        self._size = 0
        return closed


def size(look: Look) -> int:
    """The numbers in a look."""
    return 4 * len(look.value)


def _rounded(seconds: "list[float] | tuple[float, ...]") -> tuple[float, ...]:
    """Tenths of a millisecond are enough to draw by, and take half the room in the log."""
    return tuple([round(1e4 * t) / 1e4 for t in seconds])  # a third of what round(t, 4) takes
