"""A run without a screen: readable lines at intervals, or the log's own lines for machines."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

from lintui.codec import encode_event
from lintui.commands import Stop, author, new_id
from lintui.events import Applied, Record, Refused, Said
from lintui.state import RunState
from tuiapp.feed import Feed
from tuiapp.figures import rate, three
from tuiapp.launch import Session
from tuiapp.words import summary, what

_LOOK_EVERY = 0.05
_SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def put_json(record: Record) -> None:
    """Print a record as it stands in the log."""
    try:
        # As bytes: the log is UTF-8 whatever the terminal's encoding.
        sys.stdout.buffer.write(encode_event(*record))
        sys.stdout.flush()
    except BrokenPipeError:
        _listen_no_more()


def follow(session: Session, *, every: float, quiet: bool) -> int:
    """Train to the end, printing a line every so many seconds; returns the exit code."""
    state = RunState()
    with _stopping_on_signals(session) as caught:
        session.start()
        next_line = time.monotonic() + every
        printed_at = -1
        while state.ended is None:
            alive = session.thread is not None and session.thread.is_alive()
            for record in session.feed.take():
                state.apply(record)
                if not quiet:
                    _put_event(record, state)
            if not quiet and state.ended is None and time.monotonic() >= next_line and state.at != printed_at:
                _put(progress(state))
                next_line, printed_at = time.monotonic() + every, state.at
            # Whoever trained has closed the run before the thread ended: nothing comes after what was just taken.
            if session.thread is None or not alive:
                break
            session.thread.join(_LOOK_EVERY)
        if not quiet:
            if state.at != printed_at:
                _put(progress(state))
            put_summary(state, str(session.run.directory.log))
    return exit_code(state, caught)


def replay(feed: Feed, log: str) -> int:
    """Print where a log has got to; returns the exit code, 4 where nothing in it could be read."""
    state = RunState()
    while records := feed.take():
        for record in records:
            state.apply(record)
            _put_event(record, state)
    if state.started is None:
        print(f"lintui: {log} is no log of a run", file=sys.stderr)
        return 4
    _put(progress(state))
    put_summary(state, log)
    return 0


def exit_code(state: RunState, caught: list[int]) -> int:
    """1 where the training raised, 130 and 143 after a signal, else 0."""
    if state.ended is not None and state.ended.how == "failed":
        return 1
    return _SIGNALS[signal.Signals(caught[0])] if caught else 0


def progress(state: RunState) -> str:
    """Where the run is and its newest values, in a line."""
    started = state.started
    parts = [f"step {state.at}" + (f"/{started.steps}" if started and started.steps else "")]
    if started and started.epochs:
        parts.append(f"epoch {state.epoch}/{started.epochs}")
    for key, series in state.series.items():
        if series.latest is not None:
            parts.append(f"{key.split} {key.name} {three(series.latest.value)}")
    parts.append(rate(state.rate()))
    return "  ".join(part for part in parts if part)


def put_summary(state: RunState, log: str) -> None:
    """How it ended, and where the log is."""
    for line in summary(state):
        _put(line.plain)
    _put(f"log: {log}")


def _put_event(record: Record, state: RunState) -> None:
    match record.event:
        case Applied() as event:
            _put(f"step {event.at}  {what(event, state)}")
        case Refused() as event:
            _put(f"step {event.at}  refused: {event.reason}")
        case Said() as event:
            _put(event.text)


def _put(line: str) -> None:
    """Print a line; when nobody reads any more (`| head`), the training goes on without an audience."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        _listen_no_more()


def _listen_no_more() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open until the end


@contextlib.contextmanager
def _stopping_on_signals(session: Session) -> Iterator[list[int]]:
    """Turn SIGINT and SIGTERM into a clean stop with a final record; a second one ends at once."""
    caught: list[int] = []
    me = author()  # found out now: a signal may come at a moment when nothing can be imported

    def stop(number: int, _: FrameType | None) -> None:
        if caught:
            os._exit(_SIGNALS[signal.Signals(number)])
        caught.append(number)
        name = signal.Signals(number).name
        session.send(Stop(id=new_id(), by=me, reason=name))

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
