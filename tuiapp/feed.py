"""Where a screen's records come from: a log that is followed, or a mailbox with the log behind it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from lintui.events import Record
from lintui.glimpse import glimpse
from lintui.log import LogReader
from lintui.mailbox import Mailbox
from lintui.sources import Source, open_source
from lintui.state import RunState

WITHIN = 0.03
"""Seconds that a look at a log takes at most, about: a tick has more to do."""
LONG = 4 * 1024 * 1024
"""Bytes from which on a log is not read in one look."""
_AGAIN = 1.0
"""Seconds between two looks at a few lines of a log that grows, while the rest of it is read."""


class Feed(Protocol):
    """Something that has records now and then."""

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""


class LogFeed:
    """The records of a log, or of whatever else a run is read from, finished or growing."""

    def __init__(self, path: Path, source: Source | None = None) -> None:
        """Take from `source`, which was opened at `path`; without one, open the log there. Raises OSError."""
        self.path = path
        self.folder = path.absolute().parent
        self.source = source or LogReader(path)
        self.is_at_its_end = False
        """Whether all that was there has been taken once."""
        self._size = 0
        """Bytes that the log had when a few of its lines were looked at."""
        self._look_again = 0.0

    def reopened(self) -> Source:
        """Another reader of the same run, at its start; raises OSError, and Unreadable where there is none now."""
        return LogReader(self.path) if isinstance(self.source, LogReader) else open_source(self.path)

    def take(self) -> list[Record]:
        """What came since the last call, in order; of a long log as much as there is time for."""
        return [record for records in self._parts(self.source.look, WITHIN) for record in records]

    def parts(self, within: float) -> Iterator[list[Record]]:
        """The same in brief, some lines at a time, for as many seconds: what is done with them in between counts."""
        return self._parts(self.source.skim if isinstance(self.source, LogReader) else self.source.look, within)

    def _parts(self, look: Callable[[], list[Record] | None], within: float) -> Iterator[list[Record]]:
        end = time.monotonic() + within
        while (records := look()) is not None:
            yield records
            if time.monotonic() >= end:
                return
        self.is_at_its_end = True

    def read(self) -> list[Record]:
        """What came since the last call, a few thousand records at most; empty: there is no more yet."""
        while (records := self.source.look()) is not None:
            if records:
                return records
        return []

    def share(self) -> float | None:
        """How much of the log has been taken, between 0 and 1; None where that can't be told."""
        if not isinstance(self.source, LogReader):
            return None
        size = self._size_now()
        return min(self.source.offset / max(size, 1), 1.0) if size is not None else 0.0

    @property
    def is_long(self) -> bool:
        """Whether it is a log that takes more than one look."""
        return isinstance(self.source, LogReader) and (self._size_now() or 0) >= LONG

    def first_look(self) -> RunState | None:
        """What the run looks like from a few lines of the log; None where even they can't be read."""
        if not isinstance(self.source, LogReader):
            return None
        self._size = self._size_now() or 0
        self._look_again = time.monotonic() + _AGAIN
        try:
            return glimpse(self.path)
        except OSError:
            return None

    def newer_look(self) -> RunState | None:
        """The same once more, where the log has grown since and that is a while ago; None otherwise."""
        has_grown = time.monotonic() >= self._look_again and (self._size_now() or 0) > self._size
        return self.first_look() if has_grown else None

    def _size_now(self) -> int | None:
        """Bytes; None where it was moved away: what is open is still read."""
        try:
            return self.path.stat().st_size
        except OSError:
            return None


class LiveFeed:
    """The mailbox of a run in this process; what fell out of it is read again from the log."""

    def __init__(self, mailbox: Mailbox, log: Path) -> None:
        """Take from `mailbox`, and from the log at `log` where a number is missing."""
        self._mailbox = mailbox
        self._log = log
        self._next_n = 0

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""
        taken: list[Record] = []
        for record in self._mailbox.drain():
            if record.n > self._next_n:
                taken += self._missed(record.n)
            taken.append(record)
            self._next_n = record.n + 1
        return taken

    def _missed(self, before: int) -> list[Record]:
        """The records from the next number on that came before `before`."""
        try:
            reader = LogReader(self._log)
        except OSError:  # the log can't be read: RunState counts the gap
            return []
        found: list[Record] = []
        while records := reader.read():
            found += [record for record in records if self._next_n <= record.n < before]
        reader.close()
        return found


class AwaitedFeed:
    """The records of a log that is not there yet."""

    def __init__(self, log: Path) -> None:
        """Follow the log at `log` as soon as it is there."""
        self._log = log
        self._feed: LogFeed | None = None

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""
        if self._feed is None:
            try:
                self._feed = LogFeed(self._log)
            except OSError:
                return []
        return self._feed.take()
