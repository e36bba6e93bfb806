"""Runs of this process that were started together, and end with it."""

import contextlib
import os
import sys
import threading
from collections.abc import Sequence

from lintui.rundir import RunDirectory
from lintui.state import RunState
from tuiapp.launch import Session
from tuiapp.plain import put_compared, put_line, put_refusal, put_summary
from tuiapp.signals import Caught
from tuiapp.watched import Watched

_CLOSE_WITHIN = 1.0
_DIVERGED = 3


class Group:
    """One run or several, side by side; the first is the one that is spoken of where only one can be."""

    def __init__(self, *sessions: Session) -> None:
        """These, at least one."""
        self.sessions: Sequence[Session] = sessions
        self.first = sessions[0]

    @property
    def watched(self) -> list[Watched]:
        """The runs as they are watched."""
        return [session.watched for session in self.sessions]

    @property
    def states(self) -> list[RunState]:
        """What is known of each."""
        return [session.watched.state for session in self.sessions]

    @property
    def directories(self) -> list[RunDirectory]:
        """Where each is kept."""
        return [session.run.directory for session in self.sessions]

    @property
    def has_begun(self) -> bool:
        """Whether they were started."""
        return self.first.thread is not None

    @property
    def goes_on(self) -> bool:
        """Whether one of them has not ended, as far as is known."""
        return any(state.ended is None for state in self.states)

    @property
    def is_alive(self) -> bool:
        """Whether one of them still trains."""
        return any(session.is_alive for session in self.sessions)

    @property
    def met(self) -> str:
        """The first limit that one of them met; empty: none did."""
        return next((session.limits.met for session in self.sessions if session.limits.met), "")

    def start(self) -> None:
        """Train all of them."""
        for session in self.sessions:
            session.start()

    def close(self, reason: str) -> None:
        """Close the logs of those whose training is left behind; one that has ended stays as it is."""
        for session in self.sessions:
            session.run.abandon(reason)

    def give_up(self, reason: str, code: int) -> None:
        """End this process now, whatever hangs in it, with the logs closed if that can be done."""
        closing = threading.Thread(target=self.close, args=(reason,), daemon=True)
        closing.start()
        closing.join(_CLOSE_WITHIN)
        _end_loaders()
        os._exit(code)

    def put_summaries(self) -> None:
        """Print how each run ended and where its log is, and of several how they compare."""
        for session in self.sessions:
            if session.watched.label:
                put_line(f"\n{session.watched.label}")
            state, log = session.watched.state, str(session.run.directory.log)
            if _never_began(state):
                put_refusal(state, log)
            else:
                put_summary(state, log, session.limits.met)
        if len(self.sessions) > 1:
            put_line("")
            put_compared(self.watched)

    def exit_code(self, signals: Caught) -> int:
        """What this process ends with: see the function of this name."""
        return exit_code(self.states, signals, self.met)

    def end_process(self, code: int) -> int:
        """The exit code of this process; where a training can't be ended, the end of it, without waiting.

        What the training started to load its data for it goes along.
        """
        if not self.is_alive:
            return code
        _end_loaders()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def exit_code(states: Sequence[RunState], signals: Caught, met: str = "") -> int:
    """1 where a training raised, 130 and 143 after a signal, 3 where one diverged or a limit was `met`, else 0."""
    if any(state.ended is not None and state.ended.how == "failed" for state in states):
        return 1
    diverged = met or any(state.has_diverged() for state in states)
    return signals.exit_code or (_DIVERGED if diverged else 0)


def _never_began(state: RunState) -> bool:
    """Whether what it needs was not there or could not be used, which is no fault of the training."""
    ended = state.ended
    return ended is not None and ended.how == "failed" and not (ended.at or ended.traceback)


def _end_loaders() -> None:
    # Loaded by whoever started processes with it, and only then.
    if (multiprocessing := sys.modules.get("multiprocessing")) is not None:
        for child in multiprocessing.active_children():
            child.terminate()
