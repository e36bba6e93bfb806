"""Which metric a chart shows: typing narrows the list of all that the runs have, enter chooses."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from lintui.known import Key
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.metrics import name_of
from tuiapp.screens.ask import ONE_CELL, Question
from tuiapp.widgets.rows import Rows

_LONGEST = 80


class Metric(NamedTuple):
    """An answer: one metric, or what the chart shows by itself."""

    key: Key | None


class ChooseMetric(Question[Metric]):
    """Dismissed with the metric that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "move(-1)", show=False, priority=True),
        Binding("down,tab", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
    ]

    def __init__(self, metrics: Sequence[tuple[Key, str]], chosen: Key | None) -> None:
        """Offer these, each with a word on it, and what the chart shows by itself."""
        super().__init__()
        by_itself = ("what it shows by itself", "", Metric(None))
        self.metrics = [by_itself, *((name_of(key), about, Metric(key)) for key, about in metrics)]
        self.found = self.metrics
        self.place = next((i for i, (_, _, metric) in enumerate(self.metrics) if metric.key == chosen), 0)

    def compose(self) -> ComposeResult:
        """The field over the list."""
        with Vertical(id="box", classes="help"):
            yield Input(placeholder="a metric for this chart …", max_length=_LONGEST, restrict=ONE_CELL)
            yield Rows(id="list")

    def on_mount(self) -> None:
        """Offer everything."""
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what has all these words in its name."""
        words = event.value.casefold().split()
        found = [row for row in self.metrics if all(word in row[0].casefold() for word in words)]
        if found != self.found:
            self.found, self.place = found, 0
        self._show()

    def on_resize(self) -> None:
        """Leave out of sight what there is no room for."""
        self._show()

    def _show(self) -> None:
        if not self.query("#list"):  # a size may come before there is anything to draw
            return
        rows = []
        for i, (name, about, _) in enumerate(self.found):
            here = i == self.place
            row = Text("› " if here else "  ", ACCENT).append(name, strong(TEXT) if here else TEXT)
            rows.append(row.append(f"  {about}", DIM))
        listed = self.query_one("#list", Rows)
        listed.styles.height = max(min(len(self.metrics), self.size.height - 10), 1)
        listed.show(rows or [Text("no metric has these words in its name", DIM)])
        listed.scroll_to(y=max(self.place - listed.size.height // 2, 0), animate=False)

    def action_move(self, by: int) -> None:
        """To another metric; by one, from the last to the first."""
        if count := len(self.found):
            self.place = (self.place + by) % count if abs(by) == 1 else min(max(self.place + by, 0), count - 1)
            self._show()

    def action_choose(self) -> None:
        """Answer with the marked metric; where there is none, go on asking."""
        if self.found:
            self.dismiss(self.found[self.place][2])
