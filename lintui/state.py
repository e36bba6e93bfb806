"""RunState: everything known about a run, from its events alone, without a clock, a file or a screen.

The same events in the same order always give the same state, whether they come live, from another
process or from a log that is read again.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from lintui.events import (
    Applied,
    Array,
    Branched,
    Declared,
    Ended,
    Epoch,
    Event,
    Histogram,
    Layers,
    Level,
    Planned,
    Profile,
    Record,
    Refused,
    Said,
    Started,
    Steps,
    Values,
    Watched,
    Watching,
)
from lintui.histograms import Histograms, is_sound
from lintui.optimizer import SETTINGS
from lintui.series import CAPACITY, Series
from lintui.timeline import Timeline

# A log may be a stranger's, or of a run that says too much: whatever is kept of it is bounded.
MAX_SERIES = 10_000
MAX_BUCKETS = 300_000
"""Buckets of all series together: the more series there are, the coarser each of them is kept."""
MAX_HAPPENINGS = 5_000
MAX_UNDO = 1_000
"""Interventions that can be set back, and as many that can be set forward again."""
MAX_ROWS = 2_000
"""Rows of the table of parameters."""
MAX_KNOBS = 200
MAX_CHOICES = 100
"""Choices of one knob."""
MAX_LEVELS = 200
MAX_EPOCHS = 4_000
MAX_LOOKED = 320_000
"""Numbers of all looks at the parameters that are kept."""
MAX_PROFILED = 200_000
"""Numbers of all profiles that are kept."""
MAX_ARRAYS = 1_000
MAX_LABELS = 100
"""Labels of one array."""
MAX_DIMENSIONS = 32
"""Dimensions of an array."""
SPARK = 24
"""Looks that a layer's sparkline goes back."""
_CUTS = frozenset({"loss"})
"""Knobs after whose turn the numbers of a loss can't be compared with those before."""
_WITH_KEYS = frozenset({"lr", "speed"})
"""Numbers that people turn by keys of their own."""
_REVERSIBLE = frozenset({"number", "factor", "choice"})


class Key(NamedTuple):
    """What names a series."""

    split: str
    name: str
    rank: int = 0


class Look(NamedTuple):
    """One look at the parameters: the step, its learning rate, and a number a row in each column."""

    at: int
    lr: float | None
    value: tuple[float | None, ...]
    gradient: tuple[float | None, ...]
    change: tuple[float | None, ...]
    before: tuple[float | None, ...] = ()
    """The rows before the step; empty in logs of the first days."""


