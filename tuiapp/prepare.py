"""From a run's state to the chart of it that somebody wants to see; without drawing it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lintui.events import Applied
from lintui.optimizer import SETTINGS
from lintui.series import Bucket, Series
from lintui.state import Key, RunState
from tuiapp.axis import Axis, axis_of
from tuiapp.charts import Best, Chart, Curve, Line, Mark
from tuiapp.figures import duration, three, typed
from tuiapp.look import DIM, FAINT, LEVEL
from tuiapp.plans import Plan, Row, side_by_side
from tuiapp.sight import Sight, sees
from tuiapp.smoothing import smooth
from tuiapp.thinning import Place, clip, thin
from tuiapp.watched import Watched


def prepare(plan: Plan, state: RunState, sight: Sight, columns: int, beside: Sequence[Watched] = ()) -> Chart:
    """What the chart shows of the run as it stands, for a canvas of so many columns.

    With several runs `beside` each other, the loss of each instead of all that the plan names.
    """
    wanted = side_by_side(beside) if beside else tuple((row, state) for row in plan.rows)
    part = _Part.of(max((of for _, of in wanted), key=lambda of: of.at, default=state), sight, columns)
    rows = [(row, of.series[row.key]) for row, of in wanted if row.key in of.series and sees(sight.filter, row.label)]
    curves = [part.curve(row, series) for row, series in rows]
    if sight.smoothing and not beside:  # of several, the raw ones would hide each other
        curves = [part.raw(row, series) for row, series in rows] + curves
    levels: dict[tuple[str, float], str] = {}
    for color, of in [(row.color, of) for row, of in wanted] if beside else [(LEVEL, state)]:
        for level in of.levels_now():
            if plan.levels and Key(level.split, level.name) in of.series:
                name = level.label, level.value
                # One that holds for several runs has the colour of none of them.
                levels[name] = color if name not in levels else DIM
    lines = [Line(value, f"{label} {three(value)}", color) for (label, value), color in levels.items()]
    marks = [
        Mark(place, mark_label(event))
        for event in state.happened
        if isinstance(event, Applied) and event.knob not in ("paused", "step", "stop", "speed")
        if part.start <= (place := part.axis.place(event.at)) <= part.end
    ]
    return Chart(
        curves,
        part.end,
        sight.scale,
        lines if sight.span is None else _among(curves, lines),
        marks,
        part.axis.name,
        x_start=part.start,
        cursor=part.cursor,
        best=part.best(*rows[-1], largest=plan.largest) if rows and not beside else None,
    )


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
    def of(cls, state: RunState, sight: Sight, columns: int) -> "_Part":
        axis = axis_of(sight.axis, state)
        start, end = sight.window(axis)
        cursor, under = sight.cursor, (0.0, 0.0)
        if cursor is not None and not start <= cursor <= end:
            cursor = None
        if cursor is not None:
            under = steps_under(axis, cursor, (end - start) / columns)
        return cls(sight, axis, start, end, axis.edges(start, end, columns), cursor, under)

    def curve(self, row: Row, series: Series) -> Curve:
        """The curve as it is wanted, with what it says at the cursor."""
        reading = _reading(series.buckets, *self.under) if self.cursor is not None else ""
        pieces, bad = thin(series.buckets, self.edges)
        if not self.sight.smoothing:
            return Curve(row.label, row.color, self._placed(pieces), self._places(bad), row.marker, reading, row.sign)
        smoothed = list(smooth(series.buckets, self.sight.smoothing))
        pieces, _ = thin(smoothed, self.edges)
        if reading:
            reading = f"{_reading(smoothed, *self.under)} (raw {reading})"
        color = DIM if row.color == FAINT else row.color
        return Curve(
            row.label, color, self._placed(pieces), self._places(bad), reading=reading, sign=row.sign or row.marker
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


def _reading(buckets: Sequence[Bucket], first: float, last: float) -> str:
    """The values of these steps, or of those nearest to them: one, or the smallest and the largest."""
    found = [b for b in buckets if b.last >= first and b.first <= last]
    if not found:
        found = sorted(buckets, key=lambda b: max(b.first - last, first - b.last))[:1]
    if not found:
        return ""
    # Of a step that was made twice, the later.
    found = [b for b in found if b.segment == found[-1].segment]
    ends = {three(low): None for low in (min(b.low for b in found), max(b.high for b in found)) if math.isfinite(low)}
    bad = [name for name in ("nan", "above", "below") if any(getattr(b, name) for b in found)]
    return " ".join([*(["…".join(ends)] if ends else []), *(_BAD[name] for name in bad)])


_BAD = {"nan": "NaN", "above": "inf", "below": "-inf"}


def _among(curves: Sequence[Curve], lines: Sequence[Line]) -> list[Line]:
    """The levels between the smallest and the largest value that is seen: others would squeeze the curves."""
    values = [y for curve in curves for piece in curve.pieces for _, y in piece]
    return [line for line in lines if values and min(values) <= line.y <= max(values)]


def mark_label(event: Applied) -> str:
    """An intervention in a few characters: "lr ×2", "lr 0.01", "loss l1", "momentum 0.9"."""
    name = "lr" if event.knob == "lr.factor" else event.knob.replace("_", " ")
    if event.knob in SETTINGS and isinstance(event.new, float):
        return f"{name} {typed(event.new)}"
    if isinstance(event.old, float) and isinstance(event.new, float):
        for factor, sign in ((2.0, "×2"), (0.5, "÷2")):
            if event.old and event.new == event.old * factor:
                return f"{name} {sign}"
        if event.knob == "lr.factor":
            return f"{name} ×{three(event.new / event.old)}" if event.old else name
        return f"{name} {three(event.new)}"
    return f"{name} {event.new}"
