"""Keys as people write and read them, and as Textual names them, without loading it."""

import re
import unicodedata

_MODIFIERS = re.compile(r"((?:(?:alt|ctrl|hyper|meta|shift|super)\+)*)(.+)", re.IGNORECASE | re.DOTALL)
_NAMES = frozenset(
    {"backspace", "delete", "down", "end", "enter", "escape", "home", "insert", "left", "pagedown", "pageup"}
    | {"right", "space", "tab", "up"}
    | {f"f{number}" for number in range(1, 25)}
)
_SHORTER = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SAME = {"ctrl+h": "backspace", "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
"""What most terminals can't tell apart."""


def _name(character: str) -> str:
    """Textual's name of a character: letters and digits stand for themselves."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORTER.get(name, name)


_CHARACTERS = {_name(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def named(text: str) -> str:
    """Textual's name for a key such as "S", "+", "ctrl+s" or "esc"; raises ValueError with the way out."""
    match = _MODIFIERS.fullmatch(text)
    modifiers = set(match[1].lower().split("+")) - {""} if match else set()
    typed = match[2] if match else ""
    key = _name(typed) if len(typed) == 1 else typed.lower().replace("-", "_")
    key = {"esc": "escape"}.get(key, key)
    if not (key in _NAMES or key in _CHARACTERS or (len(typed) == 1 and typed.isprintable() and key)):
        raise ValueError(f"{text!r} is no key; a key is such as s, S, +, space, f2 or ctrl+s")
    if len(key) == 1 and modifiers:
        # Shift and a letter is the capital; with control, capitals are the same as small letters.
        key = key.upper() if modifiers == {"shift"} else key.lower()
        modifiers -= {"shift"} if modifiers == {"shift"} else set()
    name = "+".join([*sorted(modifiers), key])
    if name in _SAME:
        raise ValueError(f"to a terminal {text} is {_SAME[name]}; name that, or another key")
    return "ctrl+@" if name == "ctrl+at" else name


def shown(name: str) -> str:
    """How a key of Textual's name is printed: "plus" as +, "escape" as esc, "ctrl+s" as it is."""
    *modifiers, key = name.split("+")
    return "+".join([*modifiers, "esc" if key == "escape" else _CHARACTERS.get(key, key)])
