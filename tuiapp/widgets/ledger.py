"""The ledger: a row for each entry of the parameters in each step, of which only those in view are drawn."""

from collections import deque

from rich.text import Text
from textual.geometry import Size

from lintui.state import RunState
from tuiapp import ledger
from tuiapp.figures import typed
from tuiapp.ledger import Entry
from tuiapp.look import ACCENT, DIM, MARK, TEXT
from tuiapp.sight import sees
from tuiapp.widgets.rows import Rows

_MOST = 200_000
"""Rows that are kept to be looked at."""
_NUMBER = 12
_SIGNS = {ledger.EXACT: ACCENT, ledger.ROUNDED: DIM, ledger.OTHER: MARK, ledger.UNKNOWN: DIM}


class LedgerPane(Rows):
    """Before, gradient, learning rate, their product, after, and whether after = before − lr·gradient."""

    follows = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        self._taken = 0
        """Looks that have been taken in."""
        self._width = 5
        """Cells of the longest name,"""
        self._rate = 2
        """and of the longest learning rate: most are short, and at 80 columns there is no room to spare."""
        self._watching: object = None

    def update(self, state: RunState) -> None:
        """Take in the newest looks, and show them if the last row is in view."""
        if state.watching is None:
            self._watching = None
            self._entries.clear()
            self._lay_out()
            return
        if state.watching is not self._watching:
            self._watching, self._taken = state.watching, 0
            self._entries.clear()
            self._width = max(map(len, state.watching.names), default=5)
            self._rate = 2
        if new := state.looked - self._taken:
            self._taken = state.looked
            looks = [*ledger.newest(state, new)]
            self._rate = max(self._rate, *(len(_told(lr)) for lr in {look.lr for look in looks}))
            rows = ledger.entries(looks, state.watching.names, state.watching.whole)
            self._entries.extend(row for row in rows if self._shows(row))
            self._lay_out()
        self.entitle("ledger", self._extent(state))

    def _extent(self, state: RunState) -> str:
        """Which steps there are rows of."""
        if len(state.looks) < 3 or not self._entries:
            return ""
        # Of the newest two: a run's first step is looked at in any case.
        every, first = state.looks[-1].at - state.looks[-2].at, self._entries[0].at
        which = "every step" if every == 1 else f"one step in {every}"
        return f"{which}, from step {first}" if first > every and not self.filter else which

    def narrow(self, text: str) -> None:
        """Show only rows that contain this: a name, a step, a sign or what it says, such as "not so"."""
        super().narrow(text)
        self._entries.clear()
        self._taken = 0
        self._lay_out()

    def _shows(self, row: Entry) -> bool:
        return not self.filter or sees(self.filter, f"{row.at} {row.name} {row.holds} {_SAYS[row.holds]}")

    def _lay_out(self) -> None:
        at_end = self.is_at_end
        self.header = self._titles_row()
        size = Size(self.header.cell_len, len(self._entries) + 1)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()
        if at_end:
            self.scroll_end(animate=False)

    def _titles_row(self) -> Text:
        before, gradient, update, after = (f"{t:>{_NUMBER}}" for t in ("before", "gradient", "lr·gradient", "after"))
        titles = f"{before} {gradient} {'lr':>{self._rate}} {update} {after}  after = before − lr·gradient"
        return Text(f"{'step':>7} {'':<{self._width}}   {titles}", DIM)

    def row(self, place: int) -> Text:
        """One row as it is shown."""
        entry = self._entries[place]
        sign = _SIGNS[entry.holds]
        row = Text(f"{entry.at:>7} ", DIM).append(entry.name.ljust(self._width), TEXT).append(f" {entry.holds}", sign)
        row.append(f" {_told(entry.before):>{_NUMBER}} {_told(entry.gradient):>{_NUMBER}}", TEXT)
        row.append(f" {_told(entry.lr):>{self._rate}}", DIM)
        row.append(f" {_told(entry.update):>{_NUMBER}} {_told(entry.after):>{_NUMBER}}", TEXT)
        return row.append(f"  {_SAYS[entry.holds]}", sign)

    def count(self) -> int:
        """Rows that can be scrolled to."""
        return len(self._entries)

    @property
    def lines(self) -> list[str]:
        """All rows as plain text, under the header."""
        return [self._titles_row().plain, *(self.row(i).plain for i in range(len(self._entries)))]

    def exports(self) -> dict[str, str]:
        """The rows that are shown, with all digits."""
        return {"ledger.csv": ledger.table(self._entries)}


def _told(x: float | None) -> str:
    return "–" if x is None else typed(x)


_SAYS = {
    ledger.EXACT: "bit for bit",
    ledger.ROUNDED: "up to rounding",
    ledger.OTHER: "not so: another rule",
    ledger.UNKNOWN: "",
}
