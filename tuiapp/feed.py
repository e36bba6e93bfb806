"""Where a screen's records come from: a log that is followed, or a mailbox with the log behind it."""

from pathlib import Path
from typing import Protocol

from lintui.events import Record
from lintui.log import LogReader
from lintui.mailbox import Mailbox


class Feed(Protocol):
    """Something that has records now and then."""

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""


class LogFeed:
    """The records of a log, finished or growing."""

    def __init__(self, path: Path) -> None:
        """Open the log; raises OSError."""
        self.folder = path.absolute().parent
        self.reader = LogReader(path)

    def take(self) -> list[Record]:
        """What came since the last call, in order; never waits."""
        return self.reader.look() or []


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
