"""What a list says of a run, from the beginning and the end of its log alone, however long it is."""

import contextlib
import os
import time
from dataclasses import dataclass

from lintui.ends import glance
from lintui.liveness import is_alive, stands
from lintui.sources import Found, Unreadable, open_source
from lintui.state import RunState
from tuiapp.commands.known import newest_loss
from tuiapp.differing import begun_with
from tuiapp.figures import ago, three
from tuiapp.logs import directory_of

_LOOKS = 4
"""Looks at another tool's file, of a few thousand records each, after which its end is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run in a list, in words, each of them empty where it is not known."""

    name: str
    """What it was called when it was started."""
    steps: str
    """Such as "300/300"."""
    loss: str
    """The newest."""
    state: str
    """How it stands, such as "done", "going on" or "died"; of another tool's file, the kind of file."""
    settings: str
    """With what it was started, such as "lr 0.1, batch size 10"."""
    written: str
    """When something was written last, such as "3 h ago"."""


def entry(run: Found) -> Entry:
    """What is known of a run at a glance; never raises: opening what can't be read says why."""
    state, word = RunState(), "unreadable"
    with contextlib.suppress(OSError, Unreadable):
        state, word = _ours(run) if run.kind == "lintui" else (_another_tools(run), run.kind)
    loss = newest_loss(state)
    return Entry(
        name=state.started.name if state.started is not None else "",
        steps=(f"{state.at}/{state.steps}" if state.steps else str(state.at)) if state.started is not None else "",
        loss=three(loss.value) if loss is not None else "",
        state=word,
        settings=", ".join(f"{name.replace('_', ' ')} {setting}" for name, setting in begun_with(state).items()),
        written=_written(run),
    )


def _ours(run: Found) -> tuple[RunState, str]:
    directory = directory_of(run)
    if directory is None:
        state = glance(run.path)
        return state, state.ended.how if state.ended is not None else "not ended"
    # Asked before the look: what is written last comes before the writer lets go.
    alive = directory.is_written()
    state = glance(run.path)
    return state, str(stands(directory, alive and is_alive(directory, state.started), state))


def _another_tools(run: Found) -> RunState:
    """All of it, or where it is long, how it began."""
    state, source = RunState(), open_source(run.path)
    try:
        for _ in range(_LOOKS):
            if (records := source.look()) is None:
                return state
            for record in records:
                state.apply(record)
    finally:
        source.close()
    return RunState(started=state.started)


def _written(run: Found) -> str:
    try:
        return ago(max(time.time() - os.stat(run.path).st_mtime, 0.0))
    except OSError:
        return ""