@dataclass(slots=True)
class RunState:
    """What the screen, a replay and a report know; changed by `apply` alone."""

    next_n: int = 0
    """The number of the record that comes next."""
    gaps: int = 0
    """Records that never came."""
    started: Started | None = None
    steps: int | None = None
    """Steps that the run means to make, where it has said so."""
    epochs: int | None = None
    ended: Ended | None = None
    branch: int = 0
    at: int = 0
    """Steps completed."""
    t: float = 0.0
    """Seconds since the start, of the newest event that says so."""
    epoch: int = 0
    """Epochs completed."""
    epoch_ends: dict[int, int] = field(default_factory=dict)
    """Step after which each epoch ended; of thousands, fewer the longer they are past."""
    timeline: Timeline = field(default_factory=Timeline)
    """When the steps were made."""
    paused: bool = False
    stopping: bool = False
    knobs: dict[str, Declared] = field(default_factory=dict)
    levels: list[Level] = field(default_factory=list)
    series: dict[Key, Series] = field(default_factory=dict)
    refused_series: int = 0
    """Points of series beyond the number that is kept."""
    watching: Watching | None = None
    """The first rows of the table, as many as are kept."""
    rows: int = 0
    """Rows that looks at the parameters have."""
    looks: deque[Look] = field(default_factory=deque)
    """Looks at the parameters, oldest first: the newest of them, as many as are kept."""
    looked: int = 0
    """Looks at these parameters so far, those included that are no longer kept."""
    sparks: list[deque[float | None]] = field(default_factory=list)
    """For each row, the relative change at the last looks."""
    happened: deque[Applied | Refused | Said | Branched | Ended] = field(
        default_factory=lambda: deque(maxlen=MAX_HAPPENINGS)
    )
    """What people did and were told, oldest first."""
    undoable: list[Applied] = field(default_factory=list)
    """Interventions that can be set back, the newest last."""
    redoable: list[Applied] = field(default_factory=list)
    """Settings-back that can be set forward again, the newest last."""
    arrays: dict[str, Array] = field(default_factory=dict)
    """The newest of each name."""
    profiles: deque[Profile] = field(default_factory=deque)
    """Of all names, oldest first: the newest of them, as many as are kept."""
    profiled: int = 0
    """Numbers in the profiles that are kept."""
    histograms: Histograms = field(default_factory=Histograms)
    """How weights and gradients were spread."""
    watched: float | None = None
    """Share of the time that watching costs."""
    pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=32))
    """Time and step at the end of the last batches."""

    def apply(self, record: Record) -> None:
        """Take in the next record; one that came before is passed over."""
        n, event = record
        if n < self.next_n:
            return
        self.gaps += n - self.next_n
        self.next_n = n + 1
        self._take(event)

    def go_on(self, batch: Steps | Layers) -> None:
        """Take in more of the batch in a record whose beginning was applied."""
        self._take(batch)

    @property
    def look(self) -> Look | None:
        """The newest look at the parameters."""
        return self.looks[-1] if self.looks else None

    def rate(self) -> float | None:
        """Steps a second over the last seconds; None until there is something to tell it by."""
        if len(self.pace) < 2 or self.pace[-1][0] <= self.pace[0][0]:
            return None
        (t0, at0), (t1, at1) = self.pace[0], self.pace[-1]
        return (at1 - at0) / (t1 - t0)

    def loss_name(self) -> str:
        """The loss in use; empty where nobody said."""
        knob = self.knobs.get("loss")
        return str(knob.value) if knob is not None else ""

    def learning_rate(self) -> float | None:
        """The learning rate of the next step, as far as the run has said it."""
        if (rate := self.knobs.get("lr")) is not None and isinstance(rate.value, float):
            return rate.value
        factor = self.knobs.get("lr.factor")
        if factor is None or factor.base is None or not isinstance(factor.value, float):
            return None
        return factor.base * factor.value

    def has_diverged(self) -> bool:
        """Whether the newest loss on the training data is no finite number."""
        loss = self.series.get(Key("train", "loss"))
        return loss is not None and loss.latest is not None and not math.isfinite(loss.latest.value)

    def settings(self) -> dict[str, float]:
        """The plain numbers that can be changed, by knob: the optimizer's, in the order of their table, first."""
        others = (name for name, knob in self.knobs.items() if knob.shape == "number" and name not in _WITH_KEYS)
        values = {name: self.knobs[name].value for name in (*SETTINGS, *others) if name in self.knobs}
        return {name: value for name, value in values.items() if isinstance(value, float)}

    def levels_now(self) -> list[Level]:
        """The levels that hold under the present loss."""
        return [level for level in self.levels if level.under in ("", self.loss_name())]

    def _take(self, event: Event) -> None:
        match event:
            case Steps():
                self._take_columns(event.split, event.rank, event.at, event.values)
                if event.at:
                    # Both ends of a batch: between two batches somebody may have paused.
                    self.timeline.note(event.at[0], event.t[0])
                    self._reach(event.at[-1], event.t[-1])
                    self.pace.append((event.t[-1], event.at[-1]))
            case Values():
                columns = {name: (value,) for name, value in event.values.items()}
                self._take_columns(event.split, event.rank, (event.at,), columns)
                self._reach(event.at, event.t)
            case Layers():
                self._take_looks(event)
            case Watching():
                self._take_watching(event)
            case Epoch():
                self.epoch = event.number
                self.epoch_ends[event.number] = event.at
                if len(self.epoch_ends) > MAX_EPOCHS:
                    for number in list(self.epoch_ends)[1:-1:2]:
                        del self.epoch_ends[number]
                self._reach(event.at, event.t)
            case Applied():
                self._take_applied(event)
            case Declared():
                if event.knob == "paused":
                    self.paused = event.value is True
                if event.knob in self.knobs or len(self.knobs) < MAX_KNOBS:
                    self.knobs[event.knob] = replace(event, choices=event.choices[:MAX_CHOICES])
            case Level():
                self.levels = [level for level in self.levels if not _same_level(level, event)][1 - MAX_LEVELS :]
                self.levels.append(event)
            case Array():
                if len(event.shape) <= MAX_DIMENSIONS and (
                    event.name in self.arrays or len(self.arrays) < MAX_ARRAYS
                ):
                    self.arrays[event.name] = replace(event, labels=event.labels[:MAX_LABELS])
            case Profile():
                self._take_profile(event)
            case Histogram():
                if is_sound(event):
                    self.histograms.take(event)
                    self._reach(event.at, event.t)
            case Refused() | Said():
                self.happened.append(event)
            case Watched():
                self.watched = event.share
            case Started():
                self.started = event
                self.steps, self.epochs = event.steps, event.epochs
            case Planned():
                self.steps, self.epochs = event.steps or self.steps, event.epochs or self.epochs
            case Branched():
                self.branch = event.branch
                self.at = event.from_step
                self.ended = None
                self.paused = self.stopping = False
                self.happened.append(event)
                for series in self.series.values():
                    series.cut()
                self.histograms.cut(event.from_step)
                self.timeline.go_back(event.from_step, event.t)
                self.epoch_ends = {n: at for n, at in self.epoch_ends.items() if at <= event.from_step}
            case Ended():
                self.ended = event
                # That it ended is one of many things that happened; what came of it is kept once.
                self.happened.append(replace(event, traceback="", summary={}))
                self._reach(event.at, event.t)

    def _reach(self, at: int, t: float) -> None:
        self.at = max(self.at, at)
        self.t = max(self.t, t)
        self.timeline.note(at, t)

    def _take_columns(
        self, split: str, rank: int, at: tuple[int, ...], values: Mapping[str, tuple[float, ...]]
    ) -> None:
        for name, column in values.items():
            key = Key(split, name, rank)
            if key not in self.series:
                if len(self.series) >= MAX_SERIES:
                    self.refused_series += len(column)
                    continue
                self._begin(key)
            self.series[key].extend(at, column)

    def _begin(self, key: Key) -> None:
        self.series[key] = Series()
        among = 1 << len(self.series).bit_length()
        if among == 2 * len(self.series):  # as many as a power of two: room is made for twice as many
            for series in self.series.values():
                series.limit(min(CAPACITY, MAX_BUCKETS // among))
        else:
            self.series[key].limit(min(CAPACITY, MAX_BUCKETS // among))

    def _take_watching(self, event: Watching) -> None:
        self.rows = len(event.names)
        self.watching = Watching(
            names=event.names[:MAX_ROWS], shapes=event.shapes[:MAX_ROWS], whole=event.whole[:MAX_ROWS]
        )
        self.sparks = [deque(maxlen=SPARK) for _ in self.watching.names]
        self.looks.clear()
        self.looked = 0

    def _take_looks(self, event: Layers) -> None:
        columns = [event.values.get(name, ()) for name in ("value", "gradient", "change", "before")]
        value, gradient, change, before = columns
        if any(len(look) != self.rows for column in columns for look in column):
            return  # looks at other parameters than those that were declared
        for look in change:
            for spark, ratio in zip(self.sparks, look, strict=False):
                spark.append(ratio)
        if not (value and gradient and change):
            return
        befores = before or ((),) * len(event.at)
        for at, lr, *row in zip(event.at, event.lr, value, gradient, change, befores, strict=True):
            self.looks.append(Look(at, lr, *(column[:MAX_ROWS] for column in row)))
            self.looked += 1
        kept = max(MAX_LOOKED // (4 * min(self.rows, MAX_ROWS) + 2), 1)
        while len(self.looks) > kept:
            self.looks.popleft()

    def _take_profile(self, event: Profile) -> None:
        if len(event.y) > MAX_PROFILED:
            return
        self.profiles.append(replace(event, marks=dict(islice(event.marks.items(), MAX_LABELS))))
        self.profiled += len(event.y)
        while self.profiled > MAX_PROFILED:
            self.profiled -= len(self.profiles.popleft().y)

    def _take_applied(self, event: Applied) -> None:
        self.happened.append(event)
        self._reach(event.at, event.t)
        match event.knob:
            case "paused":
                self.paused = event.new is True
                self.pace.clear()
            case "step":
                self.paused = True
                self.pace.clear()
            case "stop":
                self.stopping = True
        knob = self.knobs.get(event.knob)
        if knob is None:
            return
        self.knobs[event.knob] = replace(knob, value=event.new)
        if knob.shape not in _REVERSIBLE:
            return
        if event.undoes:
            self.undoable = [done for done in self.undoable if done.id != event.undoes]
            self.redoable.append(event)
            del self.redoable[:-MAX_UNDO]
        elif event.redoes:
            self.redoable = [undone for undone in self.redoable if undone.id != event.redoes]
            self.undoable.append(event)
        else:
            self.redoable.clear()
            self.undoable.append(event)
        del self.undoable[:-MAX_UNDO]
        if event.knob in _CUTS:
            for key, series in self.series.items():
                if key.name.split()[-1:] == ["loss"]:  # the "mean batch loss" of an epoch is one, too
                    series.cut()


def _same_level(one: Level, other: Level) -> bool:
    return (one.split, one.name, one.label, one.under) == (other.split, other.name, other.label, other.under)
