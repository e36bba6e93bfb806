"""The line of keys: those that have something to do, each of which can be clicked, and notices now and then."""

from rich.text import Text
from textual.events import Click
from textual.timer import Timer

from tuiapp.keymap import Key, spans
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.widgets.line import Line

NOTICE = 6.0
"""Seconds that a notice stands, if no key is pressed."""


class Footer(Line):
    """Keys, and in their place for a while what somebody has to be told."""

    def __init__(self, *, id: str | None = None) -> None:
        """Start without keys."""
        super().__init__(id=id)
        self.rows: list[Key] = []
        self._timer: Timer | None = None
        """Runs while a notice stands."""

    def offer(self, rows: list[Key]) -> None:
        """Show these keys, once no notice stands any more."""
        self.rows = rows
        if self._timer is None:
            self._show_keys()

    def say(self, text: str) -> None:
        """Show a notice for a while, instead of one that stands already."""
        self.be_quiet()
        self._timer = self.set_timer(NOTICE, self.be_quiet)
        self.show(Text(f" {text}", TEXT))

    def be_quiet(self) -> None:
        """Show the keys again."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._show_keys()

    async def on_click(self, event: Click) -> None:
        """A key that is clicked does what it does when it is pressed."""
        event.stop()
        if self._timer is not None:
            self.be_quiet()
            return
        for row, start, end in spans(self.rows):
            if start <= event.x < end:
                await self.screen.run_action(row.action)

    def _show_keys(self) -> None:
        keys = Text(" ")
        for row in self.rows:
            keys.append(row.shown, strong(ACCENT)).append(f" {row.short}  ", DIM)
        self.show(keys)
