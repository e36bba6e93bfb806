"""The pane of several runs side by side."""

from collections.abc import Sequence

from rich.text import Text

from tuiapp.comparison import comparison, fixed
from tuiapp.look import DIM
from tuiapp.plans import Plan
from tuiapp.sight import sees
from tuiapp.watched import Watched
from tuiapp.widgets.rows import Rows

_MEANS = (
    "plateau     mean loss of the batches over the last quarter of the run,",
    "            once that is within 10 % of the quarter before",
    "settled at  the first step from which the running median is within 10 % of it",
)


class RunsPane(Rows):
    """A row for each run, and what its columns mean."""

    def update(self, watched: Sequence[Watched], focused: int, plans: Sequence[Plan], cursor: float | None) -> None:
        """Show where each of them is, and what it has of the metrics of these charts, also at the cursor's step."""
        one = watched[focused]
        self.entitle("runs", f"{one.label} is {'steered' if one.send is not None else 'in focus'}")
        header, *rows = comparison(watched, focused, plans, cursor)
        means = _MEANS if "plateau" in header.plain else ()
        self.stays = fixed(watched)
        rows = [row for row in rows if sees(self.filter, row.plain)]
        self.show([*rows, Text(), *(Text(" " * self.stays + line, DIM) for line in means)], header)
