"""From a run's state to the chart of it that somebody wants to see; without drawing it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lintui.bucket import Bucket
from lintui.events import Applied
from lintui.known import Key
from lintui.optimizer import SETTINGS
from lintui.series import Series
from lintui.state import RunState
from tuiapp.axis import Axis, axis_of, axis_of_all
from tuiapp.chart import Best, Chart, Curve, Line, Mark
from tuiapp.differing import set_since
from tuiapp.figures import duration, three, typed
from tuiapp.look import DIM, FAINT, LEVEL
from tuiapp.outliers import beyond, reach
from tuiapp.plans import Plan, Row, side_by_side
from tuiapp.readings import reading
from tuiapp.sight import Sight, sees
from tuiapp.smoothing import smooth
from tuiapp.thinning import Place, clip, thin
from tuiapp.watched import Watched


def prepare(plan: Plan, state: RunState, sight: Sight, columns: int, beside: Sequence[Watched] = ()) -> Chart:
    """What the chart shows of the run as it stands, for a canvas of so many columns.

    With several runs `beside` each other, one metric of each instead of all that the plan names.
    """
    wanted = side_by_side(plan, beside) if beside else tuple((row, state) for row in plan.rows)
    axis = axis_of_all(sight.axis, [watched.state for watched in beside] or [state])
    part = _Part.of(axis, axis, sight, columns)
    rows = [(row, of) for row, of in wanted if row.key in of.series and sees(sight.filter, row.label)]
    # An epoch or a second of one run is not as many steps as one of another.
    parts = [_Part.of(axis, axis_of(axis.name, of), sight, columns) if beside else part for _, of in rows]
    curves = [own.curve(row, of.series[row.key]) for own, (row, of) in zip(parts, rows, strict=True)]
    if sight.smoothing and not beside:  # of several, the raw ones would hide each other
        curves = [part.raw(row, of.series[row.key]) for row, of in rows] + curves
    lines = _levels(plan, wanted, state) if beside else _levels(plan, [(None, state)], state)
    each = [[y for piece in curve.pieces for _, y in piece] for curve in curves]
    everything = [y for seen in each for y in seen]
    ends = None
    if sight.clips:
        known = [line.y for line in lines if math.isfinite(line.y)]
        # Several runs are measured by one measure: one that diverges among them is an outlier as a whole.
        ends = reach([seen + known for seen in ([everything] if beside else each)], sight.scale)
    marks = [
        Mark(place, mark_label(event))
        for event in set_since(state)
        if part.start <= (place := axis_of(axis.name, state).place(event.at)) <= part.end
    ]
    return Chart(
        curves,
        part.end,
        sight.scale,
        lines if sight.span is None and ends is None else _among(ends or everything, lines),
        marks,
        part.axis.name,
        x_start=part.start,
        cursor=part.cursor,
        best=_best(part, plan, rows) if not beside else None,
        reach=ends,
        beyond=part.beyond([of.series[row.key] for row, of in rows], ends, beside) if ends is not None else "",
    )


def _best(part: "_Part", plan: Plan, rows: Sequence[tuple[Row, RunState]]) -> Best | None:
    """The best value of the curve on top."""
    return part.best(rows[-1][0], rows[-1][1].series[rows[-1][0].key], largest=plan.largest) if rows else None


def _levels(plan: Plan, wanted: Iterable[tuple[Row | None, RunState]], focused: RunState) -> list[Line]:
    """The levels of the runs, or where these are too many, of the one in focus."""
    levels: dict[tuple[str, float], str] = {}
    of_one: set[tuple[str, float]] = set()
    for row, of in wanted:
        for level in of.levels_now():
            if plan.levels and Key(level.split, level.name) in of.series:
                name = level.label, level.value
                color = LEVEL if row is None else row.color
                # One that holds for several runs has the colour of none of them.
                levels[name] = color if name not in levels else DIM
                if of is focused:
                    of_one.add(name)
    return [
        Line(value, f"{label} {three(value)}", color)
        for (label, value), color in levels.items()
        if len(levels) <= _MOST_LEVELS or (label, value) in of_one
    ]


_MOST_LEVELS = 4
"""Levels of several runs that are drawn at most."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of a run that is seen, and how."""

    sight: Sight
    axis: Axis
    start: float
    end: float
    """The first and the last place."""
    edges: Sequence[float]
    """Steps at the borders of the columns."""
    cursor: float | None
    under: tuple[float, float]
    """The first and the last step in the cursor's column."""

    @classmethod
    def of(cls, shown: Axis, axis: Axis, sight: Sight, columns: int) -> "_Part":
        """What is seen of `shown`, with places on a run's own axis, of the same name."""
        start, end = sight.window(shown)
        cursor, under = sight.cursor, (0.0, 0.0)
        if cursor is not None and not start <= cursor <= end:
            cursor = None
        if cursor is not None and shown is not axis and cursor - (end - start) / columns > axis.newest:
            cursor = None  # it ended before
        if cursor is not None:
            under = steps_under(axis, cursor, (end - start) / columns)
        return cls(sight, axis, start, end, axis.edges(start, end, columns), cursor, under)

    def curve(self, row: Row, series: Series) -> Curve:
        """The curve as it is wanted, with what it says at the cursor."""
        said = reading(series.buckets, *self.under) if self.cursor is not None else ""
        pieces, bad = thin(series.buckets, self.edges)
        if not self.sight.smoothing:
            return Curve(row.label, row.color, self._placed(pieces), self._places(bad), row.marker, said, row.sign)
        smoothed = list(smooth(series.buckets, self.sight.smoothing))
        pieces, _ = thin(smoothed, self.edges)
        if said:
            said = f"{reading(smoothed, *self.under)} (raw {said})"
        color = DIM if row.color == FAINT else row.color
        return Curve(
            row.label, color, self._placed(pieces), self._places(bad), reading=said, sign=row.sign or row.marker
        )

    def raw(self, row: Row, series: Series) -> Curve:
        """What stays faintly visible behind a smooth curve: it has the markers of what was measured."""
        return Curve("", FAINT, self._placed(thin(series.buckets, self.edges)[0]), marker=row.marker)

    def best(self, row: Row, series: Series, *, largest: bool) -> Best | None:
        """The best value since the last change of loss, if it is in sight."""
        point = series.largest if largest else series.smallest
        if point is None or series.total < 2 or not self.start <= (x := self.axis.place(point.at)) <= self.end:
            return None
        return Best(x, point.value, three(point.value), row.color, largest)

    def beyond(self, seen: Sequence[Series], ends: tuple[float, float], beside: Sequence[Watched]) -> str:
        """How many values of what is seen lie beyond the ends, in a few words; empty: none does."""
        buckets: list[Sequence[Bucket]] = [series.buckets for series in seen]
        if beside and self.sight.smoothing:
            buckets = [[*smooth(one, self.sight.smoothing)] for one in buckets]  # nothing else is drawn
        return beyond(buckets, self.edges[0], self.edges[-1], ends, self.sight.scale)

    def _placed(self, pieces: Sequence[Sequence[Place]]) -> list[list[Place]]:
        place = self.axis.place
        lines = ([(place(x), y) for x, y in piece] for piece in pieces) if self.axis.steps else pieces
        return [cut for line in lines if (cut := clip(line, self.start, self.end, self.sight.scale))]

    def _places(self, steps: Sequence[float]) -> list[float]:
        places = map(self.axis.place, steps)
        return [place for place in places if self.start <= place <= self.end]


