"""What was printed while the screen was up: by the training, by libraries, by child processes."""

from rich.text import Text

from tuiapp.look import DIM, TEXT
from tuiapp.output import OutputTail
from tuiapp.widgets.rows import Rows


class OutputPane(Rows):
    """One row for each line, the newest last."""

    follows = True
    _shown = -1
    """How much of it had been read when it was last shown."""

    def update(self, output: OutputTail) -> None:
        """Show what has been read, unless that is what is shown already."""
        self.entitle("output")
        if output.read != self._shown:
            self._shown = output.read
            self.show([Text(line, TEXT) for line in output.shown] or [Text("nothing was printed", DIM)])
