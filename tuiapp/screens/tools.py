"""The keys that change how a run is looked at: they change its charts and lists, and never the run."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from tuiapp.look import ACCENT, strong
from tuiapp.metrics import metrics_of
from tuiapp.screens.ask import ONE_CELL, Question
from tuiapp.screens.metrics import ChooseMetric, Metric
from tuiapp.screens.panes import Panes
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.histograms import HistogramsPane
from tuiapp.widgets.rows import Rows
from tuiapp.widgets.surface import SurfacePane

_LONGEST = 80


class Tools(Panes):
    """A screen of panes, through which charts and lists are looked at."""

    @property
    def chart(self) -> ChartView:
        """The chart in focus, or else the loss."""
        chart = self.panes[self.pane]
        return chart if isinstance(chart, ChartView) else self.query_one("#loss", ChartView)

    def action_next_scale(self) -> None:
        """Linear, log or symlog y axis."""
        self.chart.look(self.chart.sight.with_next_scale())

    def action_next_axis(self) -> None:
        """The x axis by step, epoch or time."""
        self.chart.next_axis()

    def action_next_smoothing(self) -> None:
        """Smoother, and raw again after the smoothest."""
        self.chart.look(self.chart.sight.with_next_smoothing())

    async def action_choose_metric(self) -> None:
        """Ask which metric the chart in focus is to show."""
        chart = self.chart

        def answer(chosen: Metric | None) -> None:
            if chosen is not None:
                chart.metric = chosen.key
                self.redraw()

        states = chart.states
        several = len(states) > 1
        has = {key: sum(key in state.series for state in states) for key in metrics_of(states)}
        rows = [(key, f"{count} of {len(states)} runs" if several else "") for key, count in has.items()]
        await self.app.push_screen(ChooseMetric(rows, chart.metric), answer)

    def action_clip(self) -> None:
        """Outliers cut off, or everything in sight."""
        self.chart.look(self.chart.sight.with_clipping_toggled())

    def action_switch_surface(self) -> None:
        """The surface as a map, or in relief."""
        self.query_one(SurfacePane).switch()

    def action_cursor(self) -> None:
        """A cursor, or none."""
        self.chart.toggle_cursor()

    def action_zoom_in(self) -> None:
        """Half as much in sight."""
        self.chart.zoom(0.5)

    def action_zoom_out(self) -> None:
        """Twice as much in sight."""
        self.chart.zoom(2.0)

    def action_zoom_reset(self) -> None:
        """The whole run in sight."""
        self.chart.look(self.chart.sight.whole())

    async def action_filter(self) -> None:
        """Ask what the rows or curves of the pane in focus have to contain."""
        await self.app.push_screen(Filter(self))

    def narrow(self, text: str) -> None:
        """Show only what contains this, in the pane in focus."""
        pane = self.panes[self.pane]
        if isinstance(pane, Rows | ChartView | HistogramsPane):
            pane.narrow(text)
            self.redraw()

    @property
    def filter(self) -> str:
        """What the pane in focus is filtered by; empty: nothing."""
        pane = self.panes[self.pane]
        return (
            pane.sight.filter
            if isinstance(pane, ChartView)
            else pane.filter
            if isinstance(pane, Rows | HistogramsPane)
            else ""
        )

    def unfilter(self) -> bool:
        """Show everything in the pane in focus; returns whether it was filtered."""
        filtered = bool(self.filter)
        if filtered:
            self.narrow("")
        return filtered


class Filter(Question[None]):
    """A line at the bottom: what is typed filters at once; enter keeps the filter, escape clears it."""

    def __init__(self, tools: Tools) -> None:
        """Filter the pane in focus."""
        super().__init__()
        self.tools = tools

    def compose(self) -> ComposeResult:
        """The sign of the key, and the field."""
        with Horizontal(id="line"):
            yield Static(Text.assemble((" / ", strong(ACCENT))), markup=False)
            yield Input(
                self.tools.filter,
                placeholder="enter keeps the filter, esc clears it",
                max_length=_LONGEST,
                restrict=ONE_CELL,
                compact=True,
            )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter by what there is so far."""
        self.tools.narrow(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter."""
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Clear the filter."""
        self.tools.narrow("")
        self.dismiss(None)
