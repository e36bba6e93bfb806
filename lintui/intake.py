"""Takes commands in, from this process and from the inbox, and hands each of them over once.

The inbox is looked into from a thread of the run's own, so that between two steps a training need only ask whether
something is due.
"""

import contextlib
import os
import threading
import time
from collections import deque
from pathlib import Path

from lintui.commands import Command
from lintui.inbox import collect
from lintui.rounds import EVERY

_LIST_EVERY = 1.0
"""Seconds after which the inbox is listed even if its time has not moved, and for which it is listed each time once
it has: clocks of file systems are coarse, and over a network what is seen of them may be old."""
_COME_BY = 0.25
"""Seconds after which something is due in any case: there is more to be done between two steps than to obey."""
_REMEMBERED_IDS = 10_000


class Intake:
    """What was asked of a run and is not answered yet; `post` and `look` are the only methods for other threads."""

    def __init__(self, inbox: Path) -> None:
        """Look into the inbox of one run."""
        self._inbox = inbox
        self.is_due = True
        """Whether something may have come, or nobody came by for some time."""
        self._posted: deque[Command] = deque()
        self._left: deque[tuple[list[Command], list[str]]] = deque()
        """What was found in the inbox, and what in it was no command."""
        self._gone: OSError | None = None
        """Why there is no inbox any more."""
        self._news = threading.Event()
        self._looking = threading.Lock()
        self._is_closed = False
        self._moved = self._listed = self._come = -_LIST_EVERY
        self._time_of_inbox = 0
        with contextlib.suppress(OSError):  # which the first look is to find out
            self._time_of_inbox = _time_of(inbox)
        self._order: deque[str] = deque()
        self._ids: set[str] = set()
        self.problems: list[str] = []
        """What lay in the inbox and was no command, a line each, until somebody takes them."""

    def post(self, command: Command) -> None:
        """Leave a command from another thread of this process, without the way over the inbox."""
        self._posted.append(command)
        self._call()

    def look(self) -> None:
        """See whether something lies in the inbox, from a thread beside the training."""
        now = time.monotonic()
        try:
            with self._looking:
                # What nobody takes stays where it is.
                if not (self._left or self._is_closed) and self._may_have_changed(now):
                    self._list(now)
        except OSError as error:
            self._gone = error
            self._call()
        if now >= self._come + _COME_BY:
            self._come = now
            self.is_due = True

    def _may_have_changed(self, now: float) -> bool:
        time_of_inbox = _time_of(self._inbox)
        if time_of_inbox != self._time_of_inbox:
            self._time_of_inbox, self._moved = time_of_inbox, now
        return now < self._moved + _LIST_EVERY or now >= self._listed + _LIST_EVERY

    def _list(self, now: float) -> None:
        self._listed = now
        left = collect(self._inbox)
        if any(left):
            self._left.append(left)
            self._call()

    def _call(self) -> None:
        self.is_due = True
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Wait until something is posted or found, or until it is time for the next look."""
        self._news.wait(min(seconds, EVERY))

    def stop(self) -> None:
        """Leave what comes from now on where it is."""
        self._is_closed = True

    def close(self) -> list[Command]:
        """The last commands, those too that lie in the inbox at this moment; what comes later is left there.

        Raises OSError where the inbox is gone.
        """
        with self._looking:
            self._is_closed = True
            self._list(time.monotonic())
        return self.take()

    def take(self) -> list[Command]:
        """The commands that came since the last time, oldest first; raises OSError where the inbox is gone."""
        self._news.clear()
        self.is_due = False
        commands = []
        while self._posted:
            commands.append(self._posted.popleft())
        while self._left:
            left, problems = self._left.popleft()
            commands += left
            self.problems += problems
        if self._gone is not None:
            raise self._gone
        return [command for command in commands if self._is_new(command.id)]

    def _is_new(self, id: str) -> bool:
        if id in self._ids:
            return False
        self._ids.add(id)
        self._order.append(id)
        if len(self._order) > _REMEMBERED_IDS:
            self._ids.discard(self._order.popleft())
        return True


def _time_of(inbox: Path) -> int:
    """When something in it was added or taken away, in nanoseconds of its file system; raises OSError."""
    return os.stat(inbox, follow_symlinks=False).st_mtime_ns
