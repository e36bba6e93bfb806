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
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_line(text: str, limit: int = NAME_LIMIT) -> str:
    """One line of at most `limit` characters; line ends are shown as symbols."""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    # Names come again and again; what is longer than any name does not, and is not kept.
    return _clean_name(text, limit) if len(text) <= 2 * NAME_LIMIT else _clean(text, limit, keep="")


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Several lines of at most `limit` characters in all; tabs become four spaces."""
    return _clean(text[: 4 * limit].replace("\r\n", "\n").replace("\t", "    "), limit, keep="\n")


@lru_cache(maxsize=1024)
def _clean_name(text: str, limit: int) -> str:
    return _clean(text, limit, keep="")


def _clean(text: str, limit: int, keep: str) -> str:
    shown: list[str] = []
    marks = 0
    for character in text[: 4 * limit]:
        category = unicodedata.category(character)
        if category in _DROPPED:
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MARKS_IN_A_ROW:
            continue
        shown.append(_visible(character) if category == "Cc" and character not in keep else character)
        if len(shown) > limit:
            break
    if len(shown) > limit or len(text) > 4 * limit:
        return "".join(shown[: limit - 1]) + "…"
    return "".join(shown)


def _visible(control: str) -> str:
    code = ord(control)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"
