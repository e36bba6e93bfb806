"""The widget that shows one chart of a run, and how it is looked at: axes, smoothing, cursor, zoom and filter."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from lintui.known import Key
from lintui.rundir import safe_name
from lintui.state import RunState
from tuiapp.appearance import palette
from tuiapp.axis import Axis, axes_of_all, axis_of_all
from tuiapp.chart import Chart
from tuiapp.charts import columns_of, draw
from tuiapp.plans import Plan, side_by_side
from tuiapp.prepare import cursor_label, prepare
from tuiapp.sight import Sight
from tuiapp.watched import Watched
from tuiapp.widgets.drawn import DrawnPane

LEAST_SEEN = 4
"""Measurements of one curve that zooming in leaves in sight at least."""


class ChartView(DrawnPane):
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
        self.smoothing = plan.sight.smoothing
        """How smooth every chart is at first that is shown here."""
        self.metric: Key | None = None
        """The metric that somebody chose to see here; None: what the run has for this place."""
        self._state: RunState | None = None
        self._beside: Sequence[Watched] = ()
        self._chart: Chart | None = None

    def show(self, state: RunState, plan: Plan, beside: Sequence[Watched] = ()) -> None:
        """Draw the run as it stands, or the runs `beside` each other, unless nothing in the picture has changed."""
        if plan is not self.plan:
            self.plan, self.sight = plan, replace(plan.sight, smoothing=self.smoothing)
        self._state, self._beside = state, beside
        self.draw()

    def draw(self) -> None:
        """Draw what is shown at the size that there is, unless nothing of it has changed."""
        state, plan, beside = self._state, self.plan, self._beside
        if state is None or not self.has_room:
            return
        shown = side_by_side(plan, beside) if beside else tuple((row, state) for row in plan.rows)
        totals = tuple((s.total, row) for row, of in shown if (s := of.series.get(row.key)) is not None)
        reached = tuple((id(of), of.ended is not None, of.loss_name()) for of in self.states)
        if self.is_drawn_for(plan, id(state), totals, len(state.happened), reached, self.sight, self.size):
            return
        width, height = self.size
        self._chart = prepare(plan, state, self.sight, max(width - 6, 1), beside)
        self.put(draw(self._chart, width, height, palette(self.app)))
        self._entitle(self._chart)

    def _entitle(self, chart: Chart) -> None:
        """Say around the chart what it shows, and how, as far as that is not how everybody looks at first."""
        title = [self.plan.title]
        losses = {name for of in self.states if (name := of.loss_name())}
        if self.plan.levels and losses:
            title.append(losses.pop() if len(losses) == 1 else "different losses")
        if chart.cursor is not None:
            width = (chart.x_end - chart.x_start) / columns_of(chart, *self.size)
            title.append(cursor_label(self.axis, chart.cursor, width))
        if self.sight.filter:
            title.append(f"/{self.sight.filter}")
        how = [f"{self.sight.scale} y"]
        if self.sight.clips:
            how.insert(0, f"outliers cut off: {chart.beyond or 'none'}")
        if self.sight.smoothing:
            how.insert(0, f"smooth {self.sight.smoothing:g}")
        if self.sight.span is not None:
            how.insert(0, f"zoom ×{self.axis.end / self.sight.span:.3g}")
        self.entitle(" · ".join(title), " · ".join(how))

    def exports(self) -> dict[str, str]:
        """The curves in sight as a table and as a picture."""
        from tuiapp.export import curves, drawing, svg  # not on the way to the first picture

        state, sight = self._state or RunState(), self.sight
        table = prepare(self.plan, state, sight, curves.COLUMNS, self._beside)
        if not curves.has_points(table):
            return {}
        chart = prepare(self.plan, state, sight, drawing.COLUMNS, self._beside)
        name, (title, how) = safe_name(self.plan.title), self._titles
        return {f"{name}.csv": curves.table(table), f"{name}.svg": svg.picture([(title, how, chart)])}

    # How it is looked at

    def look(self, sight: Sight) -> None:
        """Look at the chart in this way from now on."""
        self.sight = sight
        self.draw()

    @property
    def axis(self) -> Axis:
        """The x axis in use."""
        return axis_of_all(self.sight.axis, self.states)

    @property
    def states(self) -> list[RunState]:
        """The runs that are shown, at least one."""
        return [watched.state for watched in self._beside] or [self._state or RunState()]

    def next_axis(self) -> None:
        """The next of the x axes that the run has; the same part of it stays in sight."""
        names = axes_of_all(self.states)
        name = names[(names.index(self.axis.name) + 1) % len(names)]
        self.look(self.sight.on(self.axis, axis_of_all(name, self.states)))

    def toggle_cursor(self) -> None:
        """A cursor, or none."""
        self.look(self.sight.with_cursor_toggled(self.axis))

    def zoom(self, factor: float) -> None:
        """So many times as much of the run in sight, as long as there is something in it to be seen."""
        closer = self.sight.zoomed(self.axis, factor)
        first, last = self.axis.edges(*closer.window(self.axis), 1)
        keys = [self.plan.compared] if self._beside and self.plan.rows else [row.key for row in self.plan.rows]
        shown = [of.series[key].buckets for of in self.states for key in keys if key in of.series]
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
