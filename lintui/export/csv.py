"""A run as comma-separated values: a header, then a row for each step, every number with all its digits.

The columns are step, epoch, time (seconds since the start) and each metric as "train/loss"; a cell is empty where
nothing was measured, and NaN and the infinities are nan, inf and -inf, which pandas and numpy read.
"""

import csv
import io
from typing import BinaryIO

from lintui.export.naming import named
from lintui.export.recording import Recording

_FORMULA = ("=", "+", "-", "@")
"""A cell that begins so is taken for a formula by spreadsheets."""
_FIXED = ("step", "epoch", "time")
_ROWS = 1_000
"""Rows that are written at once."""


def write(recording: Recording, file: BinaryIO) -> None:
    """Write it as UTF-8, row by row; raises what the file raises."""
    names = named(recording.keys, _FIXED)
    file.write(header([*_FIXED, *names.values()]).encode())
    numbers = range(len(names))
    lines: list[str] = []
    for row in recording.rows():
        epoch = str(row.epoch) if recording.has_epochs else ""
        values = row.values
        cells = [repr(values[i]) if i in values else "" for i in numbers]
        lines.append(f"{row.step},{epoch},{row.time!r},{','.join(cells)}\n")
        if len(lines) >= _ROWS:
            file.write("".join(lines).encode())
            lines.clear()
    file.write("".join(lines).encode())


def header(names: list[str]) -> str:
    """The first line; a name that a spreadsheet would take for a formula stands behind an apostrophe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        [f"'{name}" if name.startswith(_FORMULA) else name for name in names]
    )
    return text.getvalue()
