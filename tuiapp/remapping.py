"""The table of keys as a person has it: other keys for some rows, refused where that would leave no way out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tuiapp import keynames
from tuiapp.keymap import KEYS, Key
from tuiapp.options import nearest

_WAYS_OUT = ("ctrl+q", "ctrl+c")
_PALETTE = "ctrl+p"


def table(remapping: Mapping[str, str]) -> tuple[Key, ...]:
    """The rows with other keys, from a row's name to comma-separated keys; raises ValueError, a line each.

    Leaving stays on ctrl+q and ctrl+c whatever is asked for.
    """
    rows = {row.name: row for row in KEYS}
    for name, typed in remapping.items():
        if name not in rows:
            raise ValueError(f"no action is called {name!r}; {nearest(name, rows)}")
        rows[name] = _with_keys(rows[name], typed)
    bound: dict[str, str] = {}
    for row in rows.values():
        for key in row.keys.split(","):
            if key in bound:
                both = f"{keynames.shown(key)} is bound to both {bound[key]} and {row.name}"
                raise ValueError(f"{both}; give one of them another key")
            bound[key] = row.name
    return tuple(rows.values())


def _with_keys(row: Key, typed: str) -> Key:
    """The row on other keys."""
    keys = [keynames.named(key.strip()) for key in typed.split(",")]
    if row.action == "leave":
        keys += _WAYS_OUT
    elif taken := [key for key in keys if key in _WAYS_OUT]:
        raise ValueError(f"{taken[0]} always leaves; give {row.name} another key")
    if _PALETTE in keys:
        raise ValueError(f"{_PALETTE} is the command palette; give {row.name} another key")
    return replace(row, keys=",".join(dict.fromkeys(keys)), shown=keynames.shown(keys[0]))


def changed(rows: Iterable[Key]) -> dict[str, str]:
    """The keys of the rows that are not as they come, by name: a keymap for Textual."""
    return {row.name: row.keys for row in rows if row not in KEYS}
