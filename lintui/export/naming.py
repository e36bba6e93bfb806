"""What a series is called where names have no structure: "train/loss", each name once."""

from collections.abc import Iterable

from lintui.known import Key


def named(keys: Iterable[Key], taken: Iterable[str] = ()) -> dict[Key, str]:
    """A name for each series: split, name, and the rank of all but the first; no two alike, none of those `taken`."""
    names: dict[Key, str] = {}
    used = {*taken}
    counts: dict[str, int] = {}
    for key in keys:
        plain = f"{key.split}/{key.name}" if key.split else key.name
        plain = name = f"{plain}/rank{key.rank}" if key.rank else plain
        while name in used:
            counts[plain] = counts.get(plain, 1) + 1
            name = f"{plain} ({counts[plain]})"
        used.add(name)
        names[key] = name
    return names
