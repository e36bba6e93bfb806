"""Reads files with a JSON object a line, numbers by name: what scripts write that keep a log of their own."""

from pathlib import Path

from lintui.events import Record
from lintui.readers.lines import Lines
from lintui.readers.parsing import NotJSON, parsed
from lintui.readers.reader import Reader
from lintui.readers.rows import Rows


class JsonLines(Reader):
    """A run in such a file."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError."""
        super().__init__(path)
        self._lines = Lines(path)
        self._rows = Rows(self.gathered)
        self.begin(self._lines.changed)

    def look(self) -> list[Record] | None:
        """The records in the next piece of the file; None: there is no more yet."""
        lines = self._lines.look()
        if lines is None:
            return None
        for number, line in lines:
            if not line.strip():
                continue
            try:
                row = parsed(line)
                if not isinstance(row, dict):
                    raise NotJSON("it is no object")
            except NotJSON as problem:
                self.gathered.tell(f"line {number} was passed over: {problem}")
                continue
            self._rows.take(row)
        if self._lines.too_long:
            self.gathered.tell_once("a line is longer than a line may be and was passed over")
        return self.gathered.take()

    def close(self) -> None:
        """Give the file up."""
        self._lines.close()
