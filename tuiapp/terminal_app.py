"""Textual's app on a terminal of ours: sends what differs and no more, and leaves the rest of the terminal alone.

Which screens there are is no business of this file.
"""

import io
import os
from collections.abc import Sequence

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.events import Resize
from textual.filter import LineFilter
from textual.screen import Screen

from tuiapp import appearance, clipboard
from tuiapp.driver import TerminalDriver
from tuiapp.guard import Lifeline
from tuiapp.preferences import Preferences
from tuiapp.terminal import Terminal


class TerminalApp(App[None], inherit_bindings=False):
    """An app that draws on the terminal that it is given, and where there is none, where Textual would."""

    # What was selected could go nowhere but to the clipboard, which is the person's own.
    ALLOW_SELECT = False

    def __init__(self, preferences: Preferences, terminal: Terminal | None, lifeline: Lifeline | None) -> None:
        """Draw on the `terminal`; what holds the `lifeline` gives it back if this process can't."""
        self.terminal = terminal
        self.lifeline = lifeline
        self.preferences = preferences
        super().__init__(driver_class=TerminalDriver if terminal is not None else None)
        self.hung_up = False
        """Whether the terminal has gone."""
        self.errors = io.StringIO()
        """What a screen that broke had to say."""
        if terminal is not None:
            self.error_console = Console(file=self.errors, markup=False, highlight=False, width=120)

    def watch_theme(self, old: str, new: str) -> None:
        """Draw in another theme from now on."""
        appearance.change(self, old, new)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the stylesheet may name besides Textual's own variables."""
        return appearance.variables()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through on its way out."""
        return appearance.filters(self, super().get_line_filters())

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not yet taken all that was drawn."""
        return isinstance(self._driver, TerminalDriver) and self._driver.outlet.is_behind

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what differs from what the terminal shows, instead of all that was drawn again."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver):
            super()._display(screen, renderable)
            return
        if self._batch_count or self._closed or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            return
        if changes := driver.changes(renderable, self.screen.size):
            self._begin_update()
            driver.write(changes)
            self._end_update()

    @property
    def waiting(self) -> int:
        """Keys and other messages that wait to be acted upon."""
        screens = self.screen_stack[-1:]
        focused = [screen.focused for screen in screens if screen.focused is not None]
        return sum(pump.message_queue_size for pump in (self, *screens, *focused))

    def lifeline_on_screen(self, on: bool) -> None:
        """Say whether the terminal is in our hands, to whoever gives it back if we can't."""
        if self.lifeline is not None:
            self.lifeline.on_screen = on

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal for it, through tmux and screen too; what is too long is left alone."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(clipboard.request(text, os.environ))

    def on_resize(self) -> None:
        """Draw all of it again: a terminal that was small for a moment has lost something, whatever it is now."""
        self.forget_picture()
        self.refresh()

    def forget_picture(self) -> None:
        """Have the next picture sent whole."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.painter.forget()

    def _set_pointer_shape(self, shape: str) -> None:
        pass  # the pointer is the person's own, and not every terminal knows what is meant

    def follow_size(self) -> None:
        """Take the size that the terminal has."""
        if isinstance(self._driver, TerminalDriver) and self.screen.size != (size := self._driver.size):
            # Textual loses a change now and then when several come at once.
            self.post_message(Resize(size, size))
