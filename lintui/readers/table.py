"""Reads CSV tables with a header, such as Lightning's metrics.csv, in which most cells of a row may be empty."""

import csv
import re
from itertools import islice
from pathlib import Path

from lintui.events import Record, Scalar
from lintui.known import MAX_SERIES
from lintui.readers.lines import Lines
from lintui.readers.reader import Reader
from lintui.readers.rows import Rows

SIGNS = ",;\t"
"""What may stand between cells."""
_HPARAMS = "hparams.yaml"
_SETTING = re.compile(r"([\w./-]{1,256}): (\S.{0,255})")


class Table(Reader):
    """A run in a table, a row for each step; where cells are empty, something else was measured."""

    def __init__(self, path: Path) -> None:
        """Open the table; raises OSError."""
        super().__init__(path)
        self._lines = Lines(path)
        self._rows = Rows(self.gathered)
        self._header: list[str] = []
        self._sign = ","
        self._settings = _settings(path.parent / _HPARAMS)

    def look(self) -> list[Record] | None:
        """The records in the next piece of the file; None: there is no more yet."""
        lines = self._lines.look()
        if lines is None:
            return None
        for number, line in lines:
            self._take(number, line)
        if self._lines.too_long:
            self.gathered.tell_once("a line is longer than a line may be and was passed over")
        return self.gathered.take()

    def close(self) -> None:
        """Give the file up."""
        self._lines.close()

    def _take(self, number: int, line: bytes) -> None:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace")
        if not text.strip():
            return
        if not self._header:
            self._sign = max(SIGNS, key=text.count)
            self._header = [name.strip() for name in cells(text, self._sign)][:MAX_SERIES]
            self.begin(self._lines.changed, self._settings)
            return
        row = cells(text, self._sign)
        if len(row) != len(self._header):
            self.gathered.tell(f"line {number} has {len(row):,} cells instead of {len(self._header):,}")
        pairs = zip(self._header, row, strict=False)
        self._rows.take({name: value for name, cell in pairs if (value := _value(cell)) is not None})


def cells(line: str, sign: str) -> list[str]:
    """The cells of one line; where quotes are broken, by the signs alone."""
    if '"' not in line:
        return line.split(sign)
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:
        return line.split(sign)


def _value(cell: str) -> float | str | None:
    """A number, a short text, or None for an empty cell."""
    try:
        return float(cell)
    except ValueError:
        return cell.strip()[:256] or None


def _settings(path: Path) -> dict[str, Scalar]:
    """The plain settings in the file that Lightning keeps beside its table; empty where there is none."""
    settings: dict[str, Scalar] = {}
    try:
        lines = Lines(path)
    except OSError:
        return settings
    found = [line for _, line in islice(lines.look() or [], MAX_SERIES)]
    lines.close()
    for line in found:
        if (match := _SETTING.fullmatch(line.decode(errors="replace"))) is not None:
            name, text = match.groups()
            settings[name] = _scalar(text)
    return settings


def _scalar(text: str) -> Scalar:
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text) if text.lstrip("-").isdecimal() and len(text) < 18 else float(text)
    except ValueError:
        return text.strip("'\"")
