"""A run without a screen: readable lines at intervals, or the log's own lines for machines."""

import math
import os
import sys
import time
from collections.abc import Callable, Sequence

from lintui.clean import clean_line, clean_text
from lintui.codec import encode_event
from lintui.commands import Stop, author, new_id
from lintui.events import Applied, Record, Refused, Said
from lintui.state import RunState
from tuiapp.comparison import comparison
from tuiapp.feed import LogFeed
from tuiapp.figures import rate, three
from tuiapp.group import Group
from tuiapp.signals import Caught, caught
from tuiapp.watched import Watched
from tuiapp.words import summary, what

_LOOK_EVERY = 0.05
_DIVERGED = 3
_PLACES = frozenset({"true", "position"})
"""Splits that say where something is on a picture; they tell a reader of lines nothing."""
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


def train(group: Group, *, every: float, put: Callable[[str], None] | None = None) -> int:
    """Train to the end without a screen, printing a line every so many seconds; returns the exit code."""
    with caught() as signals:
        group.start()
        follow(group, signals, every=every, put=put or _put)
    if put is None:
        put_summaries(group)
    return group.end_process(exit_code(group.states, signals, group.met))


def follow(group: Group, signals: Caught, *, every: float, put: Callable[[str], None] | None = None) -> None:
    """Follow a training that has begun to its end; a signal ends it, a second one at once."""
    put = put or _put
    signals.last_resort = lambda: group.give_up(signals.name, signals.exit_code)
    me = author()
    next_line = time.monotonic() + every
    give_up = math.inf
    printed: dict[Watched, int] = {}
    while group.goes_on:
        alive = group.is_alive
        for watched in group.watched:
            for record in watched.look():
                _put_event(record, watched, put)
        now = time.monotonic()
        if group.goes_on and now >= next_line:
            next_line = now + every
            _put_progress(group, printed, put)
        if signals.ending and give_up == math.inf:
            give_up = now + _STOP_WITHIN
            for session in group.sessions:
                session.run.post(Stop(id=new_id(), by=me, reason=signals.name))
        if len(signals.ending) > 1 or now > give_up:
            group.close(signals.name)
        # Whoever trained has closed the run before the thread ended: nothing comes after what was just taken.
        elif not alive:
            break
        else:
            time.sleep(_LOOK_EVERY)
    _put_progress(group, printed, put)


def _put_progress(group: Group, printed: dict[Watched, int], put: Callable[[str], None]) -> None:
    """A line for each run that has got further since the last one."""
    for watched in group.watched:
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
        records = feed.reader.read()
        for record in records:
            state.apply(record)
            _put_event(record, watched, _put)
        if records:
            continue
        if state.ended is not None or not more:
            break
        if time.monotonic() >= next_line:
            _put(progress(state))
            next_line = time.monotonic() + every
        time.sleep(_LOOK_EVERY)
    if state.started is None:
        print(clean_line(f"lintui: {log} is no log of a run", 1_000), file=sys.stderr)
        return 4
    _put(progress(state))
    put_summary(state, log)
    return 0


def exit_code(states: Sequence[RunState], signals: Caught, met: str = "") -> int:
    """1 where a training raised, 130 and 143 after a signal, 3 where one diverged or a limit was `met`, else 0."""
    if any(state.ended is not None and state.ended.how == "failed" for state in states):
        return 1
    diverged = met or any(state.has_diverged() for state in states)
    return signals.exit_code or (_DIVERGED if diverged else 0)


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


def put_summaries(group: Group) -> None:
    """How each run ended and where its log is, and of several how they compare."""
    for session in group.sessions:
        if session.watched.label:
            _put(f"\n{session.watched.label}")
        put_summary(session.watched.state, str(session.run.directory.log), session.limits.met)
    if len(group.sessions) > 1:
        _put("")
        for row in comparison(group.watched):
            _put(row.plain.rstrip())


def put_summary(state: RunState, log: str, met: str = "") -> None:
    """How it ended, which limit was `met` where the end came too soon to say so itself, and where the log is."""
    for line in summary(state):
        _put(line.plain)
    if met and (state.ended is None or met not in state.ended.reason):
        _put(met)
    _put(f"log: {log}")


def _put_event(record: Record, watched: Watched, put: Callable[[str], None]) -> None:
    match record.event:
        case Applied() as event:
            put(_labelled(watched, f"step {event.at}  {what(event, watched.state)}"))
        case Refused() as event:
            put(_labelled(watched, f"step {event.at}  refused: {event.reason}"))
        case Said() as event:
            put(_labelled(watched, event.text))


def put_nothing(_: str) -> None:
    """Nobody reads it, or somebody reads something else."""


def _put(line: str) -> None:
    """Print a line; when nobody reads any more (`| head`, a closed window), training goes on without an audience."""
    try:
        # The name of a file may hold anything too.
        print(clean_text(line), flush=True)
    except OSError:
        _listen_no_more()


def _listen_no_more() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open until the end
