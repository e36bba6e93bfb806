"""Trains without a screen, to the end or to a signal, with readable lines at intervals."""

import math
import time
from collections.abc import Callable

from lintui.commands import Stop, author, new_id
from tuiapp.ours import Ours
from tuiapp.plain import labelled, progress, put_event, put_line
from tuiapp.signals import Caught, caught
from tuiapp.watched import Watched

_LOOK_EVERY = 0.05
_STOP_WITHIN = 8.0
"""Seconds that a training has to end after a signal; then its log is closed without it."""


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
                put_event(record, watched, put)
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
        # Of what never began there is nothing to be said but why.
        if watched.state.series and watched.state.at != printed.get(watched, -1):
            printed[watched] = watched.state.at
            put(labelled(watched, progress(watched.state)))
