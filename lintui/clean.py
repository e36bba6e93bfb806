"""Text from outside, made harmless for any terminal, without knowing where it is shown.

What a terminal could take for a command (C0, C1, DEL) becomes visible; what only confuses the eye
(bidirectional and zero-width characters, lone surrogates) is dropped; piles of combining marks and
length are capped.
"""

import unicodedata
from functools import lru_cache

NAME_LIMIT = 256
TEXT_LIMIT = 64 * 1024
_MARKS_IN_A_ROW = 3


def clean_line(text: str, limit: int = NAME_LIMIT) -> str:
    """One line of at most `limit` characters; line ends are shown as symbols."""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    return _clean(text, limit, keep="")


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Several lines of at most `limit` characters in all; tabs become four spaces."""
    return _clean(text.replace("\r\n", "\n").replace("\t", "    "), limit, keep="\n")


@lru_cache(maxsize=4096)
def _clean(text: str, limit: int, keep: str) -> str:
    # One character more than the limit is looked at, so that what is cut can be seen to be cut.
    shown: list[str] = []
    marks = 0
    for character in text[: 4 * limit]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in keep:
            shown.append(character)
        elif category == "Cc":
            code = ord(character)
            shown.append(chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�")
        elif category in ("Cf", "Cs", "Co", "Cn", "Zl", "Zp") or marks > _MARKS_IN_A_ROW:
            continue
        else:
            shown.append(character)
        if len(shown) > limit:
            return "".join(shown[: limit - 1]) + "…"
    return "".join(shown)
