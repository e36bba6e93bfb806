"""The picker: the built-in experiments, each with the question that it answers."""

import textwrap
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from trainer.catalog import CATALOG, Entry
from tuiapp.appearance import choose
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.unhurried import Unhurried
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows


class PickerScreen(Unhurried[Entry]):
    """Dismissed with the experiment that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, priority=True),
        Binding("down,j,tab", "move(1)", show=False, priority=True),
        Binding("enter,space", "choose", show=False, priority=True),
        Binding("t", "theme", show=False, priority=True),
        Binding("q,escape,ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(self) -> None:
        """Start at the first experiment."""
        super().__init__()
        self.place = 0

    def compose(self) -> ComposeResult:
        """A title, the list, the keys."""
        yield Line(id="status")
        yield Rows(id="experiments", classes="pane")
        yield Line(id="keys")

    def on_mount(self) -> None:
        """Show the list."""
        title = Text().append(" lintui ", strong(ACCENT)).append("  watch a model learn, and steer it", TEXT)
        self.query_one("#status", Line).show(title)
        keys = Text(" ")
        for key, does in (("↑ ↓", "move"), ("enter", "start"), ("t", "theme"), ("q", "quit")):
            keys.append(key, strong(ACCENT)).append(f" {does}  ", DIM)
        self.query_one("#keys", Line).show(keys)
        self.query_one("#experiments").border_title = "experiments"
        self._show()

    def _show(self) -> None:
        rows: list[Text] = []
        for i, entry in enumerate(CATALOG):
            here = i == self.place
            rows.append(
                Text("› " if here else "  ", ACCENT)
                .append(entry.id.ljust(18), strong(ACCENT if here else TEXT))
                .append(entry.title, TEXT if here else DIM)
            )
            rows += self._wrapped("", entry.question, TEXT if here else DIM)
            if here:
                rows += self._wrapped("look for  ", entry.look_for, TEXT)
                rows += self._wrapped("try this  ", entry.try_this, TEXT)
            rows.append(Text())
        for listed in self.query("#experiments").results(Rows):  # none when a key came before it is there
            listed.show(rows)

    def _wrapped(self, name: str, text: str, style: str) -> list[Text]:
        """A paragraph as wide as the list, its name in front of the first line."""
        lines = textwrap.wrap(text, max(self.size.width - 8 - len(name), 20))
        heads = [name, *(" " * len(name) for _ in lines[1:])]
        return [Text("    ").append(head, DIM).append(line, style) for head, line in zip(heads, lines, strict=True)]

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._show()

    def action_move(self, by: int) -> None:
        """To the next experiment."""
        self.place = (self.place + by) % len(CATALOG)
        self._show()

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_choose(self) -> None:
        """Start the experiment."""
        self.dismiss(CATALOG[self.place])
