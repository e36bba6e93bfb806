"""The x axis by step, epoch or time: from steps to places and back, where it ends and what is written at it."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lintui.state import RunState
from tuiapp.figures import duration
from tuiapp.scale import Scale, nice_end, round_numbers, told_apart

_RIGHT_ANGLE = 90
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIMES = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
"""Stretches of time, in seconds, that clocks are divided by."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From steps to places on the axis (steps, epochs or seconds) and back, with straight lines in between."""

    name: str
    """"step", "epoch" or "time"."""
    end: float
    """Where the axis ends when all of the run is seen."""
    newest: float
    """The place of the newest step."""
    steps: Sequence[float] = ()
    """Steps whose places are known, growing; empty: steps are places."""
    places: Sequence[float] = ()
    """As many, never falling."""
    slope: float = 0.0
    """Places that each step after the last known one takes."""

    def place(self, step: float) -> float:
        """Where the step lies."""
        if not self.steps:
            return float(step)
        return _between(self.steps, self.places, step, self.slope)

    def step(self, place: float) -> float:
        """The step that lies there, which need not be whole; infinity after the last one."""
        if not self.steps:
            return place
        return _between(self.places, self.steps, place, 1 / self.slope if self.slope else math.inf)

    def edges(self, start: float, end: float, columns: int) -> list[float]:
        """The steps at the `columns` + 1 borders of that many columns, never falling."""
        return [self.step(start + (end - start) * i / columns) for i in range(columns + 1)]


def _between(xs: Sequence[float], ys: Sequence[float], x: float, slope: float) -> float:
    i = bisect_right(xs, x) - 1
    if i < 0:
        return float(ys[0])
    if i + 1 == len(xs):
        return ys[i] + (x - xs[i]) * slope if x > xs[i] else float(ys[i])
    return ys[i] + (ys[i + 1] - ys[i]) * ((x - xs[i]) / (xs[i + 1] - xs[i]))


def axes_of(state: RunState) -> list[str]:
    """The axes that this run has something for."""
    known = state.epochs is not None and bool(state.steps)
    has_epochs = known or any(at > 0 for at in state.epoch_ends.values())
    return ["step", *(["epoch"] if has_epochs else []), *(["time"] if state.timeline.t > 0 else [])]


def axis_of(name: str, state: RunState) -> Axis:
    """The axis of that name as the run stands; by step where the run has no such axis."""
    if name not in axes_of(state):
        name = "step"
    if name == "time":
        points = state.timeline.points()
        t = state.timeline.t
        end = t if state.ended is not None else next((float(s) for s in _TIMES if s >= max(t, 5)), nice_end(t, None))
        return Axis(name, end, t, [p.at for p in points], [p.value for p in points])
    if name == "step":
        return Axis(name, _end(state, state.at, state.steps), state.at)
    steps, places = [0.0], [0.0]
    for number, at in sorted(state.epoch_ends.items()):
        if at > steps[-1] and number > places[-1]:
            steps.append(at)
            places.append(number)
    slope = 0.0
    if len(steps) > 1:
        slope = (places[-1] - places[-2]) / (steps[-1] - steps[-2])
    elif state.epochs and state.steps:
        slope = state.epochs / state.steps
    newest = _between(steps, places, state.at, slope)
    return Axis(name, _end(state, newest, state.epochs), newest, steps, places, slope)


def _end(state: RunState, newest: float, planned: int | None) -> float:
    """Where an axis ends on which the run has got so far: there, once nothing more comes, else with room to grow."""
    return newest if state.ended is not None and newest > 0 else nice_end(newest, planned)


def axes_of_all(states: Sequence[RunState]) -> list[str]:
    """The axes that all of these runs, at least one, have something for."""
    first, *others = map(axes_of, states)
    return [name for name in first if all(name in names for names in others)]


def axis_of_all(name: str, states: Sequence[RunState]) -> Axis:
    """One axis for all of these runs, at least one: that of the one that reaches furthest, as long as any of them."""
    axes = [axis_of(name if name in axes_of_all(states) else "step", state) for state in states]
    return replace(max(axes, key=lambda axis: axis.newest), end=max(axis.end for axis in axes))


def ticks(name: str, start: float, end: float, most: int) -> list[tuple[float, str]]:
    """About so many places between two others and what is written there; the end of a whole axis is the first."""
    if not start < end:
        return []
    if name == "time":
        return _time_ticks(start, end, most)
    if name not in ("step", "epoch"):
        if "°" in name and _RIGHT_ANGLE <= end - start <= 8 * _RIGHT_ANGLE:
            turns = range(math.ceil(start / _RIGHT_ANGLE), math.floor(end / _RIGHT_ANGLE) + 1)
            return [(float(n * _RIGHT_ANGLE), str(n * _RIGHT_ANGLE)) for n in turns]
        return [(start + share * (end - start), label) for share, label in Scale.reaching(start, end).ticks(most)]
    places = round_numbers(start, end, most)
    whole = [place for place in places if place == int(place)]
    # Steps and epochs are whole: nobody looks for step 2.5, unless there is nothing else to be seen.
    labels = [f"{int(place)}" for place in whole] if end < 1e6 else told_apart(whole)
    found = list(zip(whole, labels, strict=True)) if whole else list(zip(places, told_apart(places), strict=True))
    if start == 0 and end == int(end):
        # It says how far the run has got, or will go.
        found.insert(0, (end, f"{int(end)}" if end < 1e6 else f"{end:g}"))
    return found


def _time_ticks(start: float, end: float, most: int) -> list[tuple[float, str]]:
    step = next((s for s in _TIMES if (end - start) / s <= most), None)
    if step is None or end - start < 2:
        places = round_numbers(start, end, most)
        if step is None:
            return [(place, duration(place)) for place in places]
        return [(place, f"{label} s") for place, label in zip(places, told_apart(places), strict=True)]
    return [(float(n * step), duration(n * step)) for n in range(math.ceil(start / step), math.floor(end / step) + 1)]
