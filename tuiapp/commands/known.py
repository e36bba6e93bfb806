"""What is known of one run, as an object that goes into JSON as it is."""

import datetime
import math
from typing import Any

from lintui.bucket import Point
from lintui.liveness import Life
from lintui.rundir import RunDirectory
from lintui.state import RunState

_BEFORE = {"train": 2, "batch": 1}


def headline(directory: RunDirectory, life: Life, state: RunState) -> dict[str, Any]:
    """Which run it is, how it stands and where it is; it has "diverged" where its loss is no finite number."""
    started = state.started
    loss = newest_loss(state)
    return {
        "run": directory.path.name,
        "name": started.name if started else "",
        "state": life.word,
        "silent": round(life.seconds) if life.is_quiet else 0,
        "step": state.at,
        "steps": state.steps,
        "loss": loss.value if loss else None,
        "diverged": loss is not None and not math.isfinite(loss.value),
        "created": started.created if started else None,
        "seconds": state.t,
        "group": started.group if started else "",
        "log": str(directory.log),
    }


def newest_loss(state: RunState) -> Point | None:
    """The newest loss that was measured: at the same step the one on all training data before that of a batch."""
    losses = [
        (series.latest.at, _BEFORE.get(key.split, 0), series.latest)
        for key, series in state.series.items()
        if key.name == "loss" and series.latest is not None
    ]
    return max(losses, key=lambda loss: loss[:2])[2] if losses else None


def age(created: str | None) -> float | None:
    """Seconds since a wall time that a log tells; None where it tells none. Wall clocks are labels: never below 0."""
    try:
        began = datetime.datetime.fromisoformat(created or "")
        return max((datetime.datetime.now(datetime.UTC) - began).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no time, or one without a zone
        return None
