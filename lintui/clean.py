"""Text from outside, made harmless for any terminal, without knowing where it is shown.

What a terminal could take for a command (C0, C1, DEL) becomes visible; what only confuses the eye
(bidirectional and zero-width characters, fillers, lone surrogates) is dropped; piles of combining marks and
length are capped.
"""

import re
import unicodedata
from functools import lru_cache

NAME_LIMIT = 256
TEXT_LIMIT = 64 * 1024
_MARKS_IN_A_ROW = 3
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters without a shape, on whose width no two terminals agree: what stands behind them would be drawn beside its
place."""
_MARKS = frozenset({"Mn", "Me"})
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"} | dict.fromkeys(range(0x80, 0xA0), "�")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ASCII_CONTROLS = {keep: {code: sign for code, sign in _CONTROLS.items() if chr(code) != keep} for keep in ("", "\n")}


def clean_line(text: str, limit: int = NAME_LIMIT) -> str:
    """One line of at most `limit` characters; line ends are shown as symbols."""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    # Names come again and again; what is longer than any name does not, and is not kept.
    return _clean_name(text, limit) if len(text) <= 2 * NAME_LIMIT else _clean(text, limit, keep="")


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Several lines of at most `limit` characters in all; tabs become four spaces."""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    return _clean(text[: 4 * limit].replace("\r\n", "\n").replace("\t", "    "), limit, keep="\n")


def without_sequences(text: str) -> str:
    """What is left of a text that was meant for a terminal without its colours and cursor moves."""
    return _SEQUENCE.sub("", text)


@lru_cache(maxsize=1024)
def _clean_name(text: str, limit: int) -> str:
    return _clean(text, limit, keep="")


def _clean(text: str, limit: int, keep: str) -> str:
    looked_at = text[: 4 * limit]
    if looked_at.isascii():  # as nearly all output is: a table does in one call what the loop takes long for
        shown = looked_at.translate(_ASCII_CONTROLS[keep])
    else:
        shown = _without_what_deceives(looked_at, limit, keep)
    if len(shown) > limit or len(text) > 4 * limit:
        return shown[: limit - 1] + "…"
    return shown


def _without_what_deceives(text: str, limit: int, keep: str) -> str:
    """The beginning of the text, cleaned: all of it, or more than `limit` characters."""
    category_of = unicodedata.category
    shown: list[str] = []
    marks = 0
    for character in text:
        category = category_of(character)
        if category in _DROPPED or character in _FILLERS:
            continue
        marks = marks + 1 if category in _MARKS else 0
        if marks > _MARKS_IN_A_ROW:
            continue
        shown.append(_CONTROLS[ord(character)] if category == "Cc" and character not in keep else character)
        if len(shown) > limit:
            break
    return "".join(shown)
