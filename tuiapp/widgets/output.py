"""What was printed while the screen was up: by the training, by libraries, by child processes."""

from rich.text import Text

from tuiapp.look import DIM, TEXT
from tuiapp.output import OutputTail
from tuiapp.widgets.rows import Rows


class OutputPane(Rows):
    """One row for each line, the newest last."""

    follows = True

    def update(self, output: OutputTail | None) -> None:
        """Read on, and show what came."""
        self.entitle("output")
        if output is not None and (output.look() or not self.rows):
            self.show([Text(line, TEXT) for line in output.shown] or [Text("nothing was printed", DIM)])
