"""Runs that can be opened: what is known of each so far, and which of them are marked; in styled lines."""

import time
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from lintui.sources import Found
from tuiapp.entries import Entry, entry
from tuiapp.logs import MOST
from tuiapp.look import ACCENT, DIM, MARK, TEXT, strong
from tuiapp.shortening import shortened

_HEADER = ("name", "started as", "steps", "loss", "state", "written")
_WIDEST = 40
"""Cells of a name at most."""
_SHORTEST = 12
"""Cells of a name at least, however narrow the list."""
_WORDS = ("name", "started as", "state")
"""Columns that begin at the left; numbers end at the right."""


class Shelf:
    """The runs of a list, each read when its turn comes."""

    def __init__(self, runs: Sequence[Found]) -> None:
        """Nothing is read yet, and nothing marked."""
        self.runs = runs
        self.entries: list[Entry] = []
        """What is known of the first of them; the others follow."""
        self.marked: set[int] = set()
        """Places of the runs that are marked."""

    def look(self, seconds: float) -> bool:
        """Read on for about so long; returns whether there is more to be read."""
        begun = time.monotonic()
        while len(self.entries) < len(self.runs) and time.monotonic() - begun <= seconds:
            self.entries.append(entry(self.runs[len(self.entries)]))
        return len(self.entries) < len(self.runs)

    def mark(self, place: int) -> str:
        """Mark a run, or no longer; returns why that can't be, empty where it was done."""
        if place in self.marked:
            self.marked.discard(place)
        elif len(self.marked) >= MOST:
            return f"{MOST} runs at most are told apart in one picture"
        else:
            self.marked.add(place)
        return ""

    def chosen(self, place: int) -> list[Found]:
        """The marked runs in the order of the list, or where none is, the one at a place."""
        return [self.runs[i] for i in sorted(self.marked) or [place]]

    def rows(self, place: int = -1, width: int = 0) -> list[Text]:
        """A header, and a row for each run, the one at that place under the cursor.

        Names are cut until a row fits into `width` cells, where that is not 0.
        """
        names = shortened([run.name for run in self.runs], _WIDEST)
        table = [_HEADER, *(self._cells(i, name) for i, name in enumerate(names))]
        columns = range(len(_HEADER))
        widths = [max(cell_len(row[i]) for row in table) if any(row[i] for row in table[1:]) else 0 for i in columns]
        over = 4 + sum(wide + 2 for wide in widths if wide) - 2 - width
        if width and over > 0:
            widths[0] = max(widths[0] - over, _SHORTEST)
            names = shortened([run.name for run in self.runs], widths[0])
            table[1:] = [(name, *cells[1:]) for name, cells in zip(names, table[1:], strict=True)]
        lines = [Text("    ").append(_line(_HEADER, widths), DIM)]
        for i, cells in enumerate(table[1:]):
            line = Text("› " if i == place else "  ", ACCENT).append("✓ " if i in self.marked else "  ", MARK)
            style = strong(ACCENT) if i == place else TEXT if i in self.marked else DIM
            lines.append(line.append(_line(cells, widths), style))
        return lines

    def _cells(self, i: int, name: str) -> tuple[str, ...]:
        if i >= len(self.entries):
            return name, "", "…", "…", "…", "…"
        known = self.entries[i]
        # Our own directories bear the name already.
        started_as = "" if self.runs[i].name.endswith(known.name) else known.name
        return name, started_as, known.steps, known.loss, known.state, known.written


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells side by side, but for columns of no width."""
    columns = [
        (i, cell, " " * (width - cell_len(cell)))
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        if width
    ]
    return "  ".join(cell + blank if _HEADER[i] in _WORDS else blank + cell for i, cell, blank in columns)
