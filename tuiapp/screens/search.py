"""A list that typing narrows and enter chooses from, without knowing what is in it."""

from collections.abc import Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click, Key
from textual.widgets import Input

from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.ask import ONE_CELL, Question
from tuiapp.widgets.rows import Rows

_LONGEST = 80
Answer = TypeVar("Answer")


class Offer(NamedTuple, Generic[Answer]):
    """A row."""

    title: str
    about: str
    """Words about it, which are not searched."""
    answer: Answer
    key: str = ""
    """A character that answers at once while nothing is typed."""


class Search(Question[Answer], Generic[Answer]):
    """Dismissed with the answer of the row that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "move(-1)", show=False, priority=True),
        Binding("down,tab", "move(1)", show=False, priority=True),
        Binding("enter", "choose", show=False),
    ]
    ASKS: str
    """What stands in the field while nothing is typed."""
    NOTHING: str
    """What is said where no row has the words that were typed."""

    def __init__(self, offered: Sequence[Offer[Answer]], place: int = 0) -> None:
        """Offer these; the one at `place` is marked first."""
        super().__init__()
        self.offered = list(offered)
        self.found = self.offered
        self.place = place
        self.typed = ""

    def compose(self) -> ComposeResult:
        """The field over the list."""
        with Vertical(id="box", classes="help"):
            yield Input(placeholder=self.ASKS, max_length=_LONGEST, restrict=ONE_CELL)
            yield Rows(id="list")

    def on_mount(self) -> None:
        """Offer everything."""
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what has all these words in its name; a key that answers at once does so only as the first."""
        before, self.typed = self.typed, event.value
        if not before and self._answer_at_once(event.value):
            return
        words = event.value.casefold().split()
        found = [row for row in self.offered if all(word in row.title.casefold() for word in words)]
        if found != self.found:
            self.found, self.place = found, 0
        self._show()

    def on_key(self, event: Key) -> None:
        """Answer at once also where the key comes before the field is there."""
        if not self.typed:
            self._answer_at_once(event.character or "")

    def _answer_at_once(self, key: str) -> bool:
        for row in self.offered:
            if key and row.key == key:
                self.dismiss(row.answer)
                return True
        return False

    def on_input_submitted(self) -> None:
        """Choose, once all is taken in that was typed before."""
        self.action_choose()

    def on_click(self, event: Click) -> None:
        """Answer with the row that was clicked."""
        listed = self.query_one("#list", Rows)
        if event.widget is listed and (place := int(event.y + listed.scroll_offset.y)) < len(self.found):
            self.dismiss(self.found[place].answer)

    def on_resize(self) -> None:
        """Leave out of sight what there is no room for."""
        self._show()

    def _show(self) -> None:
        if not self.query("#list"):  # a size may come before there is anything to draw
            return
        rows = []
        for i, (name, about, _, key) in enumerate(self.found):
            here = i == self.place
            row = Text("› " if here else "  ", ACCENT)
            if key and not self.typed:
                row.append(f"{key}  ", strong(ACCENT))
            row.append(name, strong(TEXT) if here else TEXT)
            rows.append(row.append(f"  {about}", DIM))
        listed = self.query_one("#list", Rows)
        listed.styles.height = max(min(len(self.offered), self.size.height - 10), 1)
        listed.show(rows or [Text(self.NOTHING, DIM)])
        listed.scroll_to(y=max(self.place - listed.size.height // 2, 0), animate=False)

    def action_move(self, by: int) -> None:
        """To another row; by one, from the last to the first."""
        if count := len(self.found):
            self.place = (self.place + by) % count if abs(by) == 1 else min(max(self.place + by, 0), count - 1)
            self._show()

    def action_choose(self) -> None:
        """Answer with the marked row; where there is none, go on asking."""
        if self.found:
            self.dismiss(self.found[self.place].answer)
