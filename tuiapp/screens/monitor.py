"""The monitor: one run, live or read from a log, with everything that can be done to it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Click, Resize

from lintui.events import Applied, Declared, Event, Refused
from tuiapp import arrays
from tuiapp.appearance import choose
from tuiapp.differing import labels
from tuiapp.feed import WITHIN
from tuiapp.keymap import KEYS, Key, View, bindings, footer
from tuiapp.look import DIM, TROUBLE
from tuiapp.metrics import alone, charts_beside
from tuiapp.output import OutputTail
from tuiapp.pace import Pace
from tuiapp.plans import LOSS, SECONDS, Plan, first_chart, second_chart
from tuiapp.preferences import Preferences
from tuiapp.screens.ask import Help
from tuiapp.screens.keeping import Exporting
from tuiapp.screens.replaying import Replaying
from tuiapp.screens.tools import PANES, TOGETHER
from tuiapp.smoothing import WEIGHTS
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.footer import Footer
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
WIDE, HIGH = 100, 28
"""From this size on, the first four panes are seen at once."""
LEAST_WIDE, LEAST_HIGH = 40, 12
NOTHING_YET = "nothing yet: press {} or {} to change the learning rate"


class MonitorScreen(Replaying):
    """Draws the state on a tick, and turns keys into commands whose answers come back as events."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        *watched: Watched,
        waiting: str = "",
        about: tuple[str, ...] = (),
        output: Path | None = None,
        detach: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
        back: Callable[[], None] | None = None,
        on_first_paint: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """Show at least one run, and what stands in the file `output`.

        `detach` leaves the screen alone and `leave` ends the training first, where it is ours; `back` goes to the
        list from which the runs were opened. Files that are
        asked for go into the working folder, or else into that of the run.
        """
        super().__init__(watched, detach, leave)
        self.back = back
        self.waiting = waiting
        self.about = about
        self.output = OutputTail(output) if output is not None else None
        self.on_first_paint = on_first_paint
        self.clock = clock
        self.cpu = cpu
        self.pace = Pace(Preferences().budget)
        self.keys: tuple[Key, ...] = KEYS
        """The table of keys, as the person has it."""
        self.maximised = False
        self._previews = False
        """Whether the run waits to be looked at before its first step."""
        self.numbers_drawn = 0
        """Times that the numbers were drawn, for measuring."""
        self._numbers_at = 0.0
        self._labelled_for: list[object] = []
        self._chart_due = {"loss": 0.0, "second": 0.0}

    def compose(self) -> ComposeResult:
        """Status, four panes, steering line and keys."""
        yield Line(id="status")
        with Container(id="body"):
            yield ChartView(LOSS, id="loss")
            yield LayerTable(id="layers", classes="pane")
            yield ChartView(SECONDS[0], id="second")
            yield Happened(id="happened", classes="pane")
            yield OutputPane(id="output", classes="pane")
            yield LedgerPane(id="ledger", classes="pane")
            yield SurfacePane(id="surface", classes="pane")
            yield PicturesPane(id="pictures", classes="pane")
            yield RunsPane(id="runs", classes="pane")
            yield HistogramsPane(id="histograms", classes="pane")
        yield Line(id="steering")
        yield Footer(id="keys")
        yield Line(id="small")

    def on_mount(self) -> None:
        """Draw once, start what is waited for, and begin to tick."""
        if any(watched.send is not None for watched in self.beside):
            # While they learn it is levels that are compared; `w` shows the noise.
            self.chart.smoothing = WEIGHTS[2]
            self.chart.look(replace(self.chart.sight, smoothing=WEIGHTS[2]))
        self._arrange()
        self.panes[0].focus()
        self._tick()
        self.set_interval(TICK, self._tick)
        if self.on_first_paint is not None:
            # What follows takes the interpreter for seconds (torch is imported): the first picture goes out before.
            self.set_timer(0.1, self.on_first_paint)

    @property
    def view(self) -> View:
        """What decides which keys have something to do."""
        return View(
            self.state,
            self.one.steers,
            self.detach is not None,
            self.output is not None,
            several=len(self.watched) > 1,
            exports=isinstance(self.panes[self.pane], Exporting),
            relief=PANES[self.pane] == "surface",
            zoomed=self.chart.sight.span is not None,
            replays=self.replay is not None and bool(self.replay.run.state.next_n),
        )

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

    # From the feed to the screen

    def look_for_answers(self) -> None:
        """Take what has come from the run."""
        self._tick()

    def _tick(self) -> None:
        urgent = False
        for watched in self.watched:
            was = watched.state
            records = watched.look(WITHIN / len(self.watched))
            answers = [record.event.id for record in records if isinstance(record.event, Applied | Refused)]
            if watched.state is not was:
                # What was only a first look at a long log is complete.
                self._numbers_at, self._chart_due = 0.0, dict.fromkeys(self._chart_due, 0.0)
            if watched.is_over:
                # Whatever the run did not answer any more, it never will.
                unanswered = [id for id, command in self.pending.items() if command.to is watched]
                urgent = urgent or bool(unanswered) or bool(records)
                answers += unanswered
            if watched is self.one and any(_says_pause(record.event) for record in records):
                self._previews = self.state.paused
            for id in answers:
                self.pending.pop(id, None)
                urgent = True
        self.query_one(SurfacePane).follow(self.state)
        self._preview()
        if self.leaving and all(watched.is_over for watched in self.watched):
            self.app.exit()
            return
        self._label()
        now = self.clock()
        if urgent:
            # The answer first; the other numbers and the curves with its mark follow, tick by tick.
            self._draw_answer()
            self._numbers_at = now + TICK
            self._chart_due = {"loss": now + 2 * TICK, "second": now + 3 * TICK}
        elif self.is_behind():
            pass  # the terminal shows the last picture first
        elif now >= self._numbers_at:
            self._draw_numbers(now)
        elif not self.pending:
            # At most one chart a tick, so that no key waits for two.
            name = min(self._chart_due, key=self._chart_due.__getitem__)
            if now >= self._chart_due[name]:
                self._draw_chart(name, now)

    def _label(self) -> None:
        """Say what tells the runs apart, as soon as each has said how it was started."""
        begun: list[object] = [watched.state.started for watched in self.beside]
        found = [watched.found.name for watched in self.beside if watched.found is not None]
        if len(found) < max(len(self.beside), 1) or _are(begun, self._labelled_for):
            return
        self._labelled_for = begun
        for watched, label in zip(self.beside, labels([w.state for w in self.beside], found), strict=True):
            watched.label = label

    def _preview(self) -> None:
        """Of a run that starts paused, the data first, once they are there; and its curves as soon as it begins."""
        pictures = PANES.index("pictures")
        if not self._previews or self.state.at:
            self._previews = False
        elif not self.state.paused:
            self._previews = False
            if self.pane == pictures:
                self.action_pane(0)
        elif self.pane == 0 and arrays.has_pictures(self.state):
            self.action_pane(pictures)

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
            return self.waiting
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

    # Sizes and panes

    def on_resize(self, event: Resize) -> None:
        """Rearrange for the new size."""
        self._arrange()
        self.call_after_refresh(self.redraw)

    def _arrange(self) -> None:
        width, height = self.size
        small = width < LEAST_WIDE or height < LEAST_HIGH
        single = self.maximised or self.pane >= TOGETHER or width < WIDE or height < HIGH
        for i, pane in enumerate(self.panes):
            pane.display = not small and (i == self.pane or (not single and i < TOGETHER))
        self.query_one("#body").set_class(single, "single")
        for name in ("#status", "#body", "#steering", "#keys"):
            self.query_one(name).display = not small
        line = self.query_one("#small", Line)
        line.display = small
        line.show(Text(f"lintui needs {LEAST_WIDE}×{LEAST_HIGH}", DIM))

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self.pane = number
        self._arrange()
        self.panes[self.pane].focus()
        self.call_after_refresh(self.redraw)

    def action_next_pane(self) -> None:
        """To the next pane."""
        self._go(1)

    def action_previous_pane(self) -> None:
        """To the pane before."""
        self._go(-1)

    def _go(self, by: int) -> None:
        """To the next pane in that direction that has something to show."""
        number = self.pane
        while not self.check_action("pane", (number := (number + by) % len(PANES),)):
            pass
        self.action_pane(number)

    def action_next_run(self, by: int) -> None:
        """Steer and look at another run."""
        self.focused_run = (self.focused_run + by) % len(self.watched)
        self.redraw()

    def action_maximise(self) -> None:
        """This pane over the whole screen, or all of them again."""
        self.maximised = not self.maximised
        self.action_pane(self.pane)

    def action_restore(self) -> None:
        """Everything in this pane again, or else all panes."""
        if self.unfilter():
            return
        if self.pane >= TOGETHER:
            self.maximised = False
            self.action_pane(0)
        elif self.maximised:
            self.action_maximise()
        elif self.back is not None:
            self.back()

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_redraw(self) -> None:
        """Draw the screen again from nothing."""
        self.draw_anew()
        self.redraw()

    def on_descendant_focus(self) -> None:
        """Keep in mind which pane was chosen with the mouse."""
        for i, pane in enumerate(self.panes):
            if pane.has_focus and pane.display:
                self.pane = i

    def on_click(self, event: Click) -> None:
        """A pane's title does what `enter` does; a large parameter in the table shows how it is spread."""
        if event.widget in self.panes and event.y == 0:
            self.pane = self.panes.index(event.widget)
            self.action_maximise()
        elif isinstance(event.widget, LayerTable):
            place = event.get_content_offset(event.widget)
            name = event.widget.parameter(place.y) if place is not None else ""
            if self.query_one(HistogramsPane).choose(self.state, name):
                self.action_pane(PANES.index("histograms"))

    async def action_help(self) -> None:
        """Show the keys that have something to do."""
        await self.app.push_screen(Help(self.view, list(self.about), self.keys))


def _are(these: Sequence[object], those: Sequence[object]) -> bool:
    """Whether they are the very same."""
    return len(these) == len(those) and all(one is other for one, other in zip(these, those, strict=True))


def _says_pause(event: Event) -> bool:
    """Whether it says how the run starts: going on, or paused."""
    return isinstance(event, Declared) and event.knob == "paused"
