"""What is known of a run, bounded whatever it says, and what follows from that; without taking any event in."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from lintui.events import (
    Applied,
    Array,
    Branched,
    Declared,
    Ended,
    Level,
    Profile,
    Refused,
    Said,
    Started,
    Watching,
)
from lintui.histograms import Histograms
from lintui.optimizer import SETTINGS
from lintui.series import Series
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
MAX_LOOKED = 60_000
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
_WITH_KEYS = frozenset({"lr", "speed"})
"""Numbers that people turn by keys of their own."""


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
class Known:
    """What the screen, a replay and a report read."""

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

    def progress(self) -> str:
        """How far what takes long and has no steps was when that was last told; empty: nothing was told."""
        told = (
            event.text for event in reversed(self.happened) if isinstance(event, Said) and event.level == "progress"
        )
        return next(told, "")

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
