"""Text for the clipboard of whoever sits at the terminal, as the bytes that ask for it, without sending them.

OSC 52 reaches the person's own machine over SSH too. tmux and GNU screen keep it to themselves unless
it is wrapped in their own way.
"""

import base64
from collections.abc import Iterable, Mapping

from lintui.clean import clean_line

LIMIT = 100_000
"""Characters of base64 at most: what terminals take is not much more."""
MOST_TEXT = 1_000_000
_PIECE = 240
"""GNU screen gives up a string that is longer than 256 bytes in its oldest versions."""


def cleaned(rows: Iterable[str]) -> str:
    """Rows as text that commands no terminal, each with its newline, of at most MOST_TEXT characters."""
    taken: list[str] = []
    room = MOST_TEXT
    for row in rows:
        line = clean_line(row.rstrip()[:room], room)
        room -= len(line) + 1
        if room <= 0:
            break
        taken.append(f"{line}\n")
    return "".join(taken)


def fits(text: str) -> bool:
    """Whether the text is short enough for a clipboard that is reached through a terminal."""
    return len(_base64(text)) <= LIMIT


def request(text: str, environment: Mapping[str, str]) -> str:
    """What to write to a terminal so that it puts `text` on the clipboard; empty where the text does not fit."""
    if not fits(text):
        return ""
    plain = f"\x1b]52;c;{_base64(text)}\x07"
    if environment.get("TMUX"):
        # One of the two is heard, depending on tmux's own settings.
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\{plain}"
    if environment.get("STY"):
        pieces = (plain[i : i + _PIECE] for i in range(0, len(plain), _PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
