"""Each setting of the screen with the one check that it gets, wherever it was written down."""

import math
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from tuiapp import limits, theme
from tuiapp.options import Mistake, nearest, short

THEMES = tuple(theme.names())
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")
_BANDWIDTH = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)([kM]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_MOST_BYTES = 10**12


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a person can set."""

    name: str
    """As a flag and in a file, such as "fail-on"."""
    check: Callable[[object], object]
    """From what was written, in a file perhaps a number, to the value; raises ValueError, perhaps with a way out."""
    needs: str
    """What a value is, in a few words."""
    example: str
    """A value as it is typed."""
    in_file: str
    """The same value as a file has it."""

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"LINTUI_{self.name.replace('-', '_').upper()}"

    @property
    def attribute(self) -> str:
        """Its name among the preferences."""
        return self.name.replace("-", "_")

    def from_flag(self, text: str) -> object:
        """The value of what was typed behind the flag; raises Mistake."""
        return self._read(text, self.flag, f"{self.flag} {shlex.quote(self.example)}")

    def from_variable(self, text: str) -> object:
        """The value of what stands in the environment; raises Mistake."""
        return self._read(text, self.variable, f"{self.variable}={shlex.quote(self.example)}")

    def from_file(self, value: object, file: str) -> object:
        """The value of what stands in a file; raises Mistake."""
        return self._read(value, f"{self.name} in {file}", f"{self.name} = {self.in_file}")

    def _read(self, value: object, source: str, example: str) -> object:
        try:
            return self.check(value)
        except ValueError as error:
            way_out = str(error) or f"try {example}"
            raise Mistake(f"{source} needs {self.needs}, not {short(repr(value))}; {way_out}") from None


def _theme(value: object) -> str:
    if isinstance(value, str) and value not in THEMES:
        raise ValueError(nearest(value, THEMES))
    return _text(value)


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = _text(value).lower()
    if text not in _YES + _NO:
        raise ValueError
    return text in _YES


def _share(value: object) -> float:
    share = _number(value)
    if not 0 < share <= 1:
        raise ValueError
    return share


def _bytes_a_second(value: object) -> int:
    if isinstance(value, str):
        match = _BANDWIDTH.fullmatch(value.strip())
        if match is None:
            raise ValueError
        amount = float(match[1]) * _UNITS[match[2].lower()]
    else:
        amount = _number(value)
    if not 1 <= amount <= _MOST_BYTES:
        raise ValueError
    return int(amount)


def _conditions(value: object) -> str:
    text = _text(value)
    limits.parse(text)
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError from None
    if not math.isfinite(number):
        raise ValueError
    return number


THEME = Setting("theme", _theme, "the name of a theme", "dark", '"dark"')
ASCII = Setting("ascii", _switch, "yes or no", "1", "true")
BUDGET = Setting("budget", _share, "a share of the time, above 0 and at most 1", "0.1", "0.1")
BANDWIDTH = Setting("bandwidth", _bytes_a_second, "bytes a second, at least 1", "20k", '"20k"')
FAIL_ON = Setting("fail-on", _conditions, "conditions", limits.EXAMPLE, f'"{limits.EXAMPLE}"')

SETTINGS = (THEME, ASCII, BUDGET, BANDWIDTH, FAIL_ON)
