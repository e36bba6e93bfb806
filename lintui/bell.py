"""Wakes a thread that waits for some time, without a lock of its own that whoever rings would have to wait for."""

import contextlib
import threading


class Bell:
    """Rung once or often, from any thread or handler of signals, it ends one wait: the next, or that going on.

    A `threading.Event` does more in Python when its time is up, and a thread that trains waits for all of it.
    """

    def __init__(self) -> None:
        """Begin in silence."""
        self._silence = threading.Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """End the wait that goes on, or else the next."""
        with contextlib.suppress(RuntimeError):  # it was rung already, and nobody has waited since
            self._silence.release()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for it to ring; whether it did."""
        return self._silence.acquire(timeout=seconds)
