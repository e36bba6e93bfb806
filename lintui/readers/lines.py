"""The whole lines of a text file that may still grow, in bounded memory, without knowing what they say."""

import os
import time
from pathlib import Path

from lintui.codec import MAX_LINE
from lintui.regular import open_regular

_CHUNK = 256 * 1024
_QUIET = 10.0
"""Seconds after which nobody is taken to be in the middle of a line."""


class Lines:
    """Reads a file from its start and then whatever has been added."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError, also for what is no regular file."""
        self._file = open_regular(path)
        self.changed = os.fstat(self._file.fileno()).st_mtime
        """When it was written last, in seconds since 1970: the only time that the file itself tells."""
        self._tail = b""
        self._is_too_long = False
        """Whether the line that has not ended yet is longer than a line may be."""
        self.number = 0
        """Lines that have ended so far."""
        self.too_long = 0
        """Lines that were passed over."""

    def look(self) -> list[tuple[int, bytes]] | None:
        """The lines in the next piece of the file with their numbers from 1, ends left away; None: no more yet."""
        chunk = self._file.read(_CHUNK)
        if not chunk:
            return self._last()
        first, *others = chunk.split(b"\n")
        if not self._is_too_long:
            return self._numbered([self._tail + first, *others])
        if not others:
            return []
        self._is_too_long = False
        self.number += 1
        self.too_long += 1
        return self._numbered(others)

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _last(self) -> list[tuple[int, bytes]] | None:
        """What stands behind the last line's end, once nobody seems to be writing it any more."""
        if not self._tail or time.time() - os.fstat(self._file.fileno()).st_mtime < _QUIET:
            return None
        return self._numbered([self._tail, b""])

    def _numbered(self, lines: list[bytes]) -> list[tuple[int, bytes]]:
        *whole, self._tail = lines
        if len(self._tail) > MAX_LINE:
            self._tail, self._is_too_long = b"", True
        found = []
        for line in whole:
            self.number += 1
            if len(line) > MAX_LINE:
                self.too_long += 1
            else:
                found.append((self.number, line.removesuffix(b"\r")))
        return found
