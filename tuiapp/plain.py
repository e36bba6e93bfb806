"""A run without a screen: readable lines at intervals, or the log's own lines for machines."""

import math
import os
import sys
import time
from collections.abc import Callable, Sequence

from lintui.clean import clean_line, clean_text
from lintui.codec import encode_event
from lintui.commands import Stop, author, new_id
from lintui.events import Record
from lintui.sources import Found
from lintui.state import RunState
from tuiapp.comparison import comparison
from tuiapp.differing import labels
from tuiapp.feed import LogFeed
from tuiapp.figures import rate, three
from tuiapp.ours import Ours
from tuiapp.shelf import Shelf
from tuiapp.signals import Caught, caught
from tuiapp.watched import Watched
from tuiapp.words import died, summary, told

_LOOK_EVERY = 0.05
_PLACES = frozenset({"true", "position"})
"""Splits that say where something is on a picture; they tell a reader of lines nothing."""
_PROBLEMS = 20
"""Things that were wrong with a log that are told at most."""
_STOP_WITHIN = 8.0
"""Seconds that a training has to end after a signal; then its log is closed without it."""


def put_json(record: Record) -> None:
    """Print a record as it stands in the log."""
    try:
        # As bytes: the log is UTF-8 whatever the terminal's encoding.
        sys.stdout.buffer.write(encode_event(*record))
        sys.stdout.flush()
    except OSError:
        _listen_no_more()


def train(ours: Ours, *, every: float, put: Callable[[str], None] | None = None) -> int:
    """Train to the end without a screen, printing a line every so many seconds; returns the exit code."""
    with caught() as signals:
        ours.start()
        follow(ours, signals, every=every, put=put or put_line)
    if put is None:
        ours.put_summaries()
    return ours.end_process(ours.exit_code(signals))


def follow(ours: Ours, signals: Caught, *, every: float, put: Callable[[str], None] | None = None) -> None:
    """Follow a training that has begun to its end; a signal ends it, a second one at once."""
    put = put or put_line
    signals.last_resort = lambda: ours.give_up(signals.name, signals.exit_code)
    me = author()
    next_line = time.monotonic() + every
    give_up = math.inf
    printed: dict[Watched, int] = {}
    while ours.goes_on:
        alive = ours.is_alive
        for watched in ours.watched:
            for record in watched.look():
                _put_event(record, watched, put)
        now = time.monotonic()
        if ours.goes_on and now >= next_line:
            next_line = now + every
            _put_progress(ours, printed, put)
        if signals.ending and give_up == math.inf:
            give_up = now + _STOP_WITHIN
            for watched in ours.watched:
                if watched.send is not None:
                    watched.send(Stop(id=new_id(), by=me, reason=signals.name))
        if len(signals.ending) > 1 or now > give_up:
            ours.close(signals.name)
        # Whoever trained has closed the run before the thread ended: nothing comes after what was just taken.
        elif not alive:
            break
        else:
            time.sleep(_LOOK_EVERY)
    _put_progress(ours, printed, put)


def _put_progress(ours: Ours, printed: dict[Watched, int], put: Callable[[str], None]) -> None:
    """A line for each run that has got further since the last one."""
    for watched in ours.watched:
        if watched.state.at != printed.get(watched, -1):
            printed[watched] = watched.state.at
            put(_labelled(watched, progress(watched.state)))


def _labelled(watched: Watched, line: str) -> str:
    return f"{watched.label}  {line}" if watched.label else line


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
            _put_event(record, watched, put_line)
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


def put_seen(watched: Sequence[Watched]) -> None:
    """What became of the runs that were looked at: of one its summary, of several how they compare."""
    if len(watched) == 1 and watched[0].found is not None:
        put_summary(watched[0].state, str(watched[0].found.path))
    else:
        put_compared(watched)


def put_compared(watched: Sequence[Watched]) -> None:
    for row in comparison(watched):
        put_line(row.plain.rstrip())


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
        print(clean_line(f"lintui: {_labelled(watched, problem)}", 1_000), file=sys.stderr)


def progress(state: RunState) -> str:
    """Where the run is and its newest values, in a line."""
    parts = [f"step {state.at}" + (f"/{state.steps}" if state.steps else "")]
    if state.epochs:
        parts.append(f"epoch {state.epoch}/{state.epochs}")
    for key, series in state.series.items():
        if series.latest is not None and key.split not in _PLACES:
            parts.append(f"{key.split} {key.name} {three(series.latest.value)}")
    parts.append(rate(state.rate()))
    return "  ".join(part for part in parts if part)


def put_end(watched: Watched) -> None:
    """What became of a run of another process that was looked at: its summary, or how to come back to it."""
    name = watched.folder.name if watched.folder is not None else ""
    if watched.label:
        put_line(f"\n{watched.label}")
    if not watched.is_over:
        put_line(f"{name} goes on at step {watched.state.at}; come back: lintui attach {name}")
        return
    if watched.life.died:
        put_line(died(watched.state))
    put_summary(watched.state, str(watched.folder / "log.jsonl") if watched.folder is not None else name)


def put_summary(state: RunState, log: str, met: str = "") -> None:
    """How it ended, which limit was `met` where the end came too soon to say so itself, and where the log is."""
    for line in summary(state):
        put_line(line.plain)
    if met and (state.ended is None or met not in state.ended.reason):
        put_line(met)
    put_line(f"log: {log}")


def _put_event(record: Record, watched: Watched, put: Callable[[str], None]) -> None:
    if text := told(record.event, watched.state):
        put(_labelled(watched, text))


def put_nothing(_: str) -> None:
    """Nobody reads it, or somebody reads something else."""


def put_line(line: str) -> None:
    """Print a line; when nobody reads any more (`| head`, a closed window), training goes on without an audience."""
    try:
        # The name of a file may hold anything too.
        print(clean_text(line), flush=True)
    except OSError:
        _listen_no_more()


def _listen_no_more() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open until the end
