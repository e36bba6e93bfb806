"""RunState: everything known about a run, from its events alone, without a clock, a file or a screen.

The same events in the same order always give the same state, whether they come live, from another
process or from a log that is read again.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lintui.events import (
    Applied,
    Array,
    Branched,
    Brief,
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
from lintui.histograms import is_sound
from lintui.known import (
    MAX_ARRAYS,
    MAX_BUCKETS,
    MAX_CHOICES,
    MAX_DIMENSIONS,
    MAX_EPOCHS,
    MAX_KNOBS,
    MAX_LABELS,
    MAX_LEVELS,
    MAX_LOOKED,
    MAX_PROFILED,
    MAX_ROWS,
    MAX_SERIES,
    MAX_UNDO,
    SPARK,
    Key,
    Known,
    Look,
)
from lintui.series import CAPACITY, Series

_CUTS = frozenset({"loss"})
"""Knobs after whose turn the numbers of a loss can't be compared with those before."""
_REVERSIBLE = frozenset({"number", "factor", "choice"})


Add = Callable[[Series, Sequence[int], Sequence[float]], None]
"""What becomes of points that are added to a series: a batch, or more of the newest one."""


@dataclass(slots=True)
class RunState(Known):
    """What the screen, a replay and a report know; changed by `apply` alone."""

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
        if isinstance(batch, Steps):
            self._take_steps(batch, Series.go_on)
        else:
            self._take(batch)

    def _take(self, event: Event) -> None:
        match event:
            case Steps() | Brief():
                self._take_steps(event, Series.extend)
            case Values():
                columns = {name: (value,) for name, value in event.values.items()}
                self._take_columns(event.split, event.rank, (event.at,), columns, Series.extend)
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
                    choices, words = event.choices[:MAX_CHOICES], event.words[:MAX_CHOICES]
                    self.knobs[event.knob] = replace(event, choices=choices, words=words)
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
                if _is_progress(event) and self.happened and _is_progress(self.happened[-1]):
                    self.happened.pop()
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

    def _take_steps(self, event: Steps | Brief, add: Add) -> None:
        self._take_columns(event.split, event.rank, event.at, event.values, add)
        if event.at:
            # Both ends of a batch: between two batches somebody may have paused.
            self.timeline.note(event.at[0], event.t[0])
            self._reach(event.at[-1], event.t[-1])
            self.pace.append((event.t[-1], event.at[-1]))

    def _take_columns(
        self, split: str, rank: int, at: Sequence[int], values: Mapping[str, Sequence[float]], add: Add
    ) -> None:
        keys = [Key(split, name, rank) for name in values]
        # All of them begin before any grows: how coarse a series is kept depends on how many there are.
        for key in keys:
            if key not in self.series and len(self.series) < MAX_SERIES:
                self._begin(key)
        for key, column in zip(keys, values.values(), strict=True):
            if key in self.series:
                add(self.series[key], at, column)
            else:
                self.refused_series += len(column)

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


def _is_progress(event: Event) -> bool:
    return isinstance(event, Said) and event.level == "progress"


def _same_level(one: Level, other: Level) -> bool:
    return (one.split, one.name, one.label, one.under) == (other.split, other.name, other.label, other.under)
