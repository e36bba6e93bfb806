"""What a run can say: small frozen records of numbers and strings, without knowing who writes or reads them.

Every event that bears a step bears its branch. `t` is seconds since the run started, on the monotonic
clock; `at` is the number of steps completed. Text in an event has not been made harmless yet: that is
done once, where a line of a log is decoded (`lintui.codec`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, get_args

Scalar = bool | int | float | str | None

LOG_VERSION = 1
MAX_BINS = 64
"""Bins of a histogram at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first line of every log: which run this is, and with what it was started."""

    kind: ClassVar[str] = "run"
    lintui: int = LOG_VERSION
    """Version of the log's format."""
    name: str
    task: str = ""
    """"regression", "classification", or empty where nobody said."""
    created: str
    """Wall time of the start, UTC, ISO 8601: a label, never used for durations."""
    pid: int
    host: str
    group: str = ""
    """Runs that belong together bear the same group."""
    parent: str = ""
    """The run that this one was started from."""
    steps: int | None = None
    """Steps that the run means to make, where that is known."""
    epochs: int | None = None
    config: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How long the run means to be, where that was not known at its start."""

    kind: ClassVar[str] = "plan"
    steps: int | None = None
    epochs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Something that can be changed live. Said again whenever what it says has changed."""

    kind: ClassVar[str] = "knob"
    knob: str
    label: str
    shape: str
    """"number", "factor" (of a script's own value), "choice" or "switch"."""
    value: Scalar
    low: float | None = None
    high: float | None = None
    below: float | None = None
    """A bound that the value never reaches."""
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """A few on each of the choices; empty: nobody has any, as in logs of the first days."""
    base: float | None = None
    """For a factor: the script's own value, which the factor multiplies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal line that belongs to a series and says what it is, such as the least-squares floor.

    Said again with the same label, it has moved.
    """

    kind: ClassVar[str] = "level"
    split: str
    name: str
    value: float
    label: str
    under: str = ""
    """The loss under which the line holds; empty: always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Metrics of consecutive steps, batched by column; every column is as long as `at`."""

    kind: ClassVar[str] = "steps"
    branch: int
    split: str
    rank: int = 0
    at: tuple[int, ...]
    t: tuple[float, ...]
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Steps of a line whose columns are not read before somebody looks at them, for whoever only draws them."""

    kind: ClassVar[str] = "steps"
    branch: int
    split: str
    rank: int = 0
    at: range
    t: tuple[float, float]
    """Of the first and of the last of them."""
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Metrics measured now and then, such as an accuracy at the end of an epoch."""

    kind: ClassVar[str] = "values"
    branch: int
    split: str
    rank: int = 0
    at: int
    t: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """An epoch has ended: `number` (from 1) passes over the data are complete after step `at`."""

    kind: ClassVar[str] = "epoch"
    branch: int
    number: int
    at: int
    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Which parameters are looked at: a row for each, or for each entry of one with few entries."""

    kind: ClassVar[str] = "watching"
    names: tuple[str, ...]
    shapes: tuple[str, ...]
    """Such as "2×1"; empty for a further entry of the parameter above."""
    whole: tuple[bool, ...]
    """Whether the row stands for a whole tensor, whose numbers are then root mean squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Looks at the parameters, batched like `Steps`; every look has a number for each row of `Watching`.

    The columns are "before" and "value", the parameter before and after step `at`; "gradient", the one which
    that step followed; and "change", the size of the step's update divided by the size of the parameter
    before it. None: there was nothing to measure. Logs of the first days have no "before".
    """

    kind: ClassVar[str] = "layers"
    branch: int
    at: tuple[int, ...]
    t: tuple[float, ...]
    lr: tuple[float | None, ...]
    """Learning rate of each step that was looked at."""
    values: Mapping[str, tuple[tuple[float | None, ...], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """Something larger than a line, kept in a file under `artifacts/`."""

    kind: ClassVar[str] = "array"
    branch: int
    name: str
    at: int
    t: float
    file: str
    shape: tuple[int, ...]
    dtype: str
    crc32: str
    shows: str = ""
    """How it is meant to be looked at: "surface", "regions", "table", "counts" or "images"; empty: nobody said."""
    axes: tuple[str, ...] = ()
    """A name for each dimension, or of a table for each column."""
    low: tuple[float, ...] = ()
    """Where each axis begins: the place of its first number."""
    high: tuple[float, ...] = ()
    """Where each axis ends: the place of its last number."""
    labels: tuple[str, ...] = ()
    """A caption for each image, or the names of the classes."""
    text: str = ""
    """What it shows, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Something measured over another axis than the steps, at evenly spaced places of it."""

    kind: ClassVar[str] = "profile"
    branch: int
    name: str
    at: int
    t: float
    x_name: str
    low: float
    """The place of the first number."""
    high: float
    """The place of the last number."""
    y_name: str
    y: tuple[float, ...]
    marks: Mapping[str, float]
    """Places on the axis that are worth a line, by label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many of some numbers lie in each of evenly wide bins, at one step.

    So few counts are a line, not a file: there may be thousands of them.
    """

    kind: ClassVar[str] = "histogram"
    branch: int
    name: str
    """Such as "layer1.weight"."""
    of: str
    """"weights" or "gradients"; empty: nobody said."""
    at: int
    t: float
    low: float
    """The left edge of the first bin."""
    high: float
    """The right edge of the last bin; where all numbers are the same, equal to `low`."""
    counts: tuple[float, ...]
    """At most MAX_BINS, none of them negative."""
    nonfinite: int = 0
    """NaN and infinities among the numbers, which are in no bin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A command has taken effect after step `at`."""

    kind: ClassVar[str] = "applied"
    id: str
    by: str
    branch: int
    at: int
    t: float
    knob: str
    old: Scalar
    new: Scalar
    note: str = ""
    """What old and new don't say by themselves."""
    undoes: str = ""
    """The id of the intervention that this one sets back."""
    redoes: str = ""
    """The id of the setting-back that this one sets forward again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A command was not carried out, and why."""

    kind: ClassVar[str] = "refused"
    id: str
    by: str
    branch: int
    at: int
    t: float
    knob: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branched:
    """From here on steps belong to `branch`, which goes on from step `from_step` of `parent`."""

    kind: ClassVar[str] = "branched"
    branch: int
    parent: int
    from_step: int
    why: str
    """"resume", "rewind" or "race"."""
    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What watching costs: the monitor's share of the time since it last said so."""

    kind: ClassVar[str] = "watched"
    branch: int
    at: int
    t: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line for the person who watches."""

    kind: ClassVar[str] = "said"
    t: float
    level: str
    """"info", "warning" or "progress": how far something is, in the place of the progress told just before it."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The last line of a log that was closed."""

    kind: ClassVar[str] = "ended"
    branch: int
    at: int
    t: float
    how: str
    """"done", "stopped" or "failed"."""
    reason: str = ""
    traceback: str = ""
    summary: Mapping[str, Scalar]


Event = (
    Started
    | Planned
    | Declared
    | Level
    | Steps
    | Brief
    | Values
    | Epoch
    | Watching
    | Layers
    | Array
    | Profile
    | Histogram
    | Applied
    | Refused
    | Branched
    | Watched
    | Said
    | Ended
)

KINDS: dict[str, type[Event]] = {event.kind: event for event in get_args(Event) if event is not Brief}
"""What a line may be; `Brief` is only another way to read one of steps."""


class Record(NamedTuple):
    """An event and its number in the log."""

    n: int
    event: Event
