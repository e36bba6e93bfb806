"""A run without a screen: readable lines at intervals, or the log's own lines for machines."""

import math
import os
import sys
import time
from collections.abc import Callable

from lintui.clean import clean_line, clean_text
from lintui.codec import encode_event
from lintui.commands import Stop, author, new_id
from lintui.events import Applied, Record, Refused, Said
from lintui.state import RunState
from tuiapp.feed import LogFeed
from tuiapp.figures import rate, three
from tuiapp.launch import Session
from tuiapp.signals import Caught, caught
from tuiapp.words import summary, what

_LOOK_EVERY = 0.05
_DIVERGED = 3
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


def train(session: Session, *, every: float, put: Callable[[str], None] | None = None) -> int:
    """Train to the end without a screen, printing a line every so many seconds; returns the exit code."""
    state = RunState()
    with caught() as signals:
        session.start()
        follow(session, state, signals, every=every, put=put or _put)
    if put is None:
        put_summary(state, str(session.run.directory.log), session.limits.met)
    return session.end_process(exit_code(state, signals, session.limits.met))


def follow(
    session: Session, state: RunState, signals: Caught, *, every: float, put: Callable[[str], None] | None = None
) -> None:
    """Follow a training that has begun to its end, into `state`; a signal ends it, a second one at once."""
    put = put or _put
    signals.last_resort = lambda: session.give_up(signals.name, signals.exit_code)
    me = author()
    next_line = time.monotonic() + every
    give_up = math.inf
    printed_at = -1
    while state.ended is None:
        alive = session.thread is not None and session.thread.is_alive()
        for record in session.feed.take():
            state.apply(record)
            _put_event(record, state, put)
        now = time.monotonic()
        if state.ended is None and now >= next_line and state.at != printed_at:
            put(progress(state))
            next_line, printed_at = now + every, state.at
        if signals.ending and give_up == math.inf:
            give_up = now + _STOP_WITHIN
            session.send(Stop(id=new_id(), by=me, reason=signals.name))
        if len(signals.ending) > 1 or now > give_up:
            session.close(signals.name)
        # Whoever trained has closed the run before the thread ended: nothing comes after what was just taken.
        elif session.thread is None or not alive:
            break
        else:
            session.thread.join(_LOOK_EVERY)
    if state.at != printed_at:
        put(progress(state))


def replay(feed: LogFeed, log: str, *, goes_on: Callable[[], bool], every: float) -> int:
    """Print what a log says, to its end and while `goes_on`, and where it has got to; returns the exit code.

    4 where nothing in it could be read.
    """
    state = RunState()
    next_line = time.monotonic() + every
    while True:
        # Asked before the look: what is written last comes before the writer lets go.
        more = goes_on()
        records = feed.reader.read()
        for record in records:
            state.apply(record)
            _put_event(record, state, _put)
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


def exit_code(state: RunState, signals: Caught, met: str = "") -> int:
    """1 where the training raised, 130 and 143 after a signal, 3 where it diverged or a limit was `met`, else 0."""
    if state.ended is not None and state.ended.how == "failed":
        return 1
    return signals.exit_code or (_DIVERGED if met or state.has_diverged() else 0)


def progress(state: RunState) -> str:
    """Where the run is and its newest values, in a line."""
    parts = [f"step {state.at}" + (f"/{state.steps}" if state.steps else "")]
    if state.epochs:
        parts.append(f"epoch {state.epoch}/{state.epochs}")
    for key, series in state.series.items():
        if series.latest is not None:
            parts.append(f"{key.split} {key.name} {three(series.latest.value)}")
    parts.append(rate(state.rate()))
    return "  ".join(part for part in parts if part)


def put_summary(state: RunState, log: str, met: str = "") -> None:
    """How it ended, which limit was `met` where the end came too soon to say so itself, and where the log is."""
    for line in summary(state):
        _put(line.plain)
    if met and (state.ended is None or met not in state.ended.reason):
        _put(met)
    _put(f"log: {log}")


def _put_event(record: Record, state: RunState, put: Callable[[str], None]) -> None:
    match record.event:
        case Applied() as event:
            put(f"step {event.at}  {what(event, state)}")
        case Refused() as event:
            put(f"step {event.at}  refused: {event.reason}")
        case Said() as event:
            put(event.text)


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
