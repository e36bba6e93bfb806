"""A small parent process: waits for the one with the screen, and gives the terminal back however that one ends.

It knows nothing of runs and screens. What the two tell each other stands in a page of memory that both
see, so that it holds even when one of them is killed between two instructions.
"""

import contextlib
import mmap
import os
import signal
import struct
import sys
import termios
from collections.abc import Callable
from typing import Any

from lintui.clean import clean_text
from tuiapp.terminal import say

_FORWARDED = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGTSTP, signal.SIGQUIT})
_LET_GO = signal.SIGUSR1
_WAITED_FOR = _FORWARDED | {signal.SIGCHLD, _LET_GO}
_ROOM = 4096

RESET = b"".join(
    (
        b"\x1b[?2026l",  # a frame that was begun ends here
        b"\x1b[<u",  # keys as they were before
        b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l",  # no mouse
        b"\x1b[?1004l\x1b[?2004l\x1b[?2048l",  # no focus events, no marks around a paste, no reports of the size
        b"\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h",  # plain, wrapping, the ordinary screen, a cursor
    )
)
"""What undoes everything that a screen may have asked of the terminal."""


class Lifeline:
    """What the process with the screen and the one that waits for it tell each other."""

    def __init__(self) -> None:
        """Make the page; both processes have it after a fork."""
        self._page = mmap.mmap(-1, _ROOM)
        self._parent = os.getpid()

    @property
    def on_screen(self) -> bool:
        """Whether the terminal is in the hands of a screen."""
        return self._page[0] == 1

    @on_screen.setter
    def on_screen(self, on: bool) -> None:
        self._page[0] = int(on)

    @property
    def last_words(self) -> str:
        """What is to be printed when the other process has been killed, or has let go."""
        (size,) = struct.unpack_from("<H", self._page, 2)
        return self._page[4 : 4 + size].decode(errors="ignore")

    @last_words.setter
    def last_words(self, words: str) -> None:
        data = words.encode(errors="replace")[: _ROOM - 4]
        self._page[4 : 4 + len(data)] = data
        struct.pack_into("<H", self._page, 2, len(data))

    @property
    def is_cut(self) -> bool:
        """Whether the process that waits has gone: nobody will give the terminal back."""
        return os.getppid() != self._parent

    def let_go(self) -> None:
        """Have the other process print the last words and return to the prompt; this one goes on alone."""
        # Where it has been killed just now, there is nobody to tell.
        if not self.is_cut:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._parent, _LET_GO)


def guarded(work: Callable[[Lifeline], int]) -> int:
    """Do `work` in a process of its own and return its exit code; 128 + N where signal N ended it.

    Returns twice, as a fork does: in the process that works with what `work` returned, in the one that
    waits when that one has ended or let go.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    lifeline = Lifeline()
    modes = _modes()
    # Held back before there is a child, so that none is missed; the child lets them through again.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return work(lifeline)
    return _wait(child, lifeline, modes)


def _wait(child: int, lifeline: Lifeline, modes: list[Any] | None) -> int:
    while True:
        number = signal.sigwait(_WAITED_FOR)
        if number == _LET_GO:
            if lifeline.on_screen:
                _give_back(modes)
            _print(lifeline.last_words)
            return 0
        if number == signal.SIGCHLD:
            # A child that was stopped or goes on is a change of state too.
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return _after(status, lifeline, modes)
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)


def _after(status: int, lifeline: Lifeline, modes: list[Any] | None) -> int:
    if lifeline.on_screen:
        _give_back(modes)
    if not os.WIFSIGNALED(status):
        return os.waitstatus_to_exitcode(status)
    number = os.WTERMSIG(status)
    _print(f"lintui: ended by {signal.Signals(number).name}", lifeline.last_words)
    return 128 + number


def _modes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _give_back(modes: list[Any] | None) -> None:
    """The terminal as it was before; one that has gone needs nothing."""
    with contextlib.suppress(OSError):
        say(1, RESET)
    if modes is not None:
        with contextlib.suppress(termios.error):
            # Not TCSADRAIN: a terminal that nobody reads would keep us waiting.
            termios.tcsetattr(0, termios.TCSANOW, modes)


def _print(*lines: str) -> None:
    # Not by `print`: what a terminal that has gone does not take would be tried again at exit, and be an error.
    text = "".join(f"{line}\n" for line in lines if line)
    with contextlib.suppress(OSError):
        say(2, clean_text(text).encode(sys.stderr.encoding, "backslashreplace"))
