"""What is drawn of the runs and when: an answer at once, numbers twice a second, charts as often as they may cost."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text

from tuiapp.keymap import KEYS, Key
from tuiapp.look import TROUBLE
from tuiapp.metrics import alone, charts_beside
from tuiapp.output import OutputTail
from tuiapp.pace import Pace
from tuiapp.plans import Plan, first_chart, second_chart
from tuiapp.preferences import Preferences
from tuiapp.screens.panes import PANES
from tuiapp.screens.replaying import Replaying
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.footer import Footer, footer
from tuiapp.widgets.happened import Happened
from tuiapp.widgets.histograms import HistogramsPane
from tuiapp.widgets.layers import LayerTable
from tuiapp.widgets.ledger import LedgerPane
from tuiapp.widgets.line import Line
from tuiapp.widgets.output import OutputPane
from tuiapp.widgets.pictures import PicturesPane
from tuiapp.widgets.runs import RunsPane
from tuiapp.widgets.status import status, steering
from tuiapp.widgets.surface import SurfacePane
from tuiapp.words import died, summary_line

TICK = 0.05
"""Seconds between two looks for news; looking is cheap, drawing is not."""
NUMBERS_EVERY = 0.45
"""Seconds between two drawings of the numbers."""
NOTHING_YET = "nothing yet: press {} or {} to change the learning rate"


class Drawing(Replaying):
    """A screen that draws what is known of its runs, each part when its time has come."""

    def __init__(
        self,
        watched: Sequence[Watched],
        detach: Callable[[], None] | None,
        leave: Callable[[], None] | None,
        *,
        waiting: str,
        output: Path | None,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """Draw these, at least one; before the first step, `waiting` says what has to come."""
        super().__init__(watched, detach, leave)
        self.waiting = waiting
        self.output = OutputTail(output) if output is not None else None
        self.clock = clock
        self.cpu = cpu
        self.pace = Pace(Preferences().budget)
        self.keys: tuple[Key, ...] = KEYS
        """The table of keys, as the person has it."""
        self.numbers_drawn = 0
        """Times that the numbers were drawn, for measuring."""
        self._numbers_at = 0.0
        self._chart_due = {"loss": 0.0, "second": 0.0}

    @property
    def beside(self) -> Sequence[Watched]:
        """The runs side by side; none where there is only one."""
        return self.watched if len(self.watched) > 1 else ()

    def plan_of(self, name: str) -> Plan:
        """What a chart shows: the metric that was chosen for it, or else what the runs have for its place."""
        if (metric := self.query_one(f"#{name}", ChartView).metric) is not None:
            return alone(metric)
        if self.beside:
            return charts_beside([watched.state for watched in self.beside])[name != "loss"]
        return first_chart(self.state) if name == "loss" else second_chart(self.state)

    def draw_soon(self) -> None:
        """Have everything drawn as soon as its turn comes."""
        self._numbers_at, self._chart_due = 0.0, dict.fromkeys(self._chart_due, 0.0)

    def draw_answer_first(self) -> None:
        """An answer at once; the other numbers and the curves with its mark follow, tick by tick."""
        now = self.clock()
        self._draw_answer()
        self._numbers_at = now + TICK
        self._chart_due = {"loss": now + 2 * TICK, "second": now + 3 * TICK}

    def draw_due(self) -> None:
        """What is due, unless the terminal has to show the last picture first."""
        now = self.clock()
        if self.is_behind():
            return
        if now >= self._numbers_at:
            self._draw_numbers(now)
        elif not self.pending:
            # At most one chart a tick, so that no key waits for two.
            name = min(self._chart_due, key=self._chart_due.__getitem__)
            if now >= self._chart_due[name]:
                self._draw_chart(name, now)

    def _draw_numbers(self, now: float) -> None:
        self._numbers_at = now + NUMBERS_EVERY
        self.numbers_drawn += 1
        self._draw_answer()
        self.query_one(LayerTable).update(self.state)
        self._draw_output()
        self._draw_alone()
        self.query_one(Footer).offer(footer(self.view, self.size.width, self.keys))

    def _draw_output(self) -> None:
        if self.output is None:
            return
        self.output.look()
        pane = self.query_one(OutputPane)
        if pane.display:
            pane.update(self.output)

    def _draw_alone(self) -> None:
        """The pane that is seen alone, if it is one that follows the run."""
        pane = self.panes[self.pane]
        if isinstance(pane, LedgerPane | HistogramsPane):
            pane.update(self.state)
        elif isinstance(pane, SurfacePane | PicturesPane):
            pane.update(self.state, self.one.folder)
        elif isinstance(pane, RunsPane):
            plans = [self.plan_of(name) for name in self._chart_due]
            pane.update(self.watched, self.focused_run, plans, self._step_at_cursor())

    def _step_at_cursor(self) -> float | None:
        """The step in whose place a chart has its cursor."""
        for name in self._chart_due:
            chart = self.query_one(f"#{name}", ChartView)
            if chart.sight.cursor is not None and chart.axis.name == "step":
                return round(chart.sight.cursor)
        return None

    def _draw_answer(self) -> None:
        """Where the run is, how it is set, and what happened: all that an answer changes at once."""
        one = self.one
        words = status(
            self.state,
            self._waits_for(),
            self.size.width,
            one.label,
            life=one.life,
            problems=len(one.problems),
            reading=one.reading,
            replay=self.replay.words if self.replay is not None else "",
        )
        self.query_one("#status", Line).show(words)
        self.draw_pending()
        happened = self.query_one(Happened)
        happened.elsewhere = self._printed()
        happened.problems = self.one.problems
        happened.update(self.state, self._who, self._hint())

    def _waits_for(self) -> str:
        """What has to come before the first step."""
        if not self.one.steers or not (self.state.paused and self.state.series):
            return (self.replay is None and self.state.progress()) or self.waiting
        (key,) = [row.shown for row in self.keys if row.action == "pause"]
        return f"paused before the first step: {key} begins"

    def _printed(self) -> str:
        """Where to find what was printed, if anything was."""
        if self.output is None or not self.output.read:
            return ""
        (key,) = [row.shown for row in self.keys if row.action == f"pane({PANES.index('output')})"]
        return f"something was printed: {key}"

    def _hint(self) -> str:
        """What to try while nothing has happened yet."""
        keys = [row.shown for row in self.keys if row.action.startswith("scale_rate(")]
        return NOTHING_YET.format(*keys) if self.one.steers else "nothing"

    def draw_pending(self) -> None:
        """How the run is set, and what was asked for and is not answered yet; at its end what came of it."""
        line = self.query_one("#steering", Line)
        if self.state.ended is not None and not self.query_one(Happened).display:
            line.show(summary_line(self.state))
            return
        if self.one.life.died:
            line.show(Text(f" {died(self.state)}", TROUBLE))
            return
        shown = dict.fromkeys(command.shown for command in self.pending.values())
        line.show(steering(self.state, [*shown], self.size.width))

    def _draw_chart(self, name: str, now: float) -> None:
        if name == "loss":
            self.pace.drawn(now, self.cpu())
        self._chart_due[name] = now + self.pace.between
        self.query_one(f"#{name}", ChartView).show(self.state, self.plan_of(name), self.beside)

    def is_behind(self) -> bool:
        """Whether the terminal has not taken the last picture yet."""
        return bool(getattr(self.app, "is_behind", False))

    def _who(self, author: str) -> str:
        return "you" if author == self.author else author

    def redraw(self) -> None:
        """Draw everything as it stands."""
        now = self.clock()
        self._draw_numbers(now)
        for name in self._chart_due:
            self._draw_chart(name, now)
