"""The second wall: whatever control has got into a line after all goes no further; without cleaning anything else.

Text is made harmless where it enters (clean.py). Here, at the way out, stands what was forgotten there.
"""

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

STAND_IN = "\N{REPLACEMENT CHARACTER}"
_SCROLL_BAR = {"grab", "scroll_up", "scroll_down"}
"""What a scroll bar says of its own cells, and the only actions that a line may carry."""


class Wall(LineFilter):
    """Replaces controls by as many cells of stand-ins, and drops links and actions."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, or new ones where something was in them."""
        if all(
            text.isprintable() and not control and (style is None or not (style.meta or style.link))
            for text, style, control in segments
        ):
            return segments
        return [Segment(harmless(text), style and _plain(style)) for text, style, _ in segments]


def harmless(text: str) -> str:
    """The text in exactly as many cells, without a character that a terminal could obey or hide."""
    if text.isprintable():
        return text
    shown = "".join(character if _is_harmless(character) else STAND_IN * cell_len(character) for character in text)
    # What a joiner held together, or pushed apart, now takes other cells.
    width = cell_len(text)
    return shown if cell_len(shown) == width else set_cell_size(shown, width)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


@lru_cache(maxsize=1024)
def _plain(style: Style) -> Style:
    meta = style.meta
    harmless = all(not name.startswith("@") or action in _SCROLL_BAR for name, action in meta.items())
    return style if harmless and not style.link else style.clear_meta_and_links()
