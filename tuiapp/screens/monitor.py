"""The monitor: one run, live or read from a log, with everything that can be done to it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Click, Resize

from lintui import rundir
from lintui.clean import clean_line
from lintui.commands import Command, Scale, Set, Step, Stop, author, new_id
from lintui.events import Applied, Refused
from lintui.state import RunState
from tuiapp import clipboard, picture
from tuiapp.appearance import choose
from tuiapp.feed import Feed
from tuiapp.figures import three, typed
from tuiapp.kept import NotKept, keep
from tuiapp.keymap import KEYS, Key, View, bindings, footer
from tuiapp.look import DIM
from tuiapp.output import OutputTail
from tuiapp.pace import Pace
from tuiapp.plans import LOSS, SECONDS, second_chart
from tuiapp.preferences import Preferences
from tuiapp.screens.ask import Choose, EnterNumber, Help
from tuiapp.screens.tools import Tools
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.happened import Happened
from tuiapp.widgets.layers import LayerTable
from tuiapp.widgets.line import Line
from tuiapp.widgets.output import OutputPane
from tuiapp.widgets.rows import Rows
from tuiapp.widgets.status import status, steering
from tuiapp.words import summary_line

TICK = 0.05
"""Seconds between two looks for news; looking is cheap, drawing is not."""
CHASE = 0.015
"""Seconds between two looks while an answer is awaited."""
NUMBERS_EVERY = 0.45
"""Seconds between two drawings of the numbers."""
WIDE, HIGH = 100, 28
"""From this size on, the first four panes are seen at once."""
OUTPUT = 4
"""The place of the pane that is only ever seen alone."""
LEAST_WIDE, LEAST_HIGH = 40, 12
NOTHING_YET = "nothing yet: press {} or {} to change the learning rate"


class MonitorScreen(Tools):
    """Draws the state on a tick, and turns keys into commands whose answers come back as events."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        feed: Feed,
        send: Callable[[Command], None] | None,
        *,
        waiting: str = "",
        about: tuple[str, ...] = (),
        output: Path | None = None,
        detach: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
        folder: Path | None = None,
        on_first_paint: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """Show what `feed` brings, and what stands in the file `output`; with `send`, keys can steer the run.

        `detach` leaves the screen alone and `leave` ends the training first, where it is ours. Files that are
        asked for go into the working folder, or else into `folder`, that of the run.
        """
        super().__init__()
        self.feed = feed
        self.send = send
        self.waiting = waiting
        self.about = about
        self.output = OutputTail(output) if output is not None else None
        self.detach = detach
        self.leave = leave
        self.folder = folder
        self.on_first_paint = on_first_paint
        self.clock = clock
        self.cpu = cpu
        self.pace = Pace(Preferences().budget)
        self.state = RunState()
        self.author = author()
        self.keys: tuple[Key, ...] = KEYS
        """The table of keys, as the person has it."""
        self.pending: dict[str, tuple[Command, str]] = {}
        """Commands that were given and are not answered yet, with how they are shown."""
        self.maximised = False
        self.leaving = False
        self.numbers_drawn = 0
        """Times that the numbers were drawn, for measuring."""
        self._numbers_at = 0.0
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
        yield Line(id="steering")
        yield Footer(id="keys")
        yield Line(id="small")

    def on_mount(self) -> None:
        """Draw once, start what is waited for, and begin to tick."""
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
            self.send is not None,
            self.detach is not None,
            self.output is not None,
            zoomed=self.chart.sight.span is not None,
        )

    # From the feed to the screen

    def _tick(self) -> None:
        records = self.feed.take()
        urgent = False
        for record in records:
            self.state.apply(record)
            if isinstance(record.event, Applied | Refused):
                self.pending.pop(record.event.id, None)
                urgent = True
        if self.state.ended is not None:
            # Whatever the run did not answer any more, it never will.
            urgent = urgent or bool(self.pending) or bool(records)
            self.pending.clear()
            if self.leaving:
                self.app.exit()
                return
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

    def _draw_numbers(self, now: float) -> None:
        self._numbers_at = now + NUMBERS_EVERY
        self.numbers_drawn += 1
        self._draw_answer()
        self.query_one(LayerTable).update(self.state)
        if self.query_one(OutputPane).display:
            self.query_one(OutputPane).update(self.output)
        self.query_one(Footer).offer(footer(self.view, self.size.width, self.keys))

    def _draw_answer(self) -> None:
        """Where the run is, how it is set, and what happened: all that an answer changes at once."""
        self.query_one("#status", Line).show(status(self.state, self.waiting, self.size.width))
        self._draw_steering()
        self.query_one(Happened).update(self.state, self._who, self._hint())

    def _hint(self) -> str:
        """What to try while nothing has happened yet."""
        keys = [row.shown for row in self.keys if row.action.startswith("scale_rate(")]
        return NOTHING_YET.format(*keys) if self.send else "nothing"

    def _draw_steering(self) -> None:
        line = self.query_one("#steering", Line)
        if self.state.ended is not None and not self.query_one(Happened).display:
            line.show(summary_line(self.state))
            return
        shown = [text for _, text in self.pending.values()]
        line.show(steering(self.state, shown, self.size.width))

    def _draw_chart(self, name: str, now: float) -> None:
        if name == "loss":
            self.pace.drawn(now, self.cpu())
        self._chart_due[name] = now + self.pace.between
        plan = LOSS if name == "loss" else second_chart(self.state)
        self.query_one(f"#{name}", ChartView).show(self.state, plan)

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
        single = self.maximised or self.pane == OUTPUT or width < WIDE or height < HIGH
        for i, pane in enumerate(self.panes):
            pane.display = not small and (i == self.pane or (not single and i != OUTPUT))
        self.query_one("#body").set_class(single, "single")
        for name in ("#status", "#body", "#steering", "#keys"):
            self.query_one(name).display = not small
        line = self.query_one("#small", Line)
        line.display = small
        line.show(Text(f"lintui needs {LEAST_WIDE}×{LEAST_HIGH}", DIM))

    def action_pane(self, number: int) -> None:
        """Go to a pane."""
        self.pane = number % (len(self.panes) if self.output is not None else OUTPUT)
        self._arrange()
        self.panes[self.pane].focus()
        self.call_after_refresh(self.redraw)

    def action_next_pane(self) -> None:
        """To the next pane."""
        self.action_pane(self.pane + 1)

    def action_previous_pane(self) -> None:
        """To the pane before."""
        self.action_pane(self.pane - 1)

    def action_maximise(self) -> None:
        """This pane over the whole screen, or all of them again."""
        self.maximised = not self.maximised
        self.action_pane(self.pane)

    def action_restore(self) -> None:
        """Everything in this pane again, or else all panes."""
        if not self.unfilter() and self.maximised:
            self.action_maximise()

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_redraw(self) -> None:
        """Draw the screen again from nothing."""
        self.refresh(layout=True)
        self.redraw()

    def on_descendant_focus(self) -> None:
        """Keep in mind which pane was chosen with the mouse."""
        for i, pane in enumerate(self.panes):
            if pane.has_focus:
                self.pane = i

    def on_click(self, event: Click) -> None:
        """A pane's title does what `enter` does: this pane alone, and all of them again."""
        if event.widget in self.panes and event.y == 0:
            self.pane = self.panes.index(event.widget)
            self.action_maximise()

    # What a person takes along

    def notice(self, text: str) -> None:
        """Say something in the line of keys, for some seconds or until the next key; empty: nothing any more."""
        for foot in self.query(Footer):
            if text:
                foot.say(clean_line(text))
            else:
                foot.be_quiet()

    def action_screenshot(self) -> None:
        """Keep a picture of the screen as it stands in a file, and say where."""
        try:
            self.notice(f"picture kept as {self._keep('.svg', picture.svg(self.app))}")
        except NotKept as problem:
            self.notice(str(problem))

    def action_copy(self) -> None:
        """Copy the pane in focus as text, to the clipboard and into a file, and say where."""
        pane = self.panes[self.pane]
        text = clipboard.cleaned(pane.lines if isinstance(pane, ChartView | Rows) else [])
        self.app.copy_to_clipboard(text)
        sent = "sent to the clipboard" if clipboard.fits(text) else "too long for the clipboard"
        try:
            self.notice(f"{sent}, kept as {self._keep('.txt', text)}")
        except NotKept as problem:
            self.notice(f"{sent}; {problem}")

    def _keep(self, ending: str, text: str) -> str:
        """The name of the file that holds the text now, and where it is if not here; raises NotKept."""
        name = self.state.started.name if self.state.started is not None else "run"
        folders = [Path(), *([self.folder] if self.folder is not None else [])]
        path = keep(f"lintui-{rundir.safe_name(name)}-step{self.state.at}", ending, text, folders)
        return path.name if path.parent == Path() else f"{path.name}, in the run's directory"

    # From keys to commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that has nothing to do does nothing."""
        for row in KEYS:
            if row.action.split("(")[0] == action:
                return row.when(self.view)
        return True

    def _give(self, command: Command, shown: str) -> None:
        if self.send is not None:
            try:
                self.send(command)
            except OSError as error:
                reason = error.strerror or str(error)
                self.notice(f"the run can't be told anything: {reason}")
                return
            self.pending[command.id] = (command, shown)
            # Shown as pending at once, whatever the rhythm of drawing is.
            self._draw_steering()
            self.set_timer(CHASE, self._chase)

    def _chase(self) -> None:
        """Look for the answer more often than for other news: somebody is waiting for it."""
        self._tick()
        if self.pending:
            self.set_timer(CHASE, self._chase)

    def _set(self, knob: str, value: str | float | bool, shown: str) -> None:
        self._give(Set(id=new_id(), by=self.author, knob=knob, value=value), shown)

    def action_pause(self) -> None:
        """Pause, or go on; what is still on its way counts."""
        asked = [c.value for c, _ in self.pending.values() if isinstance(c, Set) and c.knob == "paused"]
        paused = bool(asked[-1]) if asked else self.state.paused
        self._set("paused", not paused, "go on" if paused else "pause")

    def action_step(self) -> None:
        """One step, then pause again."""
        self._give(Step(id=new_id(), by=self.author), "step")

    def action_scale_rate(self, factor: float) -> None:
        """Double or halve the learning rate."""
        self._give(Scale(id=new_id(), by=self.author, knob="lr", factor=factor), f"lr {_times(factor)}")

    def action_scale_speed(self, factor: float) -> None:
        """Double or halve the limit on the speed."""
        self._give(Scale(id=new_id(), by=self.author, knob="speed", factor=factor), f"speed {_times(factor)}")

    async def action_set_rate(self) -> None:
        """Ask for an exact learning rate."""

        def answer(rate: float | None) -> None:
            if rate is not None:
                self._set("lr", rate, f"lr {three(rate)}")

        knobs = self.state.knobs
        await self.app.push_screen(
            EnterNumber(knobs.get("lr") or knobs["lr.factor"], self.state.learning_rate()), answer
        )

    async def action_set_optimizer(self) -> None:
        """Ask which setting of the optimizer to change, and then for its value."""
        values = self.state.settings()
        options = {
            name: (str(i), f"{self.state.knobs[name].label} {typed(value)}")
            for i, (name, value) in enumerate(values.items(), 1)
        }

        def chosen(name: str | None) -> None:
            if name is None:
                return
            knob = self.state.knobs[name]

            def answer(value: float | None) -> None:
                if value is not None:
                    self._set(name, value, f"{knob.label} {typed(value)}")

            self.app.push_screen(EnterNumber(knob, values[name]), answer)

        await self.app.push_screen(Choose("optimizer setting from now on", options), chosen)

    async def action_choose_loss(self) -> None:
        """Ask which loss to use from now on."""
        choices = self.state.knobs["loss"].choices
        options = {name: (str(i), name) for i, name in enumerate(choices, 1)}

        def answer(loss: str | None) -> None:
            if loss is not None and loss != self.state.loss_name():
                self._set("loss", loss, f"loss {loss}")

        await self.app.push_screen(Choose("loss from now on", options, self.state.loss_name()), answer)

    def action_undo(self) -> None:
        """Set the newest intervention back."""
        self._set_back(self.state.undoable, "undoes", "back")

    def action_redo(self) -> None:
        """Set the newest setting-back forward again."""
        self._set_back(self.state.redoable, "redoes", "forward")

    def _set_back(self, done: list[Applied], by: Literal["undoes", "redoes"], shown: str) -> None:
        """Give the newest of these its old value, unless that is on its way already: then the one before."""
        on_their_way = {getattr(command, by) for command, _ in self.pending.values() if isinstance(command, Set)}
        for event in reversed(done):
            if event.id not in on_their_way:
                command = Set(id=new_id(), by=self.author, knob=event.knob, value=event.old, **{by: event.id})
                self._give(command, f"{event.knob} {shown}")
                return

    async def action_stop(self) -> None:
        """Ask, then stop cleanly and stay."""

        def answer(chosen: str | None) -> None:
            if chosen == "stop":
                self._give(Stop(id=new_id(), by=self.author), "stop")

        options = {"stop": ("y", "stop and keep the result"), "cancel": ("n", "go on training")}
        await self.app.push_screen(Choose(f"stop at step {self.state.at}?", options, "stop"), answer)

    def stop_and_leave(self, reason: str) -> None:
        """Ask the run to stop, and leave when it has ended."""
        self.leaving = True
        self._give(Stop(id=new_id(), by=self.author, reason=reason), "stop")

    async def action_leave(self) -> None:
        """Leave; while a training of ours goes on, ask first."""
        if not self.view.live or self.leaving or self.leave is None:
            self.app.exit()
            return
        leave, detach = self.leave, self.detach

        def answer(chosen: str | None) -> None:
            if chosen == "stop":
                leave()
            elif chosen == "detach" and detach is not None:
                detach()

        options = {"stop": ("s", "stop the training and leave"), "cancel": ("c", "cancel: stay and go on")}
        if detach is not None:
            options = {"detach": ("d", "detach: leave the screen, go on training"), **options}
        await self.app.push_screen(Choose("the training is going on", options, "stop"), answer)

    def action_detach(self) -> None:
        """Leave the screen, and let the training go on."""
        if self.detach is not None:
            self.detach()
        else:
            self.app.exit()

    async def action_help(self) -> None:
        """Show the keys that have something to do."""
        await self.app.push_screen(Help(self.view, list(self.about), self.keys))


def _times(factor: float) -> str:
    return f"×{factor:g}" if factor >= 1 else f"÷{1 / factor:g}"
