"""What happened in a run, and how it ended, in words for any place: a screen, a terminal, a file."""

import math
from collections.abc import Sequence

from rich.text import Text

from lintui.events import Applied, Branched, Event, Refused, Said
from lintui.known import Key
from lintui.optimizer import SETTINGS
from lintui.state import RunState
from tuiapp.figures import percent, three, took, typed
from tuiapp.look import ACCENT, DIM, TEXT, TROUBLE, strong


def what(event: Applied, state: RunState) -> str:
    """An intervention in words."""
    match event.knob:
        case "paused":
            return "paused" if event.new else "goes on"
        case "stop":
            return "stop" + (f": {event.new}" if event.new else "")
        case "step":
            return "one step" if event.new == 1 else f"{event.new} steps"
        case "checkpoint":
            return f"checkpoint {event.new}"
        case _ if event.note:
            return event.note
    knob = state.knobs.get(event.knob)
    number = typed if event.knob in SETTINGS else three
    old, new = (number(v) if isinstance(v, float) else str(v) for v in (event.old, event.new))
    return f"{knob.label if knob else event.knob} {old} → {new}"


def branched(event: Branched) -> str:
    """Where a branch begins, in words."""
    return f"goes on from step {event.from_step} of branch {event.parent} ({event.why})"


def unread(problems: Sequence[str]) -> list[str]:
    """What could not be read of a log: how much of it, and the first of it, a line each; nothing where all could."""
    if not problems:
        return []
    more = [f"  … and {len(problems) - _TOLD} more"] if len(problems) > _TOLD else []
    count = f"{len(problems)} times" if len(problems) > 1 else "once"
    return [f"not all of the log could be read ({count}):", *(f"  {problem}" for problem in problems[:_TOLD]), *more]


_TOLD = 3
"""Problems of a log that are told."""


def told(event: Event, state: RunState) -> str:
    """What a person did or was told, in a line; empty for whatever else an event may be."""
    match event:
        case Applied():
            return f"step {event.at}  {what(event, state)}"
        case Refused():
            return f"step {event.at}  refused: {event.reason}"
        case Said():
            return event.text
    return ""


def died(state: RunState) -> str:
    """The end of a run that could not tell it itself."""
    return f"died after {state.at} steps: its process is gone, and has not said why"


def summary(state: RunState) -> list[Text]:
    """How the run ended and where it got to, a line each."""
    ended = state.ended
    if ended is None:
        return []
    color = TROUBLE if ended.how == "failed" else ACCENT
    head = {"done": "done", "stopped": "stopped", "failed": "failed"}.get(ended.how, ended.how)
    rows = [Text(f"{head} after {ended.at} steps{took(ended.t)}", strong(color))]
    if ended.reason:
        rows.append(Text(ended.reason, TROUBLE if ended.how == "failed" else DIM))
    rows += [Text(line, DIM) for line in ended.traceback.splitlines()]
    loss = state.series.get(Key("train", "loss"))
    # Measured since the last change of loss, or else it was another loss's value.
    if loss is not None and loss.latest is not None and loss.is_joined() and ended.how != "failed":
        name = f" ({state.loss_name()})" if state.loss_name() else ""
        line = Text(f"loss{name} {three(loss.latest.value)}", TEXT)
        for level in state.levels_now():
            line.append(f"  {level.label} {three(level.value)}", DIM)
        rows.append(line)
    for name, value in ended.summary.items():
        if name.startswith("true "):
            continue
        shown = _said(value) if not name.endswith("accuracy") else percent(value) if isinstance(value, float) else ""
        true = ended.summary.get(f"true {name}")
        rows.append(Text(f"{name} {shown}", TEXT).append(f"  (true {_said(true)})" if true is not None else "", DIM))
    return rows


def summary_line(state: RunState) -> Text:
    """The same in one line, for a screen that has no room for more."""
    lines = [row.plain for row in summary(state)]
    return Text(" ").append(" · ".join(lines[:1] + lines[1:4]), TEXT).append("   4 shows all", DIM)


def _said(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.5g}" if math.isfinite(value) else three(value)
