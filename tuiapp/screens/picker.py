"""The picker: the built-in experiments with the question that each answers, and below them the newest runs."""

import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from lintui.sources import Found
from trainer.catalog import CATALOG, Entry
from tuiapp.appearance import choose
from tuiapp.look import ACCENT, DIM, MARK, TEXT, strong
from tuiapp.screens.shelf import BESIDE, READ_EVERY, READ_FOR
from tuiapp.screens.unhurried import Unhurried
from tuiapp.shelf import Shelf
from tuiapp.widgets.line import Line
from tuiapp.widgets.rows import Rows

_KEYS = (("↑ ↓", "move"), ("enter", "start"), ("d", "look at the data first"), ("t", "theme"), ("q", "quit"))
_RUN_KEYS = (("↑ ↓", "move"), ("enter", "open"), ("m", "mark several"), ("t", "theme"), ("q", "quit"))
_ABOUT_RUNS = (
    "A run that goes on is steered from here, one that is over is looked at;"
    " those that are marked are opened in one picture."
)


class Chosen(NamedTuple):
    """An experiment to start."""

    entry: Entry
    paused: bool = False
    """Whether it waits before its first step, so that the data can be looked at."""


class PickerScreen(Unhurried[Chosen]):
    """Dismissed with the experiment that was chosen; stays beneath the runs that are opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, priority=True),
        Binding("down,j,tab", "move(1)", show=False, priority=True),
        Binding("home,g", "first", show=False, priority=True),
        Binding("end,G", "last", show=False, priority=True),
        Binding("enter,space", "choose", show=False, priority=True),
        Binding("d", "preview", show=False, priority=True),
        Binding("m", "mark", show=False, priority=True),
        Binding("t", "theme", show=False, priority=True),
        Binding("q,escape,ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(
        self, find: Callable[[], Sequence[Found]] = tuple, open: Callable[[Sequence[Found]], None] | None = None
    ) -> None:
        """Start at the first experiment; `find` gives the runs, the newest first, and `open` shows some of them."""
        super().__init__()
        self.place = 0
        self.find = find
        self.open = open
        self.shelf = Shelf(())
        self.refusal = ""
        """Why what was asked for last can't be."""

    def compose(self) -> ComposeResult:
        """A title, the lists, what the marked one is about, the keys."""
        yield Line(id="status")
        yield Rows(id="experiments", classes="pane")
        yield Rows(id="recent", classes="pane")
        yield Rows(id="about", classes="pane")
        yield Line(id="keys")

    def on_mount(self) -> None:
        """Show the lists; what is known of the runs comes bit by bit."""
        title = Text().append(" lintui ", strong(ACCENT)).append("  watch a model learn, and steer it", TEXT)
        for line in self.query("#status").results(Line):  # none where the app ends at this moment
            line.show(title)
        for listed in self.query("#experiments").results(Rows):
            listed.entitle("experiments")
        self._reading = self.set_interval(READ_EVERY, self._read)
        self._list()

    def on_screen_resume(self) -> None:
        """There may be other runs by now."""
        if self.is_mounted:
            self._list()

    def _list(self) -> None:
        self.shelf = Shelf(self.find())
        self.place = min(self.place, self._count - 1)
        self._reading.resume()
        self._show()

    def _read(self) -> None:
        if not self.shelf.look(READ_FOR):
            self._reading.pause()
        self._show()

    @property
    def _count(self) -> int:
        return len(CATALOG) + len(self.shelf.runs)

    @property
    def run(self) -> int:
        """The place of the run under the cursor among the runs; below 0 where that is an experiment."""
        return self.place - len(CATALOG)

    def _show(self) -> None:
        rows: list[Text] = []
        wide = max(len(entry.id) for entry in CATALOG) + 2
        for i, entry in enumerate(CATALOG):
            here = i == self.place
            row = Text("› " if here else "  ", ACCENT).append(entry.id.ljust(wide), strong(ACCENT if here else TEXT))
            rows.append(row.append(entry.title, TEXT if here else DIM))
        if self.run >= 0:
            known = self.shelf.entries[self.run : self.run + 1]
            about = [
                *self._wrapped("settings  ", known[0].settings if known else "…", TEXT),
                *self._wrapped("", _ABOUT_RUNS, DIM),
            ]
        else:
            entry = CATALOG[self.place]
            about = [
                *self._wrapped("", entry.question, strong(TEXT)),
                *self._wrapped("look for  ", entry.look_for, TEXT),
                *self._wrapped("try this  ", entry.try_this, TEXT),
            ]
        header, *runs = self.shelf.rows(self.run, self.size.width - BESIDE)
        for listed in self.query("#experiments").results(Rows):  # none when a key came before they are there
            listed.show(rows)
            _keep_in_sight(listed, min(self.place, len(CATALOG) - 1))
        for listed in self.query("#recent").results(Rows):
            listed.display = bool(runs)
            listed.entitle("recent runs", f"{len(self.shelf.marked)} marked" if self.shelf.marked else "")
            listed.show(runs, header)
            _keep_in_sight(listed, max(self.run, 0))
        focused = "#experiments" if self.run < 0 else "#recent"
        for listed in self.query(focused).results(Rows):
            listed.focus(scroll_visible=False)
        for listed in self.query("#about").results(Rows):
            listed.show(about)
        keys = Text(" ")
        for key, does in _KEYS if self.run < 0 else _RUN_KEYS:
            keys.append(key, strong(ACCENT)).append(f" {does}  ", DIM)
        for line in self.query("#keys").results(Line):
            line.show(Text(f" {self.refusal}", MARK) if self.refusal else keys)

    def _wrapped(self, name: str, text: str, style: str) -> list[Text]:
        """A paragraph as wide as the list, its name in front of the first line."""
        lines = textwrap.wrap(text, max(self.size.width - 8 - len(name), 20))
        heads = [name, *(" " * len(name) for _ in lines[1:])]
        return [Text("  ").append(head, DIM).append(line, style) for head, line in zip(heads, lines, strict=True)]

    def say(self, refusal: str) -> None:
        """Say why what was asked for can't be, until the next key."""
        self.refusal = refusal
        self._show()

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self.call_after_refresh(self._show)

    def action_move(self, by: int) -> None:
        """To the next experiment or run, from the last one to the first."""
        self._go((self.place + by) % self._count)

    def action_first(self) -> None:
        """To the first experiment."""
        self._go(0)

    def action_last(self) -> None:
        """To the last run, or experiment where there is none."""
        self._go(self._count - 1)

    def _go(self, place: int) -> None:
        self.place, self.refusal = place, ""
        self._show()

    def action_theme(self) -> None:
        """Ask for a theme."""
        choose(self.app)

    def action_choose(self) -> None:
        """Start the experiment, or open the run or all that are marked."""
        if self.run < 0:
            self.dismiss(Chosen(CATALOG[self.place]))
        elif self.open is not None:
            self.open(self.shelf.chosen(self.run))

    def action_preview(self) -> None:
        """Start the experiment paused before its first step."""
        if self.run < 0:
            self.dismiss(Chosen(CATALOG[self.place], paused=True))

    def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer, and go to the next."""
        if self.run >= 0 and not (refusal := self.shelf.mark(self.run)):
            self._go(min(self.place + 1, self._count - 1))
        elif self.run >= 0:
            self.say(refusal)


def _keep_in_sight(listed: Rows, place: int) -> None:
    top, height = listed.scroll_offset.y, max(listed.size.height - (listed.header is not None), 1)
    listed.scroll_to(y=min(max(top, place - height + 1), place), animate=False)
