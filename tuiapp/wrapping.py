"""Styled lines broken at words into rows of a width, the later ones indented; without knowing what they say."""

import re
from functools import lru_cache

from rich.cells import cell_len
from rich.style import Style
from rich.text import Span, Text

_MOST = 20
"""Rows that are made of a line at most; the last then shows that it goes on."""
_KEPT = 8192
"""Lines of which the rows are kept, more than a run keeps of what happened."""
_PIECE = re.compile(" +|[^ ]+")


def wrapped(line: Text, width: int, indent: int) -> list[Text]:
    """The line itself where it fits into `width` cells, else rows of that many at most.

    Rows after the first begin with `indent` blanks, as far as that leaves half of the width. A word that is
    longer than such a row is cut. Blanks at the end of a row are left out.
    """
    if width < 2 or line.cell_len <= width:
        return [line]
    return [*_wrapped(line.plain, line.style, tuple(line.spans), width, min(indent, width // 2))]


@lru_cache(maxsize=_KEPT)
def _wrapped(plain: str, style: str | Style, spans: tuple[Span, ...], width: int, indent: int) -> tuple[Text, ...]:
    """Kept, for what happened is shown twice a second, and little of it is new; nobody changes the rows."""
    breaks = _breaks(plain, width, indent)
    pieces = Text(plain, style, spans=[*spans]).divide(breaks[:_MOST])
    rows = [pieces[0], *(Text(" " * indent).append_text(piece) for piece in pieces[1:_MOST])]
    for row in rows:
        row.rstrip()
    if len(pieces) > _MOST:
        rows[-1].truncate(width - 1)
        rows[-1].append("…")
    return tuple(rows)


def _breaks(plain: str, width: int, indent: int) -> list[int]:
    """Where rows after the first begin."""
    breaks: list[int] = []
    taken, room = 0, width
    for piece in _PIECE.finditer(plain):
        cells = cell_len(piece[0])
        if taken + cells <= room:
            taken += cells
        elif piece[0][0] == " ":
            taken = room
        elif cells <= width - indent:
            breaks.append(piece.start())
            taken, room = cells, width - indent
        else:
            for place, character in enumerate(piece[0], piece.start()):
                wide = cell_len(character)
                if taken and taken + wide > room:
                    breaks.append(place)
                    taken, room = 0, width - indent
                taken += wide
    return breaks
