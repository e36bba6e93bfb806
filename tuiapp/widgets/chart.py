"""The widget that shows one chart of a run, and how it is looked at: axes, smoothing, cursor, zoom and filter."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lintui.state import RunState
from tuiapp.appearance import palette
from tuiapp.axis import Axis, axes_of, axis_of
from tuiapp.charts import Chart, columns_of, draw
from tuiapp.plans import LOSS, Plan
from tuiapp.prepare import cursor_label, prepare
from tuiapp.sight import Sight
from tuiapp.watched import Watched

LEAST_SEEN = 4
"""Measurements of one curve that zooming in leaves in sight at least."""


class ChartView(Widget, can_focus=True):
    """One chart; `show` draws it anew from a run's state."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", show=False),
        Binding("right,l", "move(1)", show=False),
        Binding("shift+left,pageup,H", "move(-10)", show=False),
        Binding("shift+right,pagedown", "move(10)", show=False),
        Binding("home,g", "begin", show=False),
        Binding("end,G", "end", show=False),
    ]

    def __init__(self, plan: Plan, *, id: str) -> None:
        """Show the curves that `plan` names."""
        super().__init__(id=id, classes="pane")
        self.plan = plan
        self.sight = plan.sight
        self.redraws = 0
        """Times that the chart was drawn, for measuring."""
        self._state: RunState | None = None
        self._beside: Sequence[Watched] = ()
        self._titles = (plan.title, "")
        self._chart: Chart | None = None
        self._cells: list[list[Segment]] = []
        self._strips: list[Strip] = []
        self._drawn_for: tuple[object, ...] = ()

    def show(self, state: RunState, plan: Plan, beside: Sequence[Watched] = ()) -> None:
        """Draw the run as it stands, or the runs `beside` each other, unless nothing in the picture has changed."""
        if plan is not self.plan:
            self.plan, self.sight = plan, plan.sight
        self._state, self._beside = state, beside
        width, height = self.size
        if width < 1 or height < 1 or not self.display:
            return
        totals = tuple(
            s.total
            for of in (state, *(watched.state for watched in beside))
            for row in plan.rows
            if (s := of.series.get(row.key)) is not None
        )
        ended = state.ended is not None
        drawn_for = (plan, state, totals, len(state.happened), state.loss_name(), self.sight, self.size, ended)
        if drawn_for == self._drawn_for:
            return
        self._chart = prepare(plan, state, self.sight, max(width - 6, 1), beside)
        cells = draw(self._chart, width, height, palette(self.app))
        self._drawn_for = drawn_for
        self.redraws += 1
        self._replace(cells)
        self._entitle(state, self._chart)

    def _entitle(self, state: RunState, chart: Chart) -> None:
        """Say around the chart what it shows, and how, as far as that is not how everybody looks at first."""
        title = [self.plan.title]
        if self.plan is LOSS and state.loss_name():
            title.append(state.loss_name())
        if chart.cursor is not None:
            width = (chart.x_end - chart.x_start) / columns_of(chart, *self.size)
            title.append(cursor_label(axis_of(self.sight.axis, state), chart.cursor, width))
        if self.sight.filter:
            title.append(f"/{self.sight.filter}")
        how = [f"{self.sight.scale} y"]
        if self.sight.smoothing:
            how.insert(0, f"smooth {self.sight.smoothing:g}")
        if self.sight.span is not None:
            how.insert(0, f"zoom ×{axis_of(self.sight.axis, state).end / self.sight.span:.3g}")
        # Not as a str: what a run says about itself is never read as markup.
        titles = (" · ".join(title), " · ".join(how))
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = map(Content, titles)

    def _replace(self, cells: list[list[Segment]]) -> None:
        """Have only the rows drawn again that differ: over a slow link, every row counts."""
        before, self._cells = self._cells, cells
        style = self.rich_style
        self._strips = [Strip(row, self.size.width).apply_style(style) for row in cells]
        if len(before) != len(cells):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, cells, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def on_mount(self) -> None:
        """Draw anew when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._change_colors)

    def _change_colors(self, _: object) -> None:
        self._drawn_for, self._cells = (), []
        self.on_resize()

    @property
    def lines(self) -> list[str]:
        """The chart as characters, under its title."""
        return [
            "  ".join(self._titles),
            *(s.text for s in self._strips),
        ]

    def on_resize(self) -> None:
        """Draw for the new size."""
        if self._state is not None:
            self.show(self._state, self.plan, self._beside)

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    # How it is looked at

    def look(self, sight: Sight) -> None:
        """Look at the chart in this way from now on."""
        self.sight = sight
        if self._state is not None:
            self.show(self._state, self.plan, self._beside)

    @property
    def axis(self) -> Axis:
        """The x axis in use."""
        return axis_of(self.sight.axis, self._state or RunState())

    def next_axis(self) -> None:
        """The next of the x axes that the run has; the same part of it stays in sight."""
        names = axes_of(self._state or RunState())
        name = names[(names.index(self.axis.name) + 1) % len(names)]
        self.look(self.sight.on(self.axis, axis_of(name, self._state or RunState())))

    def toggle_cursor(self) -> None:
        """A cursor, or none."""
        self.look(self.sight.with_cursor_toggled(self.axis))

    def zoom(self, factor: float) -> None:
        """So many times as much of the run in sight, as long as there is something in it to be seen."""
        closer = self.sight.zoomed(self.axis, factor)
        first, last = self.axis.edges(*closer.window(self.axis), 1)
        series = self._state.series if self._state is not None else {}
        shown = [series[row.key].buckets for row in self.plan.rows if row.key in series]
        seen = max((sum(first <= b.last and b.first <= last for b in buckets) for buckets in shown), default=0)
        if factor > 1 or seen >= LEAST_SEEN:
            self.look(closer)

    def action_move(self, columns: int) -> None:
        """The cursor to the left or right, or without one what is in sight."""
        if self._chart is not None:
            self.look(self.sight.moved(self.axis, columns, columns_of(self._chart, *self.size)))

    def action_begin(self) -> None:
        """To the first step."""
        self.look(self.sight.at(self.axis, 0.0))

    def action_end(self) -> None:
        """To the newest step."""
        self.look(self.sight.at(self.axis, self.axis.newest))

    def narrow(self, text: str) -> None:
        """Show only curves whose label contains this."""
        self.look(replace(self.sight, filter=text))
