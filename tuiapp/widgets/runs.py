"""The pane of several runs side by side."""

from collections.abc import Sequence

from rich.text import Text

from tuiapp.comparison import comparison, fixed
from tuiapp.look import DIM
from tuiapp.plans import Plan
from tuiapp.sight import sees
from tuiapp.watched import Watched
from tuiapp.widgets.rows import Rows
from tuiapp.wrapping import wrapped

_INDENT = 4
"""Cells before what the columns mean, as before a run's name."""
_BAR = 1
"""Cells of a scroll bar, which there is where there are many runs."""
_TERM = 12
"""Cells of what is explained, and the blanks behind it."""
_MEANS = (
    "plateau     mean loss of the batches over the last quarter of the run, once that is within 10 % of the"
    " quarter before",
    "settled at  the first step from which the running median is within 10 % of it",
)


class RunsPane(Rows):
    """A row for each run, and what its columns mean."""

    def update(self, watched: Sequence[Watched], focused: int, plans: Sequence[Plan], cursor: float | None) -> None:
        """Show where each of them is, and what it has of the metrics of these charts, also at the cursor's step."""
        one = watched[focused]
        self.entitle("runs", f"{one.label} is {'steered' if one.send is not None else 'in focus'}")
        header, *rows = comparison(watched, focused, plans, cursor)
        self.stays = fixed(watched)
        rows = [row for row in rows if sees(self.filter, row.plain)]
        means = self._means() if "plateau" in header.plain else []
        self.beneath = len(means)
        self.show([*rows, *means], header)

    def _means(self) -> list[Text]:
        """What columns mean, under the runs, whole at any width."""
        width = self.room.width - _BAR - _INDENT
        lines = [row for line in _MEANS for row in wrapped(Text(line, DIM), width, _TERM)]
        return [Text(), *(Text(" " * _INDENT).append_text(line) for line in lines)]
