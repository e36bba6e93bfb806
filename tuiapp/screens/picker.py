"""The picker: the built-in experiments, and of the one that is marked the question that it answers."""

import textwrap
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from trainer.catalog import CATALOG, Entry
from tuiapp.appearance import choose
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.unhurried import Unhurried
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows

_KEYS = (("↑ ↓", "move"), ("enter", "start"), ("d", "look at the data first"), ("t", "theme"), ("q", "quit"))


class Chosen(NamedTuple):
    """An experiment to start."""

    entry: Entry
    paused: bool = False
    """Whether it waits before its first step, so that the data can be looked at."""


class PickerScreen(Unhurried[Chosen]):
    """Dismissed with the experiment that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, priority=True),
        Binding("down,j,tab", "move(1)", show=False, priority=True),
        Binding("home,g", f"move({-len(CATALOG)})", show=False, priority=True),
        Binding("end,G", f"move({len(CATALOG)})", show=False, priority=True),
        Binding("enter,space", "choose", show=False, priority=True),
        Binding("d", "preview", show=False, priority=True),
        Binding("t", "theme", show=False, priority=True),
        Binding("q,escape,ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(self) -> None:
        """Start at the first experiment."""
        super().__init__()
        self.place = 0

    def compose(self) -> ComposeResult:
        """A title, the list, what the marked one is about, the keys."""
        yield Line(id="status")
        yield Rows(id="experiments", classes="pane")
        yield Rows(id="about", classes="pane")
        yield Line(id="keys")

    def on_mount(self) -> None:
        """Show the list."""
        title = Text().append(" lintui ", strong(ACCENT)).append("  watch a model learn, and steer it", TEXT)
        keys = Text(" ")
        for key, does in _KEYS:
            keys.append(key, strong(ACCENT)).append(f" {does}  ", DIM)
        for line in self.query(Line):  # none where the app ends at this moment
            line.show(title if line.id == "status" else keys)
        for listed in self.query("#experiments").results(Rows):
            listed.entitle("experiments")
        self._show()

    def _show(self) -> None:
        rows: list[Text] = []
        wide = max(len(entry.id) for entry in CATALOG) + 2
        for i, entry in enumerate(CATALOG):
            here = i == self.place
            row = Text("› " if here else "  ", ACCENT).append(entry.id.ljust(wide), strong(ACCENT if here else TEXT))
            rows.append(row.append(entry.title, TEXT if here else DIM))
        entry = CATALOG[self.place]
        about = [
            *self._wrapped("", entry.question, strong(TEXT)),
            *self._wrapped("look for  ", entry.look_for, TEXT),
            *self._wrapped("try this  ", entry.try_this, TEXT),
        ]
        for listed in self.query(Rows):  # none when a key came before they are there
            listed.show(rows if listed.id == "experiments" else about)
        for listed in self.query("#experiments").results(Rows):
            top, height = listed.scroll_offset.y, listed.size.height
            listed.scroll_to(y=min(max(top, self.place - height + 1), self.place), animate=False)

    def _wrapped(self, name: str, text: str, style: str) -> list[Text]:
        """A paragraph as wide as the list, its name in front of the first line."""
        lines = textwrap.wrap(text, max(self.size.width - 8 - len(name), 20))
        heads = [name, *(" " * len(name) for _ in lines[1:])]
        return [Text("  ").append(head, DIM).append(line, style) for head, line in zip(heads, lines, strict=True)]

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self.call_after_refresh(self._show)

    def action_move(self, by: int) -> None:
        """To the next experiment, from the last one to the first; further than there are any, to the end."""
        count = len(CATALOG)
        self.place = (self.place + by) % count if abs(by) < count else (0 if by < 0 else count - 1)
        self._show()

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_choose(self) -> None:
        """Start the experiment."""
        self.dismiss(Chosen(CATALOG[self.place]))

    def action_preview(self) -> None:
        """Start the experiment paused before its first step."""
        self.dismiss(Chosen(CATALOG[self.place], paused=True))
