"""The monitor: takes in what its runs say, tick by tick, and answers the keys that are its own; without drawing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click

from lintui.events import Applied, Declared, Event, Refused
from tuiapp import arrays
from tuiapp.appearance import choose
from tuiapp.conditions import View
from tuiapp.differing import labels
from tuiapp.feed import WITHIN
from tuiapp.keymap import bindings
from tuiapp.screens.ask import Help
from tuiapp.screens.drawing import TICK, Drawing
from tuiapp.screens.keeping import Exporting
from tuiapp.screens.panes import PANES, TOGETHER
from tuiapp.smoothing import WEIGHTS
from tuiapp.watched import Watched
from tuiapp.widgets.histograms import HistogramsPane
from tuiapp.widgets.layers import LayerTable
from tuiapp.widgets.surface import SurfacePane


class MonitorScreen(Drawing):
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
        list from which the runs were opened. Files that are asked for go into the working folder, or else into
        that of the run.
        """
        super().__init__(watched, detach, leave, waiting=waiting, output=output, clock=clock, cpu=cpu)
        self.back = back
        self.about = about
        self.on_first_paint = on_first_paint
        self._previews = False
        """Whether the run waits to be looked at before its first step."""
        self._labelled_for: list[object] = []

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
                self.draw_soon()
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
        if urgent:
            self.draw_answer_first()
        else:
            self.draw_due()

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

    def action_next_run(self, by: int) -> None:
        """Steer and look at another run."""
        self.focused_run = (self.focused_run + by) % len(self.watched)
        self.redraw()

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
