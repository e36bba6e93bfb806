"""Names and numbers as people type them, each answered with one line where they don't fit; without any parser."""

import math
from collections.abc import Callable, Iterable
from difflib import get_close_matches

_LARGEST = 2**30
"""Whole numbers are below this, so that a seed gives each of its random streams a 32-bit seed of its own."""


class Mistake(Exception):
    """What was asked for can't be done; the text is one line that says what to do."""

    exit_code = 2


class NotThere(Mistake):
    """A run or a file isn't there, can't be read, or doesn't go on."""

    exit_code = 4


def number(option: str, *, least: float) -> Callable[[str], float]:
    """Reads a finite number of at least `least`; what it returns raises Mistake."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise Mistake(f"{option} needs a number, not {short(text)!r}; try {option} 0.01") from None
        if not math.isfinite(value) or value < least:
            raise Mistake(
                f"{option} needs a finite number of at least {least:g}, not {short(text)!r}; try {option} 0.01"
            )
        return value

    return parse


MOST_RATES = 6
"""Learning rates side by side at most: as many as a chart can tell apart."""


def rates(text: str) -> tuple[float, ...]:
    """Reads learning rates with commas between them; raises Mistake."""
    parts = [part.strip() for part in text.split(",")]
    values = tuple(number("--lr", least=0.0)(part) for part in parts)
    for i, value in enumerate(values):
        if value in values[:i]:
            raise Mistake(f"--lr names {value:g} twice; give each learning rate once")
    if len(values) > MOST_RATES:
        raise Mistake(f"--lr takes {MOST_RATES} learning rates at most, not {len(values)}; leave some out")
    return values


def whole(option: str, *, least: int) -> Callable[[str], int]:
    """Reads a whole number from `least`; what it returns raises Mistake."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise Mistake(
                f"{option} needs a whole number, not {short(text)!r}; try {option} {max(least, 1)}"
            ) from None
        if not least <= value < _LARGEST:
            raise Mistake(
                f"{option} needs a whole number from {least}, not {short(text)}; try {option} {max(least, 1)}"
            )
        return value

    return parse


def one_of(what: str, asked: str, known: Iterable[str]) -> str:
    """What was asked for, if it is among those known; raises Mistake, which names the nearest or else all."""
    known = list(known)
    if asked in known:
        return asked
    raise Mistake(f"there is no {what} called {short(asked)!r}; {nearest(asked, known)}")


def nearest(asked: str, known: Iterable[str]) -> str:
    """The way out of a name that isn't there: the one that looks like it, or else all there are."""
    known = list(known)
    near = get_close_matches(asked, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"


def short(text: str) -> str:
    """What was typed, cut to 40 characters."""
    return text if len(text) <= 40 else f"{text[:39]}…"
