"""The Textual app: which screen comes when, and what is left behind when it goes."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from textual.app import SystemCommand
from textual.events import Event, InputEvent, Key
from textual.screen import Screen

from lintui.sources import Found
from lintui.state import RunState
from trainer.catalog import Entry
from tuiapp import appearance, logs, remapping
from tuiapp.group import Group
from tuiapp.guard import Lifeline
from tuiapp.launch import CantStart
from tuiapp.options import Mistake
from tuiapp.ours import Ours
from tuiapp.pace import Pace
from tuiapp.preferences import Preferences
from tuiapp.screens.ask import Choose, Question
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.palette import Palette
from tuiapp.screens.picker import Chosen, PickerScreen
from tuiapp.screens.shelf import ShelfScreen
from tuiapp.signals import Caught
from tuiapp.terminal import Terminal
from tuiapp.terminal_app import TerminalApp
from tuiapp.watched import Watched

Start = Callable[[Chosen], Group]
_LOOK_EVERY = 0.05
_LEAVE_WITHIN = 4.0
"""Seconds that a training has to end when somebody leaves; then its log is closed without it."""


class LintuiApp(TerminalApp):
    """A picker if nothing was chosen yet, then the monitor."""

    CSS_PATH = Path(__file__).parent / "app.tcss"
    TITLE = "lintui"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        start: Start,
        entry: Entry | None = None,
        monitor: MonitorScreen | None = None,
        preferences: Preferences | None = None,
        *,
        runs: Sequence[Found] = (),
        ours: Ours | None = None,
        terminal: Terminal | None = None,
        lifeline: Lifeline | None = None,
        caught: Caught | None = None,
    ) -> None:
        """`start` prepares the run of an experiment; with `entry`, `monitor` or `runs` the picker is passed over.

        What the `monitor` shows may be `ours`, to be started and ended from here.
        With a `terminal` it draws on that; with a `lifeline` it can be left while the training goes on; what
        signals are `caught` is acted upon.
        """
        self.caught = caught or Caught()
        preferences = preferences or Preferences()
        self.keys = remapping.table(preferences.keys)
        super().__init__(preferences, terminal, lifeline)
        self.start = start
        self.entry = entry
        self.ours = ours
        """What this process trains, if anything."""
        self.monitor = monitor
        self.runs = runs
        """Runs to choose from."""
        self.refusal = ""
        """Why the run could not be started; empty: it could."""
        self.detached = False
        """Whether the screen was left and the training goes on."""
        self._leave_at = 0.0

    def on_mount(self) -> None:
        """Show the first screen."""
        appearance.dress(self, self.preferences)
        self.set_keymap(remapping.changed(self.keys))
        if self.terminal is not None:
            # Textual keeps what is printed to itself; here it goes where the descriptors lead.
            sys.stdout, sys.stderr = self.terminal.streams
        self.set_interval(_LOOK_EVERY, self._look_around)
        if self.monitor is not None:
            if self.ours is not None:
                self._own(self.ours)
                self.monitor.detach, self.monitor.leave = self._detaching, self.leave
                self.monitor.on_first_paint = self.ours.start
            self._open(self.monitor)
        elif self.entry is not None:
            self._watch(Chosen(self.entry))
        elif self.runs:
            self.push_screen(ShelfScreen(self.runs, partial(self.look_at, logs.opened)))
        else:
            picker = PickerScreen(logs.recent, partial(self.look_at, logs.attached))
            self.push_screen(picker, lambda chosen: self._watch(chosen) if chosen else self.exit())

    def _watch(self, chosen: Chosen) -> None:
        try:
            self.ours = group = self.start(chosen)
        except CantStart as error:
            self.refusal = str(error)
            self.exit()
            return
        entry = chosen.entry
        directory = group.first.run.directory
        self._own(group)
        if self.terminal is not None:
            with contextlib.suppress(OSError):  # where nothing can be kept, what is printed is lost, and no more
                self.terminal.send_output(directory.output)
        self.monitor = MonitorScreen(
            *group.watched,
            output=directory.output,
            detach=self._detaching,
            leave=self.leave,
            waiting="loading torch, which takes a few seconds",
            about=(entry.question, f"Look for: {entry.look_for}.", f"Try this: {entry.try_this}."),
            on_first_paint=group.start,
        )
        self._open(self.monitor)

    def look_at(self, opened: Callable[[Sequence[Found]], list[Watched]], runs: Sequence[Found]) -> None:
        """Show runs over the list from which they were chosen, as `opened` has them."""
        listed = self.screen
        try:
            watched = logs.played(opened(runs))
        except Mistake as mistake:
            if isinstance(listed, ShelfScreen | PickerScreen):
                listed.say(str(mistake))
            return

        def back() -> None:
            logs.close(watched)
            self.monitor = None
            self.pop_screen()

        self.monitor = MonitorScreen(*watched, output=logs.output_of(watched), back=back)
        self._open(self.monitor)

    def _own(self, ours: Ours) -> None:
        """Be prepared to end it, or for being ended without it."""
        self.caught.last_resort = lambda: ours.give_up(self.caught.name, self.caught.exit_code)
        if self.lifeline is not None:
            self.lifeline.last_words = f"log: {ours.directories[0].log}"

    @property
    def _detaching(self) -> Callable[[], None] | None:
        """Leaves the screen while the training goes on, where somebody returns the prompt meanwhile."""
        return self.detach if self.lifeline is not None else None

    def _open(self, monitor: MonitorScreen) -> None:
        monitor.keys = self.keys
        monitor.pace = Pace(self.preferences.budget)
        self.push_screen(monitor)

    @property
    def trains(self) -> bool:
        """Whether a training of this process is going on."""
        return self.ours is not None and self.ours.goes_on

    def detach(self) -> None:
        """Leave the screen, and let the training go on without one."""
        self.detached = self.trains
        self.exit()

    def leave(self, reason: str = "") -> None:
        """Stop the training, and leave when it has ended or that takes too long; at once where nothing trains."""
        if not self.trains or self.monitor is None:
            self.exit()
        elif not self._leave_at:
            self._leave_at = time.monotonic() + _LEAVE_WITHIN
            self.monitor.stop_and_leave(reason)

    def _look_around(self) -> None:
        """Act on signals, and on a terminal or a parent that has gone, or that has another size than the screen."""
        caught = self.caught
        self.follow_size()
        self.hung_up = self.hung_up or caught.hung_up
        if len(caught.ending) > 1 or (self._leave_at and time.monotonic() > self._leave_at):
            self.exit()
        elif caught.ending:
            self.leave(caught.name)
        elif self._came_to_nothing:
            self.exit()
        elif self.hung_up or caught.wants_away or (self.lifeline is not None and self.lifeline.is_cut):
            self.detach()

    @property
    def _came_to_nothing(self) -> bool:
        """Whether what is ours ended before it said anything: there will be nothing to see."""
        ours = self.ours
        if ours is None or not ours.has_begun or ours.is_alive:
            return False
        return all(watched.state.started is None for watched in ours.watched)

    async def on_event(self, event: Event) -> None:
        """Act on it; but once we are about to leave, a key has nothing to do, and no screen may come any more."""
        if self._exit and isinstance(event, InputEvent):
            return
        if isinstance(event, Key) and not event.is_forwarded and self.monitor is not None:
            self.monitor.notice("")
        await super().on_event(event)

    def action_command_palette(self) -> None:
        """Offer every command by its name."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.get_system_commands(self.screen)), self._do)

    def _do(self, chosen: SystemCommand | None) -> None:
        if chosen is not None:
            self.call_later(chosen.callback)  # when the palette has gone: it may be about what is beneath

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every key that has something to do, from the same table, or the answers to a question."""
        if isinstance(screen, Choose):
            for answer, (key, text) in screen.options.items():
                yield SystemCommand(text, f"key {key}", partial(screen.dismiss, answer))
        if isinstance(screen, Question):
            yield SystemCommand("back, without an answer", "key esc", screen.action_cancel)
        if isinstance(screen, MonitorScreen):
            for row in self.keys:
                if row.when(screen.view):
                    yield SystemCommand(row.help, f"key {row.shown}", lambda row=row: screen.run_action(row.action))

    @property
    def state(self) -> RunState | None:
        """What is known of the run, if there was one."""
        return self.monitor.state if self.monitor is not None else None
