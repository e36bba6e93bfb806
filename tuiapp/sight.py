"""How somebody looks at a chart: its axes, how much is seen, how smooth, and where the cursor is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tuiapp.axis import Axis
from tuiapp.scale import SCALES
from tuiapp.smoothing import WEIGHTS

Option = TypeVar("Option")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The settings of one chart. Places are measured on the x axis in use."""

    scale: str
    """Of the y axis: one of SCALES."""
    axis: str
    """The x axis that was asked for: "step", "epoch" or "time"."""
    smoothing: float = WEIGHTS[0]
    span: float | None = None
    """How much of the x axis is seen, above 0; None: all of it."""
    right: float | None = None
    """The place at the right end of what is seen; None: the newest step."""
    cursor: float | None = None
    """Where the cursor is; None: there is none."""
    clips: bool = False
    """Whether outliers are cut off, so that the rest has the room."""
    filter: str = ""
    """Only curves whose label contains this are seen."""

    def window(self, axis: Axis) -> tuple[float, float]:
        """The first and the last place that are seen."""
        if self.span is None or self.span >= axis.end:
            return 0.0, axis.end
        right = axis.newest if self.right is None else self.right
        right = max(min(right, axis.end), self.span)
        return right - self.span, right

    def with_next_scale(self) -> "Sight":
        """Linear, logarithmic, both."""
        return replace(self, scale=_next(SCALES, self.scale))

    def with_next_smoothing(self) -> "Sight":
        """From raw to very smooth, and raw again."""
        return replace(self, smoothing=_next(WEIGHTS, self.smoothing))

    def with_clipping_toggled(self) -> "Sight":
        """With outliers cut off, or without."""
        return replace(self, clips=not self.clips)

    def on(self, old: Axis, new: Axis) -> "Sight":
        """The same part of the run and the same cursor, on another x axis."""
        cursor = None if self.cursor is None else _carried(self.cursor, old, new)
        if self.span is None:
            return replace(self, axis=new.name, cursor=cursor)
        start, end = (_carried(place, old, new) for place in self.window(old))
        if not start < end:
            return replace(self, axis=new.name, cursor=cursor, span=None, right=None)
        right = None if self.right is None else end
        return replace(self, axis=new.name, cursor=cursor, span=end - start, right=right)

    def with_cursor_toggled(self, axis: Axis) -> "Sight":
        """With a cursor at the right end of what there is to be seen, or without one."""
        return replace(self, cursor=min(self.window(axis)[1], axis.newest) if self.cursor is None else None)

    def zoomed(self, axis: Axis, factor: float) -> "Sight":
        """So many times as much seen, around the cursor or else up to the right end of what is there."""
        start, end = self.window(axis)
        span = (end - start) * factor
        if span >= axis.end:
            return self.whole()
        if self.cursor is None:
            right = self.right if self.right is None or self.right < axis.newest else None
        else:
            right = self.cursor + (end - self.cursor) * factor
        return replace(self, span=span, right=right)

    def whole(self) -> "Sight":
        """The whole of the run."""
        return replace(self, span=None, right=None)

    def moved(self, axis: Axis, columns: int, of: int) -> "Sight":
        """The cursor that many columns to the right, of so many that are seen; without one, what is seen."""
        start, end = self.window(axis)
        if self.cursor is None:
            # A column is too little to look around by.
            return self.ending_at(axis, end + (end - start) * (columns / 8))
        # From the middle of a column to the middle of another.
        column = min(math.floor((self.cursor - start) / (end - start) * of), of - 1) + columns
        return self.with_cursor_at(axis, start + (end - start) * (column + 0.5) / of)

    def with_cursor_at(self, axis: Axis, place: float) -> "Sight":
        """With the cursor there, or as near as there is something; what is seen moves along if it must."""
        place = max(min(place, axis.newest), 0.0)
        start, end = self.window(axis)
        moved = replace(self, cursor=place)
        if start <= place <= end:
            return moved
        return moved.ending_at(axis, place if place > end else place + end - start)

    def at(self, axis: Axis, place: float) -> "Sight":
        """With the cursor at a place, or without one, with as much seen as now up to there."""
        return self.ending_at(axis, place) if self.cursor is None else self.with_cursor_at(axis, place)

    def ending_at(self, axis: Axis, place: float) -> "Sight":
        """As much seen as now, up to another place; at the newest step it goes along with the run."""
        if self.span is None:
            return self
        return replace(self, right=max(place, self.span) if place < axis.newest else None)


def sees(filter: str, text: str) -> bool:
    """Whether a filter lets a text through: it is a part of it, in capitals or not."""
    return filter.casefold() in text.casefold()


def _next(options: Sequence[Option], present: Option) -> Option:
    return options[(options.index(present) + 1) % len(options)]


def _carried(place: float, old: Axis, new: Axis) -> float:
    return min(new.place(min(old.step(place), old.step(old.newest))), new.end)
