"""What logs say, told in readable lines: one as it was said and as it grows, several compared, a folder as a list."""

import math
import sys
import time
from collections.abc import Callable, Sequence

from lintui.clean import clean_line
from lintui.sources import Found
from tuiapp.differing import labels
from tuiapp.feed import LogFeed
from tuiapp.plain import labelled, progress, put_compared, put_event, put_line, put_summary
from tuiapp.shelf import Shelf
from tuiapp.watched import Watched

_LOOK_EVERY = 0.05
_PROBLEMS = 20
"""Things that were wrong with a log that are told at most."""


def replay(feed: LogFeed, log: str, *, goes_on: Callable[[], bool], every: float) -> int:
    """Print what a log says, to its end and while `goes_on`, and where it has got to; returns the exit code.

    4 where nothing in it could be read.
    """
    watched = Watched(feed, None)
    state = watched.state
    next_line = time.monotonic() + every
    while True:
        # Asked before the look: what is written last comes before the writer lets go.
        more = goes_on()
        records = feed.read()
        for record in records:
            state.apply(record)
            put_event(record, watched, put_line)
        if records:
            continue
        if state.ended is not None or not more:
            break
        if time.monotonic() >= next_line:
            put_line(progress(state))
            next_line = time.monotonic() + every
        time.sleep(_LOOK_EVERY)
    if state.started is None:
        print(clean_line(f"lintui: {log} is no log of a run", 1_000), file=sys.stderr)
        return 4
    put_line(progress(state))
    put_summary(state, log)
    _tell_problems(watched)
    return 0


def replay_all(watched: Sequence[Watched]) -> int:
    """Print what was opened as far as it goes, each run with its summary, and how they compare.

    Returns the exit code: 4 where nothing of one of them could be read.
    """
    found = [one.found for one in watched if one.found is not None]
    if len(found) == 1 and isinstance(feed := watched[0].feed, LogFeed):
        return replay(feed, str(found[0].path), goes_on=lambda: False, every=math.inf)
    for one, run in zip(watched, found, strict=True):
        while isinstance(one.feed, LogFeed) and (records := one.feed.read()):
            for record in records:
                one.state.apply(record)
        if one.state.started is None:
            print(clean_line(f"lintui: {run.path} is no log of a run", 1_000), file=sys.stderr)
            return 4
    for one, label in zip(watched, labels([w.state for w in watched], [run.name for run in found]), strict=True):
        one.label = label
    for one, run in zip(watched, found, strict=True):
        put_line(f"{one.label}  {progress(one.state)}")
        put_summary(one.state, str(run.path))
        _tell_problems(one)
        put_line("")
    put_compared(watched)
    return 0


def put_list(runs: Sequence[Found]) -> int:
    """Print a line for each run; returns the exit code."""
    shelf = Shelf(runs)
    shelf.look(math.inf)
    for row in shelf.rows():
        put_line(row.plain.strip())
    return 0


def _tell_problems(watched: Watched) -> None:
    """Say what could not be read of a log, apart from what could."""
    for problem in watched.problems[:_PROBLEMS]:
        print(clean_line(f"lintui: {labelled(watched, problem)}", 1_000), file=sys.stderr)
