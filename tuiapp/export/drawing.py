"""One chart as elements of an SVG: axes, curves, levels, interventions and a legend, without a file around them.

Colours are classes ("l-accent" for lines, "t-accent" for what is filled), so that whoever puts the elements into a
picture or a page says how they look.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from rich.cells import cell_len

from tuiapp.chart import Chart, Curve, Mark
from tuiapp.export.room import HIGH, Room
from tuiapp.scale import Scale

WIDTH = 800
"""Of a chart, in pixels, with all that stands around it."""
HEIGHT = 320
COLUMNS = 700
"""Columns that curves are thinned to, two points in each."""
_LEFT, _RIGHT, _BELOW = 76, 24, 44
_TITLE, _LINE = 24, 18
"""What the title takes, and what each line of the legend does."""
_CHARACTER = 6.7
"""Width of a character on average."""
_CROSS = 4
"""Half the size of the mark of what is not finite."""
_MARK_ROWS = 5
"""Labels of interventions below each other at most; the others are told where the mouse is."""


def drawn(chart: Chart, title: str, how: str) -> list[str]:
    """The chart in a frame of WIDTH × HEIGHT, under its title; on the right of that, `how` it is looked at."""
    drawing = _Drawing(chart)
    return [
        f'<text class="t-text strong" x="0" y="14">{escape(title)}</text>',
        f'<text class="t-dim" x="{WIDTH - _RIGHT}" y="14" text-anchor="end">{escape(how)}</text>',
        *drawing.legend(),
        *drawing.axes(),
        *drawing.marks(),
        *drawing.curves(),
        *drawing.levels(),
        *drawing.best(),
    ]


class _Drawing:
    """Where things are in one chart."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.entries = list(_entries(chart))
        self.top = _TITLE + _LINE * max((line for _, line, _, _ in self.entries), default=0) + 22
        self.bottom = HEIGHT - _BELOW
        values = [y for curve in chart.curves for piece in curve.pieces for _, y in piece]
        lines = [line.y for line in chart.lines if math.isfinite(line.y)]
        self.scale = Scale.fitting([*values, *lines], chart.scale)
        self.runs = [[run for piece in curve.pieces for run in self._runs(piece)] for curve in chart.curves]
        self.room = Room(run for runs in self.runs for run in runs)

    def x(self, place: float) -> float:
        """From a place on the x axis to pixels."""
        return _LEFT + self.chart.share(place) * (WIDTH - _LEFT - _RIGHT)

    def y(self, share: float) -> float:
        """From a share of the height, 0 at the bottom, to pixels."""
        return self.bottom - share * (self.bottom - self.top)

    def legend(self) -> Iterator[str]:
        """A short line in each curve's colour and what the curve is."""
        for x, line, curve, text in self.entries:
            y = _TITLE + line * _LINE + 10
            yield f'<line class="l-{_name(curve)}" x1="{x:.1f}" x2="{x + 18:.1f}" y1="{y - 4}" y2="{y - 4}"/>'
            style = "t-trouble" if curve.nonfinite else "t-text"
            yield f'<text class="{style}" x="{x + 24:.1f}" y="{y}">{escape(text)}</text>'

    def axes(self) -> Iterator[str]:
        """A faint line for each number at the y axis, and the numbers at both."""
        for share, label in self.scale.ticks(8):
            y = self.y(share)
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="t-dim" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'
        taken: list[tuple[float, float]] = []
        for place, label in self.chart.x_ticks(96):
            x, half = self.x(place), cell_len(label) * _CHARACTER / 2 + 4
            if all(x + half <= left or right <= x - half for left, right in taken):
                taken.append((x - half, x + half))
                y = self.bottom
                yield f'<line class="l-dim thin" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 4}"/>'
                yield f'<text class="t-dim" x="{x:.1f}" y="{y + 18}" text-anchor="middle">{escape(label)}</text>'
        middle = (_LEFT + WIDTH - _RIGHT) / 2
        name = escape(self.chart.x_name)
        yield f'<text class="t-dim" x="{middle:.1f}" y="{self.bottom + 36}" text-anchor="middle">{name}</text>'
        frame = f"M{_LEFT} {self.top}V{self.bottom}H{WIDTH - _RIGHT}"
        yield f'<path class="l-dim thin" d="{frame}"/>'

    def curves(self) -> Iterator[str]:
        """A path for each curve, broken where nothing joins its points; a cross where a value was not finite."""
        for curve, pieces in zip(self.chart.curves, self.runs, strict=True):
            name = _name(curve)
            if path := "".join(map(_path, pieces)):
                yield f'<path class="l-{name}" d="{path}"/>'
            for piece in pieces:
                for x, y in piece if curve.marker or len(piece) == 1 else ():
                    yield f'<circle class="t-{name}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>'
        crosses = {round(self.x(place)) for curve in self.chart.curves for place in curve.nonfinite}
        top, bottom = self.top - _CROSS, self.top + _CROSS
        for x in sorted(crosses):
            left, right = x - _CROSS, x + _CROSS
            cross = f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
            yield f'<path class="l-trouble" d="{cross}"><title>not finite</title></path>'

    def _runs(self, piece: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
        runs: list[list[tuple[float, float]]] = [[]]
        for place, value in piece:
            share = self.scale.share(value)
            if share is None:
                runs.append([])
            else:
                runs[-1].append((self.x(place), self.y(share)))
        return [run for run in runs if run]

    def levels(self) -> Iterator[str]:
        """A dashed line for each level, and its name where there is room, as far right as possible."""
        for line in self.chart.lines:
            share = self.scale.share(line.y)
            if share is None:
                continue
            y, wide = self.y(share), cell_len(line.label) * _CHARACTER
            name = line.color.rpartition(".")[2]
            yield f'<line class="l-{name} dashed" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            rows = [row for row in (y - 5, y + HIGH) if self.top + HIGH < row < self.bottom] or [y - 5]
            columns = range(int(WIDTH - _RIGHT - wide - 4), _LEFT + 4, -10)
            places = [(float(x), row) for x in columns for row in rows] or [(_LEFT + 4.0, rows[0])]
            x, row = self.room.put(wide, places)
            yield from _with_halo(f'x="{x:.1f}" y="{row:.1f}"', f"t-{name}", line.label)

    def marks(self) -> Iterator[str]:
        """A dotted line for each intervention, with its name at the top where there is room."""
        rows: list[float] = [-math.inf] * _MARK_ROWS
        for mark in sorted(self.chart.marks, key=_place):
            x = self.x(mark.x)
            line = f'x1="{x:.1f}" x2="{x:.1f}" y1="{self.top}" y2="{self.bottom}"'
            yield f'<line class="l-mark dotted" {line}><title>{escape(mark.label)}</title></line>'
            wide = cell_len(mark.label) * _CHARACTER + 8
            start = x + 4 if x + wide < WIDTH - _RIGHT else x - wide
            for row, end in enumerate(rows):
                if end <= start:
                    rows[row] = start + wide
                    place = f'x="{start:.1f}" y="{self.top + 12 + 15 * row}"'
                    yield from _with_halo(place, "t-mark", mark.label)
                    break

    def best(self) -> Iterator[str]:
        """A ring around the best point, and its value beside it."""
        best = self.chart.best
        share = self.scale.share(best.y) if best is not None else None
        if best is None or share is None:
            return
        x, y = self.x(best.x), self.y(share)
        name, text = best.color.rpartition(".")[2], f"best {best.label}"
        yield f'<circle class="l-{name}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
        wide = cell_len(text) * _CHARACTER
        sides = [left for left in (x + 8, x - 8 - wide) if _LEFT <= left <= WIDTH - _RIGHT - wide] or [x - 8 - wide]
        rows = [y - 9, y + 18, y - 24, y + 32] if best.largest else [y + 18, y - 9, y + 32, y - 24]
        rows = [row for row in rows if self.top + HIGH < row < self.bottom] or rows
        left, row = self.room.put(wide, [(left, row) for row in rows for left in sides])
        yield from _with_halo(f'x="{left:.1f}" y="{row:.1f}"', f"t-{name}", text)


def _entries(chart: Chart) -> Iterator[tuple[float, int, Curve, str]]:
    """Each curve that has a name: where its entry in the legend begins, on which line, and its words."""
    x, line = float(_LEFT), 0
    for curve in reversed(chart.curves):
        if not curve.label:
            continue
        bad = f" (not finite {len(curve.nonfinite)}×)" if curve.nonfinite else ""
        text = f"{curve.label}{' ' if curve.reading else ''}{curve.reading}{bad}"
        wide = 24 + cell_len(text) * _CHARACTER + 20
        if x > _LEFT and x + wide > WIDTH - _RIGHT:
            x, line = float(_LEFT), line + 1
        yield x, line, curve, text
        x += wide


def _with_halo(place: str, style: str, text: str) -> Iterator[str]:
    """A text that can be read on top of curves: its ground goes around it."""
    yield f'<text class="halo" {place}>{escape(text)}</text>'
    yield f'<text class="{style}" {place}>{escape(text)}</text>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if len(points) > 1 else ""


def _name(curve: Curve) -> str:
    return curve.color.rpartition(".")[2]


def _place(mark: Mark) -> float:
    return mark.x
