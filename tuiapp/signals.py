"""Notes which signals came, for whoever looks now and then; does nothing about them."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

ENDING = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""The signals that ask for a clean end, with the exit codes that say so."""
_LEAVING = (signal.SIGHUP, signal.SIGTSTP)
END_WITHIN = 9.0
"""Seconds after the first of these at which the process ends in any case."""
_SAME = 0.3
"""Seconds within which the same signal is one: a terminal sends it to every process of ours, which pass it on."""


class Caught:
    """Signals in the order in which they came."""

    def __init__(self) -> None:
        """None yet."""
        self.numbers: list[int] = []
        self.last_resort: Callable[[], None] | None = None
        """Ends the process, whatever hangs in it; called from a thread when a clean end has taken too long."""
        self._at = 0.0

    def note(self, number: int) -> None:
        """One came."""
        now = time.monotonic()
        if self.numbers and self.numbers[-1] == number and now - self._at < _SAME:
            return
        self._at = now
        self.numbers.append(number)
        if number in ENDING and len(self.ending) == 1:
            # A thread, since the one that acts on signals may itself wait for somebody who reads what it prints.
            timer = threading.Timer(END_WITHIN, self._end_at_last)
            timer.daemon = True
            timer.start()

    def _end_at_last(self) -> None:
        if self.last_resort is not None:
            self.last_resort()

    @property
    def ending(self) -> list[int]:
        """Those that ask for a clean end; from the second on, for an end at once."""
        return [number for number in self.numbers if number in ENDING]

    @property
    def exit_code(self) -> int:
        """130 or 143 after the first that asked for an end, else 0."""
        return ENDING[signal.Signals(self.ending[0])] if self.ending else 0

    @property
    def name(self) -> str:
        """The first that asked for an end, in words; empty: none did."""
        return signal.Signals(self.ending[0]).name if self.ending else ""

    @property
    def wants_away(self) -> bool:
        """Whether the terminal has gone, or is wanted back."""
        return any(number in self.numbers for number in _LEAVING)

    @property
    def hung_up(self) -> bool:
        """Whether the terminal has gone."""
        return signal.SIGHUP in self.numbers


@contextlib.contextmanager
def caught() -> Iterator[Caught]:
    """Note SIGINT, SIGTERM, SIGHUP and SIGTSTP instead of dying or stopping of them."""
    noted = Caught()

    def note(number: int, _: FrameType | None) -> None:
        noted.note(number)

    before = {}
    for number in (*ENDING, *_LEAVING):
        if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGTSTP:  # `nohup` has asked for silence
            before[number] = signal.signal(number, note)
    _noted.update(before)
    try:
        yield noted
    finally:
        _noted.difference_update(before)
        for number, handler in before.items():
            signal.signal(number, handler)


_noted: set[int] = set()
"""The signals that are noted at the moment."""


def _forget() -> None:
    for number in _noted:
        signal.signal(number, signal.SIG_IGN if number in _LEAVING else signal.SIG_DFL)


# A process that is forked off to load data must die of what ends it, and outlive the terminal as the training does.
os.register_at_fork(after_in_child=_forget)
