"""Takes commands in, from this process and from the inbox, and hands each of them over once."""

import threading
import time
from collections import deque
from pathlib import Path

from lintui.commands import Command
from lintui.inbox import collect

LOOK_EVERY = 0.05
"""Seconds between two looks into the inbox: a look is cheap, but not so cheap as a step may be."""
_REMEMBERED_IDS = 10_000


class Intake:
    """What was asked of a run and is not answered yet; `post` is the only method for other threads."""

    def __init__(self, inbox: Path) -> None:
        """Look into the inbox of one run."""
        self._inbox = inbox
        self._posted: deque[Command] = deque()
        self._news = threading.Event()
        self._look_again = 0.0
        self._order: deque[str] = deque()
        self._ids: set[str] = set()
        self.problems: list[str] = []
        """What lay in the inbox and was no command, a line each, until somebody takes them."""

    def post(self, command: Command) -> None:
        """Leave a command from another thread of this process, without the way over the inbox."""
        self._posted.append(command)
        self._news.set()

    def is_due(self, now: float) -> bool:
        """Whether something may have come, by `time.perf_counter`."""
        return bool(self._posted) or now >= self._look_again

    def wait(self, seconds: float) -> None:
        """Wait until something is posted, or until it is time for the next look."""
        self._news.wait(min(seconds, LOOK_EVERY))

    def take(self, *, everything: bool = False) -> list[Command]:
        """The commands that came since the last time, oldest first; raises OSError where the inbox is gone."""
        self._news.clear()
        commands = []
        while self._posted:
            commands.append(self._posted.popleft())
        now = time.perf_counter()
        if everything or now >= self._look_again:
            self._look_again = now + LOOK_EVERY
            left, problems = collect(self._inbox)
            commands += left
            self.problems += problems
        return [command for command in commands if self._is_new(command.id)]

    def _is_new(self, id: str) -> bool:
        if id in self._ids:
            return False
        self._ids.add(id)
        self._order.append(id)
        if len(self._order) > _REMEMBERED_IDS:
            self._ids.discard(self._order.popleft())
        return True
