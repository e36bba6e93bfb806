"""The last lines of a file that grows, as a terminal would have shown them, without showing them."""

import os
from codecs import getincrementaldecoder
from collections import deque
from pathlib import Path

from lintui.clean import clean_line, without_sequences
from lintui.regular import open_regular

KEPT = 2_000
"""Lines at most."""
_LOOK_BACK = 256 * 1024
"""Bytes before the end at which a look begins at the earliest."""
_CHUNK = 64 * 1024
_LINE = 4_000
"""Characters of a line at most."""


class OutputTail:
    """What was printed last; `look` reads on."""

    def __init__(self, path: Path) -> None:
        """Follow the file at `path`, which need not be there yet."""
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._path = path
        self.read = 0
        """Bytes read so far."""
        self._offset: int | None = None
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        """The beginning of a line that has not ended yet."""

    def look(self) -> bool:
        """Read what was added; whether there was anything."""
        try:
            size = os.stat(self._path).st_size
        except OSError:
            return False
        if size == self._offset:
            return False
        if self._offset is None or not 0 <= size - self._offset <= _LOOK_BACK:
            # Seen for the first time, emptied, or so much at once that nobody could read it.
            self._offset = max(size - _LOOK_BACK, 0)
            self._rest = ""
        try:
            with open_regular(self._path, flags=os.O_NOFOLLOW) as file:
                file.seek(self._offset)
                while self._offset < size and (data := file.read(min(_CHUNK, size - self._offset))):
                    self._offset += len(data)
                    self.read += len(data)
                    self._take(self._decode(data))
        except OSError:
            return False
        return True

    @property
    def shown(self) -> list[str]:
        """The lines, the last of which may still be growing."""
        return [*self.lines, *([_as_shown(self._rest)] if self._rest else [])]

    def _take(self, text: str) -> None:
        *whole, self._rest = (self._rest + text).split("\n")
        self._rest = self._rest[-_LINE:]
        self.lines.extend(_as_shown(line) for line in whole)


def _as_shown(line: str) -> str:
    """A line as it stands when everything in it was printed: a carriage return begins it anew."""
    last = line.rstrip("\r").rpartition("\r")[2]
    # Colours and cursor moves say nothing here, and made visible they would hide the words between them.
    return clean_line(without_sequences(last).replace("\t", "    "), _LINE)
