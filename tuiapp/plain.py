"""What is said of a run where there is no screen: a line for what happened, where it is, and what came of it.

Whoever reads may go at any time (`| head`, a closed window): then nothing is said any more, and no more than that.
"""

import os
import sys
from collections.abc import Callable, Sequence

from lintui.clean import clean_line, clean_text
from lintui.codec import encode_event
from lintui.events import Record
from lintui.state import RunState
from tuiapp.comparison import comparison
from tuiapp.figures import rate, three
from tuiapp.plans import PLACES
from tuiapp.watched import Watched
from tuiapp.words import died, summary, told


def put_json(record: Record) -> None:
    """Print a record as it stands in the log."""
    try:
        # As bytes: the log is UTF-8 whatever the terminal's encoding.
        sys.stdout.buffer.write(encode_event(*record))
        sys.stdout.flush()
    except OSError:
        _listen_no_more()


def labelled(watched: Watched, line: str) -> str:
    """The line behind the run's label, if it has one."""
    return f"{watched.label}  {line}" if watched.label else line


def put_seen(watched: Sequence[Watched]) -> None:
    """What became of the runs that were looked at: of one its summary, of several how they compare."""
    if len(watched) == 1 and watched[0].found is not None:
        put_summary(watched[0].state, str(watched[0].found.path))
    else:
        put_compared(watched)


def put_compared(watched: Sequence[Watched]) -> None:
    """Print how runs compare."""
    for row in comparison(watched):
        put_line(row.plain.rstrip())


def progress(state: RunState) -> str:
    """Where the run is and its newest values, in a line."""
    parts = [f"step {state.at}" + (f"/{state.steps}" if state.steps else "")]
    if state.epochs:
        parts.append(f"epoch {state.epoch}/{state.epochs}")
    for key, series in state.series.items():
        if series.latest is not None and key.split not in PLACES:
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


def put_refusal(state: RunState, log: str) -> None:
    """Why a run could not even begin, where errors go, and where the log is that says so."""
    if state.ended is not None:
        print(clean_line(f"lintui: {state.ended.reason}", 1_000), file=sys.stderr)
    put_line(f"log: {log}")


def put_summary(state: RunState, log: str, met: str = "") -> None:
    """How it ended, which limit was `met` where the end came too soon to say so itself, and where the log is."""
    for line in summary(state):
        put_line(line.plain)
    if met and (state.ended is None or met not in state.ended.reason):
        put_line(met)
    put_line(f"log: {log}")


def put_event(record: Record, watched: Watched, put: Callable[[str], None]) -> None:
    """Say what a person did or was told, if the record is of that."""
    if text := told(record.event, watched.state):
        put(labelled(watched, text))


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
