"""The sign of life of whoever writes a run: a file that is touched each second, for those who look from elsewhere.

On the machine where a run is written its lock says more. Who reads the file over a shared folder looks
whether its time moves, and never at the time itself: clocks differ.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

EVERY = 1.0
"""Seconds between two beats."""


class Heartbeat:
    """Touches one file; where that fails, nobody is told: the run itself goes on."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Touch the file at `path`, which is made with the first beat."""
        self._path = path
        self._clock = clock
        self._next = 0.0

    def beat(self) -> None:
        """Touch the file, unless that was done within the last second."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            try:
                os.utime(fd)
            finally:
                os.close(fd)
