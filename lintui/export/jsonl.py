"""A run as JSON lines: an object for each step, with the metrics that were measured there.

JSON has no NaN and no infinities: they are null, and stand by name under "nonfinite".
"""

import math
from typing import Any, BinaryIO

import orjson

from lintui.export.naming import named
from lintui.export.recording import Recording

_ROWS = 1_000
"""Rows that are written at once."""


def write(recording: Recording, file: BinaryIO) -> None:
    """Write it row by row; raises what the file raises."""
    names = [*named(recording.keys, ("step", "epoch", "time", "nonfinite")).values()]
    lines: list[bytes] = []
    for row in recording.rows():
        said: dict[str, Any] = {"step": row.step}
        if recording.has_epochs:
            said["epoch"] = row.epoch
        said["time"] = row.time
        for number, value in row.values.items():
            said[names[number]] = value
        bad = {names[i]: _name(value) for i, value in row.values.items() if not math.isfinite(value)}
        if bad:
            said["nonfinite"] = bad
        lines.append(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
        if len(lines) >= _ROWS:
            file.write(b"".join(lines))
            lines.clear()
    file.write(b"".join(lines))


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
