"""Writes a log of as many steps as wanted, three series of one value a step, the way a fast run does."""

import math
import random
from collections.abc import Iterator
from pathlib import Path

from lintui.batch import Batch
from lintui.events import Ended, Event, Started
from lintui.log import LogWriter

NAMES = ("loss", "mse", "norm")
SECONDS = 1e-4
"""Seconds a step."""


def rows(steps: int) -> Iterator[tuple[int, float, dict[str, float]]]:
    """Step, seconds since the start, and values: curves that fall, with noise of 17 digits, as training gives."""
    noise = random.Random(0)
    for at in range(1, steps + 1):
        level = 1 / math.sqrt(at)
        yield at, at * SECONDS, {name: level * (0.5 + noise.random()) for name in NAMES}


def write(path: Path, steps: int) -> None:
    """Write the log of a run that is over; `path` must not exist yet."""
    writer = LogWriter.create(path)
    config = {"steps": steps}
    writer.append([Started(name="long", created="", pid=1, host="", steps=steps, config=config)])
    batch = Batch()
    for at, t, values in rows(steps):
        writer.append(batch.add("batch", NAMES, [at], [t], [[value] for value in values.values()]))
    end: list[Event] = [Ended(branch=0, at=steps, t=steps * SECONDS, how="finished", reason="", summary={})]
    writer.append(batch.close() + end)
    writer.close()
