"""The runs of a folder as a list: mark some, and open them in one picture."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from lintui.sources import Found
from tuiapp.appearance import choose
from tuiapp.look import ACCENT, DIM, MARK, TEXT, strong
from tuiapp.screens.unhurried import Unhurried
from tuiapp.shelf import Shelf
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows

_KEYS = (("↑ ↓", "move"), ("m", "mark"), ("enter", "open"), ("t", "theme"), ("q", "quit"))
READ_FOR = 0.03
"""Seconds of reading at a time, so that no key waits."""
READ_EVERY = 0.05
BESIDE = 4
"""Cells that a border and a scroll bar take of the width."""


class ShelfScreen(Unhurried[None]):
    """A row for each run; stays beneath what is opened from it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, priority=True),
        Binding("down,j,tab", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("home,g", "first", show=False, priority=True),
        Binding("end,G", "last", show=False, priority=True),
        Binding("m,space", "mark", show=False, priority=True),
        Binding("enter", "open", show=False, priority=True),
        Binding("t", "theme", show=False, priority=True),
        Binding("q,escape,ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(self, runs: Sequence[Found], open: Callable[[Sequence[Found]], None]) -> None:
        """List these, at least one; `open` shows some of them."""
        super().__init__()
        self.open = open
        self.shelf = Shelf(runs)
        self.place = 0
        self.refusal = ""
        """Why what was asked for last can't be."""

    def compose(self) -> ComposeResult:
        """A title, the list, the keys."""
        yield Line(id="status")
        yield Rows(id="list", classes="pane")
        yield Line(id="keys")

    def on_mount(self) -> None:
        """Show the names, and what is known of the runs bit by bit."""
        self._show()
        self._reading = self.set_interval(READ_EVERY, self._read)

    def on_screen_resume(self) -> None:
        """What goes on has got further meanwhile."""
        self.refusal = ""
        self.shelf.entries.clear()
        if self.is_mounted:
            self._reading.resume()

    def _read(self) -> None:
        if not self.shelf.look(READ_FOR):
            self._reading.pause()
        self._show()

    def _show(self) -> None:
        marked = len(self.shelf.marked)
        title = Text().append(" lintui ", strong(ACCENT)).append(f"  {len(self.shelf.runs)} runs", TEXT)
        title.append(f"  {marked} marked" if marked else "", MARK)
        keys = Text(" ")
        for key, does in _KEYS:
            keys.append(key, strong(ACCENT)).append(f" {does}  ", DIM)
        for line in self.query(Line):  # none where the app ends at this moment
            line.show(title if line.id == "status" else Text(f" {self.refusal}", MARK) if self.refusal else keys)
        header, *rows = self.shelf.rows(self.place, self.size.width - BESIDE)
        for listed in self.query("#list").results(Rows):
            listed.entitle("runs")
            listed.show(rows, header)
            top, height = listed.scroll_offset.y, max(listed.size.height - 1, 1)
            listed.scroll_to(y=min(max(top, self.place - height + 1), self.place), animate=False)

    def say(self, refusal: str) -> None:
        """Say why what was asked for can't be, until the next key."""
        self.refusal = refusal
        self._show()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.call_after_refresh(self._show)

    def action_move(self, by: int) -> None:
        """To another run, as far as there are any; by one, from the last to the first."""
        count = len(self.shelf.runs)
        self._go((self.place + by) % count if abs(by) == 1 else min(max(self.place + by, 0), count - 1))

    def action_first(self) -> None:
        """To the first run."""
        self._go(0)

    def action_last(self) -> None:
        """To the last run."""
        self._go(len(self.shelf.runs) - 1)

    def _go(self, place: int) -> None:
        self.place, self.refusal = place, ""
        self._show()

    def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer, and go to the next."""
        refusal = self.shelf.mark(self.place)
        if not refusal:
            self.action_move(1)
        self.say(refusal)

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_open(self) -> None:
        """Open the marked runs, or the one under the cursor."""
        self.open(self.shelf.chosen(self.place))
