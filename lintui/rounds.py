"""Does every twentieth of a second what is to be done beside a training, and knows nothing of what that is.

Whoever comes by that often anyway does it, for each time that another thread wakes up the training stands still. Only
where nobody comes, held up by a disk, does a thread of its own.
"""

import math
import threading
import time
from collections.abc import Callable

from lintui.bell import Bell

EVERY = 0.05
"""Seconds from one round to the next."""
_SOON = EVERY / 2
"""Seconds within which there is no second round."""
_LATE = 2 * EVERY
"""Seconds after which nobody is waited for any more."""
_WATCH = 0.25
"""Seconds from one time to the next that it is seen whether somebody comes by."""


class Rounds:
    """Calls a few functions again and again, from the time that it is begun until it is told to stop."""

    def __init__(self, does: list[Callable[[], None]], complain: Callable[[str], None]) -> None:
        """Of these functions; one that raises is told to `complain` and called no more."""
        self._does = does
        self._complain = complain
        self._going = threading.Lock()
        self._went = -math.inf
        self._end = Bell()
        self.seconds = 0.0
        """CPU seconds spent on a thread of its own so far."""

    def begin(self) -> None:
        """Make the first round now, and all that nobody else makes."""
        threading.Thread(target=self._run, name="lintui-rounds", daemon=True).start()

    def stop(self) -> None:
        """Begin no further round on a thread of its own; does not wait for one that is under way."""
        self._end.ring()

    def go(self) -> None:
        """Make a round, unless one is under way or was just made; from any thread."""
        if time.monotonic() - self._went < _SOON or not self._going.acquire(blocking=False):
            return
        try:
            for do in list(self._does):
                try:
                    do()
                except Exception as error:  # noqa: BLE001 - one of them must not keep the others from their turn
                    self._does.remove(do)
                    self._complain(f"something beside the training was given up ({type(error).__name__}: {error})")
            self._went = time.monotonic()
        finally:
            self._going.release()

    def _run(self) -> None:
        while True:
            late = time.monotonic() - self._went > _LATE
            if late:
                self.go()
            self.seconds = time.thread_time()
            if self._end.wait(EVERY if late else _WATCH):
                return
