"""Reads the columns of a CSV file as numbers, block by block, checking every field, without torch."""

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isfinite

from lintui.regular import open_regular
from trainer.layout import LONGEST_LINE, Layout, look, quoted
from trainer.trouble import BadData

Block = list[list[float]]
"""As many numbers of each feature and, last, of the target."""

_FIELDS = 30_000
"""Fields of a block's rows, about."""
_BUFFER = 1 << 18
_MARKS = {".": "point", ",": "comma"}


def check(path: str, *, target: str, features: str = "") -> None:
    """Raise BadData where the first rows show already that the table can't be trained on."""
    for _ in islice(Reading(look(path, target=target, features=features)).blocks(), 2):
        pass


class Reading:
    """A table that is being read: `blocks` once, and beside it how far that has got."""

    def __init__(self, layout: Layout) -> None:
        """Begin before the first row."""
        self.layout = layout
        self.rows = 0
        """Rows read."""
        self.share = 0.0
        """How much of the file has been read, from 0 to 1."""
        self.decimal = "." if layout.delimiter == "," else ""
        """The mark before decimals; empty: none was seen yet. The first that is seen holds for all numbers."""
        self._constant: dict[int, float] = {}
        """The number that was in every row so far, by the place of the column among those that are used."""

    def blocks(self) -> Iterator[Block]:
        """The columns that are used, some rows at a time; raises BadData."""
        try:
            with open_regular(self.layout.path) as file:
                size = os.fstat(file.fileno()).st_size
                for before, rows in self._divided(file):
                    block = self._numbers(rows, before)
                    self._look_for_spread(block)
                    self.rows += len(block[0])
                    self.share = min(file.tell() / max(size, 1), 1.0)
                    yield block
        except OSError as error:
            raise BadData(f"can't read {self.layout.file} to its end: {error.strerror or error}") from error
        if self.rows < 2:
            found = "one row" if self.rows else "no row"
            raise BadData(f"{self.layout.file} has {found} of numbers; a line needs two at least")
        for place, number in self._constant.items():
            raise self.layout.constant((*self.layout.features, self.layout.target)[place], number)

    def _divided(self, file: io.FileIO) -> Iterator[tuple[int, list[list[str]]]]:
        """Rows of fields below the header, empty lines as empty rows, and how many lines stand before them."""
        # What turns out deep in the file to be no UTF-8 matters only where a number should stand, and is none.
        text = io.TextIOWrapper(
            io.BufferedReader(file, _BUFFER), encoding=self.layout.encoding, errors="replace", newline=""
        )
        reader = csv.reader(self._lines(text), delimiter=self.layout.delimiter, skipinitialspace=True, strict=True)
        at_once = max(_FIELDS // len(self.layout.names), 1)
        try:
            next((row for row in reader if row), None)
            before = reader.line_num
            while rows := list(islice(reader, at_once)):
                yield before, rows
                before = reader.line_num
        except csv.Error as error:
            raise self.layout.bad(reader.line_num, f": {error}; is a quote before it not closed?") from error

    def _lines(self, text: io.TextIOWrapper) -> Iterator[str]:
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise self.layout.bad(number, " is longer than a line of a table may be; is it a CSV file?")
            yield line

    def _numbers(self, rows: Sequence[list[str]], before: int) -> Block:
        """The block of these rows, in whole columns; only where something is wrong, field by field to say where."""
        full = [row for row in rows if any(row)]
        decimal = self.decimal
        try:
            columns = list(zip(*full, strict=True)) or [()] * len(self.layout.names)
            if len(columns) != len(self.layout.names):
                raise ValueError
            return [self._column(columns[place]) for place in self.layout.used]
        except ValueError:
            self.decimal = decimal
            self._find_fault(rows, before)
            raise

    def _look_for_spread(self, block: Block) -> None:
        if self.rows == 0:
            self._constant = {place: column[0] for place, column in enumerate(block) if column}
        for place, number in list(self._constant.items()):
            if any(other != number for other in block[place]):
                del self._constant[place]

    def _column(self, fields: Sequence[str]) -> list[float]:
        """The fields as numbers; raises ValueError where there is one that `_check` refuses."""
        text = "".join(fields)
        for mark in _MARKS:
            if mark in text:
                self._take_mark(mark)
        if "_" in text:
            raise ValueError
        if "," in text:
            fields = [field.replace(",", ".") for field in fields]
        numbers = list(map(float, fields))
        # A sum of finite numbers may be too large itself: only then is each looked at.
        if not isfinite(sum(numbers)) and not all(map(isfinite, numbers)):
            raise ValueError
        return numbers

    def _check(self, field: str) -> None:
        """Raise ValueError, which says what is wrong, for a field that is no finite number."""
        text = field.strip()
        if not text:
            raise ValueError("there is no value")
        if re.fullmatch(r"[-+\d.,eE]*\d[-+\d.,eE]*", text):
            for mark in re.findall(r"[.,]", text):
                self._take_mark(mark)
        try:
            # Python's underscores between digits are no part of a number elsewhere.
            number = float(text.replace(",", ".").replace("_", "?"))
        except ValueError:
            raise ValueError(f"{quoted(field)} is no number") from None
        if not isfinite(number):
            raise ValueError(f"{quoted(field)} is no finite number")

    def _take_mark(self, mark: str) -> None:
        self.decimal = self.decimal or mark
        if mark != self.decimal:
            raise ValueError(
                f"there is a {_MARKS[mark]} in a number, where decimals stand behind a {_MARKS[self.decimal]}"
            )

    def _find_fault(self, rows: Sequence[list[str]], before: int) -> None:
        """Raise BadData for the first row that is wrong, with its line and column."""
        layout, line = self.layout, before + 1
        for row in rows:
            if any(row):
                if len(row) != len(layout.names):
                    told = f"the row has {len(row)}, the header {len(layout.names)}"
                    raise layout.bad(line, f": fields are missing or too many ({told}); correct it or remove it")
                for place in layout.used:
                    self._check_field(row[place], layout.names[place], line)
            # Between quotes a field may go on over several lines.
            line += 1 + sum(len(re.findall(r"\r\n|\r|\n", field)) for field in row)

    def _check_field(self, field: str, column: str, line: int) -> None:
        try:
            self._check(field)
        except ValueError as error:
            advice = self.layout.without(column)
            way_out = f"correct it or leave the column out: {advice}" if advice else "correct it or remove the row"
            raise self.layout.bad(line, f", column {quoted(column)}: {error}; {way_out}") from None
