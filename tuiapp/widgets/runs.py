"""The pane of several runs side by side."""

from collections.abc import Sequence

from rich.text import Text

from tuiapp.comparison import comparison
from tuiapp.look import DIM
from tuiapp.watched import Watched
from tuiapp.widgets.rows import Rows

_MEANS = (
    "plateau     mean loss of the batches over the last quarter of the run,",
    "            once that is within 10 % of the quarter before",
    "settled at  the first step from which the running median is within 10 % of it",
)


class RunsPane(Rows):
    """A row for each run, and what its columns mean."""

    def update(self, watched: Sequence[Watched], focused: int) -> None:
        """Show where each of them is."""
        self.entitle("runs", f"{watched[focused].label} is steered")
        header, *rows = comparison(watched, focused)
        self.show([*rows, Text(), *(Text(f"    {line}", DIM) for line in _MEANS)], header)
