"""The Textual app: which screen comes when, and what is left behind when it goes."""

from collections.abc import Callable, Iterable
from pathlib import Path

from textual.app import App, SystemCommand
from textual.screen import Screen

from lintui.state import RunState
from trainer.catalog import Entry
from tuiapp.keymap import KEYS
from tuiapp.launch import CantStart, Session
from tuiapp.preferences import Preferences
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.picker import PickerScreen
from tuiapp.theme import THEME

Start = Callable[[Entry], Session]


class LintuiApp(App[None], inherit_bindings=False):
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
    ) -> None:
        """`start` prepares the run of an experiment; with `entry` or `monitor` the picker is passed over."""
        super().__init__()
        self.preferences = preferences or Preferences()
        self.start = start
        self.entry = entry
        self.session: Session | None = None
        self.monitor = monitor
        self.refusal = ""
        """Why the run could not be started; empty: it could."""

    def on_mount(self) -> None:
        """Show the first screen."""
        self.register_theme(THEME)
        self.theme = THEME.name
        if self.monitor is not None:
            self.push_screen(self.monitor)
        elif self.entry is not None:
            self._watch(self.entry)
        else:
            self.push_screen(PickerScreen(), lambda entry: self._watch(entry) if entry else self.exit())

    def _watch(self, entry: Entry) -> None:
        try:
            self.session = self.start(entry)
        except CantStart as error:
            self.refusal = str(error)
            self.exit()
            return
        self.monitor = MonitorScreen(
            self.session.feed,
            self.session.send,
            waiting="loading torch, which takes a few seconds",
            about=(entry.question, f"Look for: {entry.look_for}.", f"Try this: {entry.try_this}."),
            on_first_paint=self.session.start,
        )
        self.push_screen(self.monitor)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every key that has something to do, from the same table."""
        if isinstance(screen, MonitorScreen):
            for row in KEYS:
                if row.when(screen.view):
                    yield SystemCommand(row.help, f"key {row.shown}", lambda row=row: screen.run_action(row.action))

    @property
    def state(self) -> RunState | None:
        """What is known of the run, if there was one."""
        return self.monitor.state if self.monitor is not None else None

    @property
    def log_path(self) -> Path | None:
        """Where the run's log is."""
        return self.session.run.directory.log if self.session is not None else None
