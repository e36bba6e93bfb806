"""`lintui tail RUN`: the last that a run said, in words, and with `-f` whatever it says from then on."""

import argparse
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuiapp.commands.named import add_run, named
from tuiapp.commands.printed import put, put_logged
from tuiapp.commands.subcommand import Subcommand
from tuiapp.options import NotThere, whole

if TYPE_CHECKING:
    from pathlib import Path

    from lintui.ends import Tail
    from lintui.rundir import RunDirectory
    from lintui.state import RunState

_LOOK_EVERY = 0.05
_LINE_EVERY = 1.0
"""Seconds between two lines that say where the run is."""


def _add(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")
    parser.add_argument("-n", type=whole("-n", least=1), default=10, metavar="N", help="lines to begin with (10)")
    parser.add_argument("--json", action="store_true", help="the log's own lines")


def _run(asked: argparse.Namespace) -> int:
    from lintui.ends import Tail, beginning, records
    from lintui.state import RunState

    directory = named(asked.run)
    state = RunState()
    try:
        tail = Tail(directory.log)
        lines = tail.read()
        numbers = [record.n for record in records(lines)]
        # What came before is needed to understand it: names, knobs, how long the run means to be.
        for record in beginning(directory.log):
            if not numbers or record.n < numbers[0]:
                state.apply(record)
    except OSError as error:
        raise NotThere(f"can't read {directory.log}: {error.strerror or error}; name another run") from error
    if state.started is None and (not numbers or numbers[0] > 0):
        raise NotThere(f"{directory.log} is no log of a run; name another one")
    said = _Lines(state) if asked.json else _Words(state)
    said.begin(lines, asked.n)
    died = asked.follow and _follow(directory, tail, said)
    said.end(directory.log, died)
    return 0


def _follow(directory: "RunDirectory", tail: "Tail", said: "_Lines | _Words") -> bool:
    """Print what is said until the run has ended, or its process has; returns whether it died so."""
    from lintui.liveness import Pulse

    pulse = Pulse(directory)
    while said.state.ended is None:
        if lines := tail.read():
            said.take(lines)
        elif pulse.look(said.state).died:
            return True
        else:
            sys.stdout.flush()
            time.sleep(_LOOK_EVERY)
    return False


class _Lines:
    """Prints a log's own lines."""

    def __init__(self, state: "RunState") -> None:
        """Keep `state` up to date with what is printed."""
        self.state = state

    def begin(self, lines: list[bytes], most: int) -> None:
        """Print the last of these."""
        self._apply(lines)
        for line in lines[-most:]:
            put_logged(line)

    def take(self, lines: list[bytes]) -> None:
        """Print these."""
        self._apply(lines)
        for line in lines:
            put_logged(line)

    def end(self, log: "Path", died: bool) -> None:
        """The log has said it all itself."""

    def _apply(self, lines: list[bytes]) -> None:
        from lintui.ends import records

        for record in records(lines):
            self.state.apply(record)


class _Words:
    """Prints what a person wants to know: what happened, and where the run is, once a second."""

    def __init__(self, state: "RunState") -> None:
        """Keep `state` up to date with what is printed."""
        self.state = state
        self._at = -1
        self._next = 0.0

    def begin(self, lines: list[bytes], most: int) -> None:
        """Print the last of what these say, a line for each place that was told."""
        for text in deque(self._words(lines), maxlen=most):
            put(text)

    def take(self, lines: list[bytes]) -> None:
        """Print what these say."""
        for text in self._words(lines, every=_LINE_EVERY):
            put(text)

    def end(self, log: "Path", died: bool) -> None:
        """How it ended, or that it died, and where its log is."""
        from tuiapp import words
        from tuiapp.plain import put_summary

        if died:
            put(words.died(self.state))
        put_summary(self.state, str(log))

    def _words(self, lines: list[bytes], every: float = 0.0) -> Iterator[str]:
        """What the lines say, and where the run is, at most once in so many seconds."""
        from lintui.ends import records
        from tuiapp.plain import progress
        from tuiapp.words import told

        for record in records(lines):
            self.state.apply(record)
            if text := told(record.event, self.state):
                yield text
            elif self.state.at > self._at and time.monotonic() >= self._next:
                self._at, self._next = self.state.at, time.monotonic() + every
                yield progress(self.state)


COMMAND = Subcommand(
    name="tail",
    help="print the last that a run said",
    description="Print the last that a run said, and with -f what it says until it ends.",
    examples=("lintui tail -f linreg-scratch", "lintui tail linreg-scratch --json -n 100"),
    add=_add,
    run=_run,
)
