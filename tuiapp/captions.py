"""The names of a chart's curves laid out in rows above it, so that all of them fit; without drawing them."""

from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from tuiapp.shortening import shortened

_SIGN, _GAP = 2, 3
"""Cells of a sign and the blank behind it, and cells between two captions."""
_SHORTEST = 6
"""Cells below which no name is cut."""


class Caption(NamedTuple):
    """Where one curve's name stands, and what is written there."""

    column: int
    row: int
    text: str


@lru_cache(maxsize=64)
def lay_out(names: tuple[tuple[str, str], ...], width: int, rows: int) -> tuple[Caption, ...]:
    """A caption for each name and what is said behind it, in at most `rows` rows of `width` cells, from the left.

    Names are cut in their middle only where they would not all fit otherwise; those for which there is no
    room even so are left out, the last first.
    """
    longest = min(max((cell_len(name) for name, _ in names), default=0), max(width - _SIGN, 1))
    captions: tuple[Caption, ...] = ()
    for limit in range(longest, min(longest, _SHORTEST) - 1, -1):
        cut = shortened([name for name, _ in names], limit) if limit else [""] * len(names)
        captions = _flow([name + said for name, (_, said) in zip(cut, names, strict=True)], width, rows)
        if len(captions) == len(names):
            break
    return captions


def _flow(texts: list[str], width: int, rows: int) -> tuple[Caption, ...]:
    """One behind the other, from row to row, as many as there is room for."""
    captions: list[Caption] = []
    column = row = 0
    for text in texts:
        wide = _SIGN + cell_len(text)
        if column and column + wide > width:
            column, row = 0, row + 1
        if row >= rows or wide > width:
            break
        captions.append(Caption(column, row, text))
        column += wide + _GAP
    return tuple(captions)
