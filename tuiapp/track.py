"""The way of a run's weights over two of its axes, step by step, and what can be said of it; without drawing it."""

import csv
import io
import math
from typing import NamedTuple

from lintui.bucket import Bucket
from lintui.known import Key
from lintui.state import RunState
from tuiapp import ledger
from tuiapp.figures import three

MOST = 200_000
"""Places that are kept."""
_SPLIT = "train"
"""Where the loss of the summary is measured."""


class Place(NamedTuple):
    """Where the weights were after a step; NaN where a weight was no finite number."""

    at: int
    x: float
    y: float


class Track:
    """Where the weights were, oldest first; `follow` takes in what is new."""

    def __init__(self, axes: tuple[str, str]) -> None:
        """Follow the weights, or the positions along directions, that have these names."""
        self.axes = axes
        self.places: list[Place] = []
        self.begun = 0
        """Times that `places` was begun anew: until then it only grows."""
        self._watching: object = None
        self._looked = 0
        self._total = -1

    def follow(self, state: RunState) -> None:
        """Take in the newest looks at the weights, or the newest positions."""
        names = state.watching.names if state.watching is not None else ()
        if all(axis in names for axis in self.axes):
            self._follow_looks(state, *(names.index(axis) for axis in self.axes))
        else:
            self._follow_positions(state)

    def _follow_looks(self, state: RunState, i: int, j: int) -> None:
        if state.watching is not self._watching or len(self.places) > MOST:
            self._begin()
            self._watching, self._looked = state.watching, max(state.looked - len(state.looks), 0)
        looks = [*ledger.newest(state, state.looked - self._looked)]
        self._looked = state.looked
        for look in looks:
            if not self.places and look.before:
                self.places.append(Place(look.at - 1, *_both(look.before, i, j)))
            self.places.append(Place(look.at, *_both(look.value, i, j)))

    def _follow_positions(self, state: RunState) -> None:
        series = [state.series.get(Key("position", axis)) for axis in self.axes]
        one, other = series
        if one is None or other is None or one.total == self._total:
            return
        self._begin()
        self._total = one.total
        self.places = [
            Place(x.last, x.mean if x.count else math.nan, y.mean if y.count else math.nan)
            for x, y in zip(one.buckets, other.buckets, strict=False)
        ]

    def _begin(self) -> None:
        self.places = []
        self.begun += 1


class Goal(NamedTuple):
    """Where the weights should come to, as the run has said it."""

    name: str
    """"true", with what the data were made, or "minimum", where the loss is smallest."""
    x: float
    y: float

    @property
    def title(self) -> str:
        """What stands for it."""
        return "true value" if self.name == "true" else self.name


def goal(state: RunState, axes: tuple[str, str]) -> Goal | None:
    """The goal on these axes; None where the run has said of none."""
    for name in ("true", "minimum"):
        series = [state.series.get(Key(name, axis)) for axis in axes]
        x, y = (s.latest.value if s is not None and s.latest is not None else math.nan for s in series)
        if math.isfinite(x) and math.isfinite(y):
            return Goal(name, x, y)
    return None


def next_step(state: RunState, axes: tuple[str, str]) -> tuple[float, float] | None:
    """The way of the next step on average, −lr·gradient over all the data at the newest place; None where unknown.

    That of the newest look is the gradient of the step that was made: the next minibatch's may point elsewhere.
    """
    series = [state.series.get(Key("slope", axis)) for axis in axes]
    slopes = [s.latest for s in series if s is not None and s.latest is not None]
    lr = state.learning_rate()
    if lr is None and state.look is not None:
        lr = state.look.lr
    if len(slopes) < 2 or lr is None or any(slope.at != state.at for slope in slopes):
        return None
    x, y = (-lr * slope.value for slope in slopes)
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _both(column: tuple[float | None, ...], i: int, j: int) -> tuple[float, float]:
    x, y = (column[k] if k < len(column) else None for k in (i, j))
    return math.nan if x is None else x, math.nan if y is None else y


def summary(track: Track, state: RunState) -> list[str]:
    """First and last weights and their goal, first and last loss, and steps: a few words each."""
    if not track.places:
        return ["no step was seen yet"]
    first, last = track.places[0], track.places[-1]
    wanted = goal(state, track.axes)
    said = []
    for k, axis in enumerate(track.axes):
        there = f" ({wanted.name} {three((wanted.x, wanted.y)[k])})" if wanted is not None else ""
        said.append(f"{axis} {three(first[k + 1])} → {three(last[k + 1])}{there}")
    said += _losses_said(state, first.at, last.at)
    said.append(f"{last.at} steps" if first.at <= 0 else f"steps {first.at} to {last.at}")
    return said


def _losses_said(state: RunState, begin: int, end: int) -> list[str]:
    """First and last loss from step `begin` on, by its name, and when that was measured if not at step `end`.

    What was measured before another loss was chosen is left out: the numbers of two losses can't be compared.
    """
    loss = state.series.get(Key(_SPLIT, "loss"))
    if loss is None or loss.latest is None:
        return []
    name = f" ({state.loss_name()})" if state.loss_name() else ""
    newest = loss.buckets[-1]
    first = next((bucket for bucket in loss.buckets if bucket.last >= begin), newest)
    begun = f"{_told(first)} → " if first is not newest and first.segment == newest.segment else ""
    when = f" at step {loss.latest.at}" if loss.latest.at != end else ""
    return [f"loss{name} {begun}{three(loss.latest.value)}{when}"]


def _told(first: Bucket) -> str:
    if first.count == 0:
        return "NaN"
    return three(first.mean) if first.first == first.last else f"about {three(first.mean)}"


def table(track: Track, state: RunState) -> str:
    """The places as comma-separated values, every number with all its digits; a loss where it was measured there."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("step", *track.axes, "loss"))
    losses = _losses(state)
    for place in track.places:
        writer.writerow((place.at, repr(place.x), repr(place.y), losses.get(place.at, "")))
    return text.getvalue()


def _losses(state: RunState) -> dict[int, str]:
    """The losses that were kept one by one, by step."""
    series = state.series.get(Key(_SPLIT, "loss"))
    buckets = series.buckets if series is not None else []
    return {b.first: repr(b.low) for b in buckets if b.first == b.last and b.count == 1}
