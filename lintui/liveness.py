"""Whether a run goes on, has ended or has died, and how a dead one is told from a slow one.

Where the run is written on this machine, its lock and its process tell. Elsewhere nobody can know that
a process is dead: there it is the log and the heartbeat that move or don't, and silence is all that is said.
"""

import contextlib
import math
import os
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from lintui.clean import clean_line
from lintui.events import Started
from lintui.heartbeat import EVERY
from lintui.regular import open_regular
from lintui.rundir import RunDirectory
from lintui.state import RunState

SILENT_AFTER = 10.0
"""Seconds without a word after which a run that goes on is called silent."""
_LOST_AFTER = 15.0
"""Seconds without a beat after which a run elsewhere gives no sign of life."""
_STALE = 5 * EVERY
"""Seconds after which a heartbeat of this machine is one of a process that is gone."""


class Life(NamedTuple):
    """How a run stands."""

    word: str
    """"going on", "paused", "silent", "no sign of life", "elsewhere", "died", or how it ended: "done", "stopped",
    "failed"."""
    seconds: float = 0.0
    """How long it has said nothing, where that is all there is to tell."""

    @property
    def goes_on(self) -> bool:
        """Whether it may still say something and be told something."""
        return self.word in _MAY_GO_ON

    @property
    def died(self) -> bool:
        """Whether its process is gone and has not said how it ended."""
        return self.word == "died"

    @property
    def is_quiet(self) -> bool:
        """Whether it may go on, but says nothing."""
        return self.word in _QUIET

    def __str__(self) -> str:
        """In words: "silent for 12 s"."""
        return f"{self.word} for {self.seconds:.0f} s" if self.is_quiet else self.word


GOING_ON = Life("going on")
_QUIET = frozenset({"silent", "no sign of life"})
_MAY_GO_ON = _QUIET | {"going on", "paused", "elsewhere"}


def is_alive(directory: RunDirectory, started: Started | None) -> bool:
    """Whether a process of this machine writes the run; `started` is the run's first event, where it is known."""
    if directory.is_written():
        return True
    # Some file systems know no locks: there it is the process that is looked for, and its heartbeat.
    return started is not None and _is_here(started) and _exists(started.pid) and _age(directory) < _STALE


def stands(directory: RunDirectory, written: bool, state: RunState) -> Life:
    """How a run stands at a single look.

    `written` is what `directory.is_written` said before the log was read into `state`: what is written last
    comes before the writer lets go.
    """
    if state.ended is not None:
        return Life(state.ended.how)
    if written or is_alive(directory, state.started):
        return _living(state, _quiet_for(directory))
    return Life("died") if state.started is None or _is_here(state.started) else Life("elsewhere")


class Pulse:
    """Watches one run: looked at again and again, it tells a dead run from a slow one, wherever that is written."""

    def __init__(self, directory: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch the run in this directory."""
        self._directory = directory
        self._clock = clock
        self._next = 0.0
        self._next_n = -1
        self._beat = 0
        self._sign_at = self._said_at = clock()
        self._life = GOING_ON
        self._missed = False
        """Whether nobody wrote the run at the last look."""

    def look(self, state: RunState) -> Life:
        """How the run stands, as `state` knows it after everything was read that came so far."""
        now = self._clock()
        if state.next_n != self._next_n:
            self._next_n, self._said_at, self._sign_at = state.next_n, now, now
            # What it said may have been written just before its end: only after the next look it is dead.
            self._missed = False
        if state.ended is not None:
            return Life(state.ended.how)
        if now >= self._next:
            self._next = now + EVERY
            self._life = self._looked(state, now)
        return self._life

    def _looked(self, state: RunState, now: float) -> Life:
        if is_alive(self._directory, state.started):
            self._missed = False
            return _living(state, _quiet_for(self._directory))
        if state.started is None or _is_here(state.started):
            missed, self._missed = self._missed, True
            return Life("died") if missed else self._life
        if (beat := _beat(self._directory)) != self._beat:
            self._beat, self._sign_at = beat, now
        lost = now - self._sign_at
        return Life("no sign of life", lost) if lost >= _LOST_AFTER else _living(state, now - self._said_at)


def _living(state: RunState, quiet: float) -> Life:
    """How a run stands whose process lives and has said nothing for so many seconds."""
    if state.paused:
        return Life("paused")
    return Life("silent", quiet) if quiet >= SILENT_AFTER else GOING_ON


def _is_here(started: Started) -> bool:
    return started.host == clean_line(socket.gethostname())


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _quiet_for(directory: RunDirectory) -> float:
    """Seconds since the log was written last, by the clock of this machine."""
    with contextlib.suppress(OSError):
        return max(time.time() - os.stat(directory.log).st_mtime, 0.0)
    return 0.0


def _age(directory: RunDirectory) -> float:
    """Seconds since the last beat, by the clock of this machine; infinite where there was none."""
    with contextlib.suppress(OSError):
        return max(time.time() - os.stat(directory.heartbeat).st_mtime, 0.0)
    return math.inf


def _beat(directory: RunDirectory) -> int:
    """When the last beat came, by whatever clock: only that it changes says something. 0: there was none."""
    with contextlib.suppress(OSError), open_regular(directory.heartbeat) as file:
        # Opened, because a shared folder tells only then what is new.
        return os.fstat(file.fileno()).st_mtime_ns
    return 0
