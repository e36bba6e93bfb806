"""Does every twentieth of a second what is to be done beside a training, on a thread of its own.

It knows nothing of what it does, and waits for no disk but that which this touches.
"""

import threading
import time
from collections.abc import Callable

from lintui.bell import Bell

EVERY = 0.05
"""Seconds from one round to the next."""


class Rounds:
    """Calls a few functions again and again, until it is told to stop."""

    def __init__(self, does: list[Callable[[], None]], complain: Callable[[str], None]) -> None:
        """Begin; one that raises is told to `complain` and called no more."""
        self._does = does
        self._complain = complain
        self._end = Bell()
        self.seconds = 0.0
        """CPU seconds spent here so far."""
        threading.Thread(target=self._run, name="lintui-rounds", daemon=True).start()

    def stop(self) -> None:
        """Begin no further round; does not wait for one that is under way."""
        self._end.ring()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            for do in list(self._does):
                try:
                    do()
                except Exception as error:  # noqa: BLE001 - one of them must not keep the others from their turn
                    self._does.remove(do)
                    self._complain(f"something beside the training was given up ({type(error).__name__}: {error})")
            self.seconds = time.thread_time()
            goes_on = not self._end.wait(EVERY)