def steps_under(axis: Axis, cursor: float, width: float) -> tuple[int, int]:
    """The first and the last step in a column of that width around the cursor; the nearest step if it has none."""
    newest = axis.step(axis.newest)
    first, last = (min(max(axis.step(place), 0.0), newest) for place in (cursor - width / 2, cursor + width / 2))
    if math.ceil(first) <= math.floor(last):
        return math.ceil(first), math.floor(last)
    nearest = round(min(axis.step(cursor), newest))
    return nearest, nearest


def cursor_label(axis: Axis, cursor: float, width: float) -> str:
    """Which steps there are in the cursor's column, and where that is on the axis."""
    first, last = steps_under(axis, cursor, width)
    steps = f"step {first}" if first == last else f"steps {first}–{last}"
    if axis.name == "time":
        return f"{steps} at {duration(cursor)}"
    return f"{steps} at epoch {three(cursor)}" if axis.name == "epoch" else steps


def _among(values: Sequence[float], lines: Sequence[Line]) -> list[Line]:
    """The levels between the smallest and the largest value that is seen: others would squeeze the curves."""
    return [line for line in lines if values and min(values) <= line.y <= max(values)]


def mark_label(event: Applied) -> str:
    """An intervention in a few characters: "lr ×2", "lr 0.01", "loss l1", "momentum 0.9"."""
    # Also of one group or one optimizer: "lr[head] ×2", "generator.lr ×2".
    is_rate = "lr.factor" in event.knob
    name = event.knob.replace("lr.factor", "lr") if is_rate else event.knob.replace("_", " ")
    if event.knob in SETTINGS and isinstance(event.new, float):
        return f"{name} {typed(event.new)}"
    if isinstance(event.old, float) and isinstance(event.new, float):
        for factor, sign in ((2.0, "×2"), (0.5, "÷2")):
            if event.old and event.new == event.old * factor:
                return f"{name} {sign}"
        if is_rate:
            return f"{name} ×{three(event.new / event.old)}" if event.old else name
        return f"{name} {three(event.new)}"
    return f"{name} {event.new}"
