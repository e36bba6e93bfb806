"""Finds out how a CSV file is written and which of its columns are used, from its beginning, without torch."""

import codecs
import csv
import io
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lintui.clean import clean_line
from lintui.regular import open_regular
from trainer.trouble import BadData

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LONGEST_LINE = 1 << 20
"""Characters; whatever has longer lines is no table."""
MOST_FEATURES = 1_000
_NAME_LIMIT = 100
_NAMES_TOLD = 12
_LONGEST_ADVICE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table is written, and what of it is used. All names have been made harmless for a terminal."""

    path: str
    """The file."""
    encoding: str
    """ "utf-8-sig" (with or without a mark at its beginning) or "latin-1"."""
    delimiter: str
    """One of `DELIMITERS`."""
    names: tuple[str, ...]
    """Of all columns, each different from the others."""
    features: tuple[str, ...]
    """Columns that the target is predicted from, at least one."""
    target: str
    """The column that is to be predicted."""

    @property
    def file(self) -> str:
        """The name of the file without its folder, for a line of text."""
        return file_name(self.path)

    @property
    def used(self) -> tuple[int, ...]:
        """Places of the features and, last, of the target among the columns."""
        return tuple(map(self.names.index, (*self.features, self.target)))

    def bad(self, line: int, what: str) -> BadData:
        """The error of a line, counted from 1."""
        return BadData(f"{self.file}, line {line}{what}")

    def constant(self, column: str, value: float) -> BadData:
        """The error of a column that says nothing."""
        said = f"{self.file}: column {quoted(column)} is {value:g} in every row"
        if column == self.target:
            return BadData(f"{said}, so there is nothing to predict; choose another --target")
        advice = self.without(column)
        return BadData(f"{said}, so it can't be standardised; leave it out{': ' if advice else ''}{advice}")

    def without_spread(self, column: str) -> BadData:
        """The error of a column whose deviation can't be told in double precision."""
        said = f"{self.file}: the numbers in column {quoted(column)} are too large or too much alike"
        return BadData(f"{said} to be standardised; write them in another unit")

    def without(self, feature: str) -> str:
        """What to type to leave a feature out; empty for the target and where there is no simple way to say it."""
        others = ",".join(name for name in self.features if name != feature)
        if feature == self.target or not others or len(others) > _LONGEST_ADVICE or '"' in others:
            return ""
        return f"--features {shlex.quote(others)}"


def look(path: str, *, target: str, features: str = "") -> Layout:
    """The layout of the table at `path`, from its first line; raises BadData.

    `features` is written as a line of a file with commas would be; empty: all columns but the target.
    """
    if not path:
        raise BadData("a table is a file of yours: lintui demo table --csv FILE --target COLUMN")
    encoding, text = _beginning(path)
    file = file_name(path)
    delimiter, names = _header(file, text)
    wanted = tuple(map(_name, *csv.reader([" ".join(features.splitlines())], skipinitialspace=True)))
    target = _name(target)
    _check_names(file, names, target, wanted)
    chosen = wanted or tuple(name for name in names if name != target)
    if len(chosen) > MOST_FEATURES:
        raise BadData(f"{len(chosen):,} features are more than {MOST_FEATURES:,}; choose some with --features")
    return Layout(path=path, encoding=encoding, delimiter=delimiter, names=names, features=chosen, target=target)


def file_name(path: str) -> str:
    """The name of a file without its folder, harmless for a terminal."""
    return clean_line(os.path.basename(path) or path, _NAME_LIMIT)


def quoted(text: str) -> str:
    """A name or the text of a field, short, harmless and between quotes."""
    return repr(clean_line(text, 40))


def _beginning(path: str) -> tuple[str, str]:
    """The file's encoding and, decoded, as much of it as a line may have."""
    try:
        with open_regular(path) as file, io.BufferedReader(file) as buffered:
            data = buffered.read(LONGEST_LINE)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadData(f"can't read {clean_line(path, _NAME_LIMIT)}: {reason}; name a CSV file with --csv") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadData(f"{file_name(path)} is written in UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise BadData(f"{file_name(path)} is no text; save the table as CSV")
    if len(data) == LONGEST_LINE and not re.search(rb"[\r\n]", data):
        raise BadData(f"{file_name(path)}, line 1 is longer than a line of a table may be; is it a CSV file?")
    encoding = "utf-8-sig"
    try:
        # What was read may end within a character.
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        encoding = "latin-1"
    text = data.decode(encoding, errors="replace")
    if not text.strip():
        raise BadData(f"{file_name(path)} is empty; its first line has to name the columns")
    return encoding, text


def _header(file: str, text: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter that divides the first line into most names, and these names."""
    found = {delimiter: _first_row(text, delimiter) for delimiter in DELIMITERS}
    delimiter = max(found, key=lambda delimiter: len(found[delimiter]))
    row = found[delimiter]
    if not row:
        raise BadData(f"{file}, line 1: a quote is opened and not closed; correct it")
    names = tuple(_name(name) or f"column {number}" for number, name in enumerate(row, 1))
    if len(names) == 1:
        tried = ", ".join(DELIMITERS.values())
        raise BadData(
            f"{file} has one column, {quoted(names[0])}, where two are needed;"
            f" its first line was tried with these between the names: {tried}"
        )
    for place, name in enumerate(names):
        if name in names[:place]:
            raise BadData(f"{file}, line 1 names two columns {quoted(name)}; give each a name of its own")
    return delimiter, names


def _first_row(text: str, delimiter: str) -> list[str]:
    """The first line that is not empty, divided; empty where the quotes don't fit this delimiter."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return next(row for row in rows if row)
    except csv.Error:
        return []


def _check_names(file: str, names: Sequence[str], target: str, features: Sequence[str]) -> None:
    """Raise BadData unless the target and the features are among the names, and apart from each other."""
    if not target:
        raise BadData(f"name the column to be predicted with --target; {_among(names)}")
    if target not in names and all(map(_is_number, names)):
        raise BadData(f"{file}, line 1 has to name the columns, and holds numbers; put a line above it")
    for place, name in enumerate((target, *features)):
        if name not in names:
            near = get_close_matches(name, names, n=1)
            guess = f"did you mean {quoted(near[0])}? " if near else ""
            raise BadData(f"{file} has no column {quoted(name)}; {guess}{_among(names)}")
        if place and name == target:
            raise BadData(f"{quoted(name)} is the target and among the features; name it in one of the two")
        if name in features[: place - 1]:
            raise BadData(f"{quoted(name)} is named twice in --features; name it once")


def _among(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return f"there is {', '.join(names[:_NAMES_TOLD])}{more}"


def _name(text: str) -> str:
    return clean_line(text.strip(), _NAME_LIMIT).strip()


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
