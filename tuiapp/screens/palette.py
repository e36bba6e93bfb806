"""Every command by its name: typing narrows the list, and enter does the one that is marked.

Textual's own palette ends the app when a key comes before its list has rows, or after it was closed.
"""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.ask import ONE_CELL, Question
from tuiapp.widgets.rows import Rows

_LONGEST = 80


class Palette(Question[SystemCommand]):
    """Dismissed with the command that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "move(-1)", show=False, priority=True),
        Binding("down,tab", "move(1)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
        Binding("ctrl+p", "cancel", show=False, priority=True),
    ]

    def __init__(self, commands: Iterable[SystemCommand]) -> None:
        """Offer these."""
        super().__init__()
        self.commands = list(commands)
        self.found = self.commands
        self.place = 0

    def compose(self) -> ComposeResult:
        """The field over the list."""
        with Vertical(id="box", classes="help"):
            yield Input(placeholder="Search for commands…", max_length=_LONGEST, restrict=ONE_CELL)
            yield Rows(id="list")

    def on_mount(self) -> None:
        """Offer everything."""
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what has all these words in its name."""
        words = event.value.lower().split()
        self.found = [command for command in self.commands if all(word in command.title.lower() for word in words)]
        self.place = 0
        self._show()

    def on_resize(self) -> None:
        """Leave out of sight what there is no room for."""
        self._show()

    def _show(self) -> None:
        if not self.query("#list"):  # a size may come before there is anything to draw
            return
        rows = []
        for i, (title, help_text, *_) in enumerate(self.found):
            here = i == self.place
            row = Text("› " if here else "  ", ACCENT).append(title, strong(TEXT) if here else TEXT)
            rows.append(row.append(f"  {help_text}", DIM))
        listed = self.query_one("#list", Rows)
        listed.styles.height = max(min(len(self.commands), self.size.height - 10), 1)
        listed.show(rows or [Text("no command has these words in its name", DIM)])
        listed.scroll_to(y=max(self.place - listed.size.height // 2, 0), animate=False)

    def action_move(self, by: int) -> None:
        """To the next command."""
        if self.found:
            self.place = (self.place + by) % len(self.found)
            self._show()

    def action_choose(self) -> None:
        """Answer with the marked command; where there is none, go on asking."""
        if self.found:
            self.dismiss(self.found[self.place])
