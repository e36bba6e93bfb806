"""The line of keys: those that have something to do, each of which can be clicked, and notices now and then."""

from collections.abc import Iterable, Iterator

from rich.text import Text
from textual.events import Click
from textual.timer import Timer

from tuiapp.conditions import View
from tuiapp.keymap import KEYS, Key
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


def footer(view: View, width: int, keys: Iterable[Key] = KEYS) -> list[Key]:
    """The rows that have something to do now and fit into a line, the way to help and out always among them."""
    rows = [row.worded(view) for row in keys if row.short and row.when(view)]
    room = width - 1 - sum(_width(row) for row in rows[-2:])
    fitting = []
    for row in rows[:-2]:
        room -= _width(row)
        if room < 0:
            break
        fitting.append(row)
    return fitting + rows[-2:]


def spans(rows: list[Key]) -> Iterator[tuple[Key, int, int]]:
    """Where each row of a footer stands: its first cell, and the first that is not its own any more."""
    start = 1
    for row in rows:
        yield row, start, start + _width(row) - 2
        start += _width(row)


def _width(row: Key) -> int:
    return len(row.shown) + len(row.short) + 3
