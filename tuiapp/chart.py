"""A chart as numbers and words: its curves, and what else belongs into their picture; without drawing it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tuiapp.axis import ticks as x_ticks
from tuiapp.thinning import Place


@dataclass(frozen=True, slots=True)
class Curve:
    """One line in a chart."""

    label: str
    """Empty: the curve is not in the legend."""
    color: str
    pieces: Sequence[Sequence[Place]]
    """Runs of (x, y) that are joined; two runs never are. All finite."""
    nonfinite: Sequence[float] = ()
    """Where a value was NaN or infinite."""
    marker: str = ""
    """A character for each point, where there are few of them."""
    reading: str = ""
    """What it says at the cursor."""
    sign: str = ""
    """A character that tells it from the others where colour can't."""


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line with its name."""

    y: float
    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line where somebody intervened."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Best:
    """A point that is worth a sign."""

    x: float
    y: float
    label: str
    color: str
    largest: bool
    """Whether the sign stands above it, or else below."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a picture of some curves is made from."""

    curves: Sequence[Curve]
    x_end: float
    """The x axis goes from `x_start` to here."""
    scale: str
    """Of the y axis: "linear", "log" or "symlog"."""
    lines: Sequence[Line] = ()
    marks: Sequence[Mark] = ()
    x_name: str = "step"
    """What lies along the x axis: "step", "epoch" or "time", which have ticks of their own, or anything else."""
    x_start: float = 0.0
    cursor: float | None = None
    """Where on the x axis there is a cursor."""
    best: Best | None = None
    reach: tuple[float, float] | None = None
    """The smallest and the largest value that have a place; the others are marked at the edge. None: all have one."""
    beyond: str = ""
    """How many values lie beyond, in a few words; empty: none."""

    def share(self, x: float) -> float:
        """How far along the x axis a place lies, from 0 to 1."""
        span = self.x_end - self.x_start
        return min(max((x - self.x_start) / span, 0.0), 1.0) if span > 0 else 0.0

    def x_ticks(self, width: int) -> list[tuple[float, str]]:
        """Places on an x axis of so many cells and what is written there, with room for its name."""
        return x_ticks(self.x_name, self.x_start, self.x_end, max(width // (12 + max(len(self.x_name) - 8, 0)), 2))
