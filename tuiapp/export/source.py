"""The events of a run, from its start as often as they are wanted, with a line on the terminal for who waits long."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from lintui.events import Event
from lintui.sources import Unreadable, open_source
from tuiapp.options import NotThere

T = TypeVar("T")

_AFTER = 1.0
"""Seconds of waiting after which the line comes."""
_EVERY = 0.2
"""Seconds from one such line to the next."""
_WIDE = 40


class RunSource:
    """A log of ours or a file of another tool: each call reads it from its start."""

    def __init__(self, path: Path) -> None:
        """Of the run at `path`, which is opened only when its events are asked for."""
        self.path = path
        self.problems: list[str] = []
        """What was wrong with it when it was read to its end."""
        self._size = 0
        """Events that it had then; 0: it was not read yet."""

    def __call__(self) -> Iterator[Event]:
        """Its events; raises NotThere where it can't be read."""
        waiting, size = _Waiting(self._size), 0
        reader = self._read(lambda: open_source(self.path))
        try:
            while (records := self._read(reader.look)) is not None:
                for record in records:
                    yield record.event
                size += len(records)
                waiting.tell(size)
            self._size, self.problems = size, reader.problems
        finally:
            waiting.end()
            reader.close()

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except Unreadable as error:
            raise NotThere(str(error)) from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = error.strerror or error if isinstance(error, OSError) else error
            raise NotThere(f"can't read {self.path}: {reason}; name a run, its directory or its log") from error


class _Waiting:
    """A line that says how far the reading is, where somebody looks on and it takes long."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._due = time.monotonic() + _AFTER if sys.stderr.isatty() else float("inf")
        self._told = False

    def tell(self, read: int) -> None:
        """So many events have been read."""
        if (now := time.monotonic()) >= self._due:
            self._due, self._told = now + _EVERY, True
            done = f"writing: {read / self._size:.0%}" if self._size else f"reading: {read:,} records"
            print(f"\r{done:<{_WIDE}}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line back."""
        if self._told:
            print(f"\r{'':<{_WIDE}}\r", end="", file=sys.stderr, flush=True)
