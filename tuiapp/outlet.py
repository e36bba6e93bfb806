"""Takes whatever is drawn at once, and sends it as fast as the terminal reads or as a limit allows.

So nobody who draws ever waits for a terminal; who asks `is_behind` before drawing draws no more than
can be shown.
"""

import os
import select
import threading
import time
from collections import deque

_PIECE = 16 * 1024
_BREATHS = 20
"""Pieces a second that a limit is kept in: fine enough for an even flow, few enough to cost nothing."""
_LOOK_EVERY = 0.25


class Outlet:
    """A thread that writes to one descriptor."""

    def __init__(self, fd: int, limit: int | None = None) -> None:
        """Write to `fd`, at most `limit` bytes a second."""
        self.sent = 0
        """Bytes that the terminal has taken."""
        self.broken = False
        """Whether the terminal has gone; then everything is dropped."""
        self._fd = fd
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._due = 0.0
        self._news = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="lintui-outlet", daemon=True)
        self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not yet taken all that was drawn."""
        return self._bytes > 0

    def write(self, text: str) -> None:
        """Send `text` when its turn comes; never waits."""
        data = text.encode(errors="replace")
        with self._news:
            if not self.broken and not self._closing:
                self._waiting.append(data)
                self._bytes += len(data)
                self._news.notify()

    def close(self, within: float) -> bool:
        """Send what still waits, for so many seconds at most, and end; whether all of it was sent."""
        with self._news:
            self._closing = True
            self._limit = None
            self._news.notify()
        self._thread.join(within)
        all_sent = not self._thread.is_alive() and not self.broken
        self.broken = True
        self._thread.join(2 * _LOOK_EVERY)
        return all_sent

    def _run(self) -> None:
        while True:
            with self._news:
                while not self._waiting:
                    if self._closing:
                        return
                    self._news.wait()
                data = self._waiting.popleft()
            try:
                self._send(memoryview(data))
            except OSError:
                self.broken = True
            if self.broken:
                with self._news:
                    self._waiting.clear()
                    self._bytes = 0
                return

    def _send(self, data: memoryview) -> None:
        while data and not self.broken:
            limit = self._limit
            piece = _PIECE if limit is None else max(limit // _BREATHS, 1)
            if not select.select([], [self._fd], [], _LOOK_EVERY)[1]:
                continue
            try:
                written = os.write(self._fd, data[:piece])
            except BlockingIOError:
                continue
            data = data[written:]
            self.sent += written
            with self._news:
                self._bytes -= written
                if limit is not None:
                    # From when the last piece was due, so that waking up late does not add up.
                    self._due = max(self._due, time.monotonic() - 1 / _BREATHS) + written / limit
                    while not self._closing and (rest := self._due - time.monotonic()) > 0:
                        self._news.wait(rest)
