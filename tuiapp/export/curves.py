"""The curves of a chart as comma-separated values, just as they are in sight: zoomed, smoothed, filtered."""

from collections.abc import Sequence

from lintui.export import csv
from tuiapp.chart import Chart

COLUMNS = 4_096
"""Columns that curves are thinned to, two points in each: more than a series keeps."""


def table(chart: Chart) -> str:
    """A row for each place on the x axis, and a column for each curve, empty where it has no point.

    Of places that a long history has joined, the smallest and the largest value, each where it stood. What was not
    finite is not in it.
    """
    names = _names(chart)
    rows: dict[float, list[str]] = {}
    for i, curve in enumerate(chart.curves):
        for piece in curve.pieces:
            for x, y in piece:
                rows.setdefault(x, [""] * len(names))[i] = repr(y)
    lines = (",".join([_place(x), *rows[x]]) + "\n" for x in sorted(rows))
    return csv.header([chart.x_name, *names]) + "".join(lines)


def has_points(chart: Chart) -> bool:
    """Whether there is anything in sight."""
    return any(piece for curve in chart.curves for piece in curve.pieces)


def _names(chart: Chart) -> Sequence[str]:
    """What each curve is called; raw ones, which have no names, stand before the smooth ones in the same order."""
    named = [curve.label for curve in chart.curves if curve.label]
    raw = iter(named)
    return [curve.label or f"{next(raw, 'curve')} (raw)" for curve in chart.curves]


def _place(x: float) -> str:
    return str(int(x)) if x == int(x) else repr(x)
