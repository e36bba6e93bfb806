"""A screen of nothing but ASCII: a stand-in for every other character, in the same cells; without redrawing anything.

Charts draw their curves in ASCII by themselves (charts.py); everything else goes through here on its way out.
"""

import locale
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_TABLE = {
    # words and numbers
    **dict(zip("…×÷·–—−→←↑↓›‹‘’“”Δµπ±≤≥≈∞√", "~x/*---><^v><''\"\"dup+<>~8V", strict=True)),
    # signs
    **dict(zip("▶‖■✗✓●○▲▼▴▾△◆□◇✦", ">|#Xvo0^V^vA*[+%", strict=True)),
    # sparklines, from low to high
    **dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True)),
    # bars, borders and axes
    **dict(zip("━─┄┅┈┉╌═▔▀", "=------=--", strict=True)),
    **dict(zip("│┃┆┇┊┋╎║▏▎▍▌▋▊▉▐▕", "||::::|||||||||||", strict=True)),
}
"""The stand-ins, each for one cell."""
_BOX = range(0x2500, 0x2580)
_BRAILLE = range(0x2800, 0x2900)


class Ascii(LineFilter):
    """Turns every line into ASCII of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, or new ones where something was not ASCII."""
        if all(text.isascii() for text, _, _ in segments):
            return segments
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]


def in_ascii(text: str) -> str:
    """The text in exactly as many cells; what has no stand-in becomes a question mark for each cell."""
    if text.isascii():
        return text
    shown, width = "".join(map(_stand_in, text)), cell_len(text)
    return shown if cell_len(shown) == width else set_cell_size(shown, width)


@lru_cache(maxsize=4096)
def _stand_in(character: str) -> str:
    if character.isascii() or character in _TABLE:
        return _TABLE.get(character, character)
    if ord(character) in _BOX:
        return "+"
    if ord(character) in _BRAILLE:
        return ":" if character != "\N{BRAILLE PATTERN BLANK}" else " "
    width = cell_len(character)
    # An accent goes, a letter that was put into a circle comes out of it.
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain if plain.isprintable() and len(plain) == width else "?" * width


def is_all_there_is() -> bool:
    """Whether the terminal's encoding, as the locale has it, knows no braille."""
    try:
        "\N{BRAILLE PATTERN DOTS-12345678}".encode(locale.getencoding())
    except (UnicodeEncodeError, LookupError):
        return True
    return False
