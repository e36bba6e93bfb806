"""The terminal and the three standard descriptors: what is drawn goes to the one, what is printed elsewhere.

While a screen is up, nothing else may write on it: not a print, not a C library, not a child process.
"""

import contextlib
import ctypes
import io
import os
import select
import sys
import termios
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NEW = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
_PATIENCE = 1.0
"""Seconds that a terminal may take for a few words before it counts as one that nobody reads."""


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
        self._streams_before = sys.stdout, sys.stderr
        self.streams = _unfailing(1), _unfailing(2)
        """What `sys.stdout` and `sys.stderr` are meanwhile."""
        sys.stdout, sys.stderr = self.streams
        _by_lines_in_c()
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
        sys.stdout, sys.stderr = self._streams_before
        self.close()

    def close(self) -> None:
        """Give up every descriptor of the terminal; what is printed goes on to where it went."""
        for fd in (self.input, self.output, self._null, *self._before.values()):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._before.clear()
        _open_terminals.discard(self)


def say(number: int, data: bytes) -> None:
    """Write to one of the standard descriptors, without waiting long for somebody who reads; raises OSError."""
    fd = _opened_anew(number)
    try:
        insist(fd, data)
    finally:
        os.close(fd)


def insist(fd: int, data: bytes) -> None:
    """Write to a descriptor that doesn't block. On a terminal that nobody reads, what waits to be read gives way.

    Raises OSError where the terminal has gone, or takes nothing all the same.
    """
    rest = _write(fd, memoryview(data))
    if rest:
        with contextlib.suppress(termios.error):
            termios.tcflush(fd, termios.TCOFLUSH)
        if _write(fd, rest):
            raise TimeoutError


def _write(fd: int, data: memoryview) -> memoryview:
    """Write for a while, and return what was not taken."""
    end = time.monotonic() + _PATIENCE
    while data and select.select([], [fd], [], max(end - time.monotonic(), 0.0))[1]:
        with contextlib.suppress(BlockingIOError):
            data = data[os.write(fd, data) :]
    return data


def _opened_anew(fd: int) -> int:
    """The same terminal, but such that what is set for us is not set for the shell, which shares the other."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # after `su`, the terminal belongs to somebody else
        return os.dup(fd)


class _Unfailing(io.FileIO):
    """Whoever prints must not fail because a disk is full: what finds no room is given up."""

    def write(self, data: "ReadableBuffer") -> int:
        """Write, or act as if."""
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


def _unfailing(fd: int) -> TextIO:
    raw = _Unfailing(fd, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", errors="backslashreplace", line_buffering=True)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]
    # Else a C library would say on the terminal in the end what it has kept back.
    if (stdout := _c_stdout()) is not None:
        _c.fflush(stdout)


def _by_lines_in_c() -> None:
    """Have C libraries print line by line, as they do on a terminal, though it is a file now."""
    if (stdout := _c_stdout()) is not None:
        _c.setvbuf(stdout, None, 1, 0)


def _c_stdout() -> ctypes.c_void_p | None:
    for name in ("stdout", "__stdoutp"):  # the second on macOS
        with contextlib.suppress(ValueError):
            return ctypes.c_void_p.in_dll(_c, name)
    return None


_c = ctypes.CDLL(None)


_open_terminals: "weakref.WeakSet[Terminal]" = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    # A process that was forked off to load data would keep the terminal open long after the screen has gone.
    for terminal in list(_open_terminals):
        terminal.close()


os.register_at_fork(after_in_child=_leave_to_the_parent)
