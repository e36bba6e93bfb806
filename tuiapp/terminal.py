"""The terminal and the three standard descriptors: what is drawn goes to the one, what is printed elsewhere.

While a screen is up, nothing else may write on it: not a print, not a C library, not a child process.
"""

import contextlib
import os
import sys
import weakref
from pathlib import Path

_NEW = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW


class Terminal:
    """Descriptors of the terminal for a screen alone, while 0, 1 and 2 lead to where they do no harm."""

    def __init__(self) -> None:
        """Take the terminal over; what is printed from now on goes nowhere until `send_output` says where."""
        self.input = os.dup(0)
        self.output = _opened_anew(1)
        self._before = {1: os.dup(1)}
        if os.isatty(2):  # who sent errors into a file of their own finds them there
            self._before[2] = os.dup(2)
        _flush()
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        for number in (0, *self._before):
            os.dup2(self._null, number)
        _open_terminals.add(self)

    def send_output(self, path: Path) -> None:
        """Append what is printed to the file at `path` from now on; raises OSError."""
        fd = os.open(path, _NEW | os.O_CLOEXEC, 0o600)
        _flush()
        for number in self._before:
            os.dup2(fd, number)
        os.close(fd)

    def give_back(self) -> None:
        """Let 0, 1 and 2 lead to the terminal again."""
        _flush()
        os.dup2(self.input, 0)
        for number, before in self._before.items():
            os.dup2(before, number)
        self.close()

    def close(self) -> None:
        """Give up every descriptor of the terminal; what is printed goes on to where it went."""
        for fd in (self.input, self.output, self._null, *self._before.values()):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._before.clear()
        _open_terminals.discard(self)


def _opened_anew(fd: int) -> int:
    """The same terminal, but such that what is set for us is not set for the shell, which shares the other."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # after `su`, the terminal belongs to somebody else
        return os.dup(fd)


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]


_open_terminals: "weakref.WeakSet[Terminal]" = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    # A process that was forked off to load data would keep the terminal open long after the screen has gone.
    for terminal in list(_open_terminals):
        terminal.close()


os.register_at_fork(after_in_child=_leave_to_the_parent)
