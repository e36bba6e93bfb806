"""Names cut to a width in their middle so that no two of them look alike; without knowing what they name."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

_CUT = "…"


def shortened(names: Sequence[str], width: int) -> list[str]:
    """Each name in at most `width` cells (at least 1): whole where it fits, else with its middle left out.

    What they all begin and end with goes first. Different names stay different as long as there is room to
    number them.
    """
    distinct = list(dict.fromkeys(names))
    for ways in (_cut_in_the_middle(distinct, width), _cut_around(distinct, width)):
        for cut in ways:
            if len({*cut}) == len(distinct):
                return [dict(zip(distinct, cut, strict=True))[name] for name in names]
    numbered = {name: _numbered(name, i, width) for i, name in enumerate(distinct, 1)}
    return [numbered[name] for name in names]


def _cut_in_the_middle(names: Sequence[str], width: int) -> Iterable[list[str]]:
    """With as much of the beginning as of the end, then more of the one and less of the other."""
    room = width - 1
    if room < 1:
        yield [name if cell_len(name) <= width else _CUT for name in names]
        return
    for head in sorted(range(room + 1), key=lambda head: abs(2 * head - room)):
        yield [_cut(name, head, room - head) if cell_len(name) > width else name for name in names]


def _cut_around(names: Sequence[str], width: int) -> Iterable[list[str]]:
    """What differs between them, without what they all begin and end with."""
    shared = next((i for i, found in enumerate(zip(*names, strict=False)) if len({*found}) > 1), 0)
    rest = [name[shared:] for name in names]
    if width > 2 and shared:
        for inner in _cut_in_the_middle(rest, width - 1):
            yield [_CUT + part if cell_len(name) > width else name for name, part in zip(names, inner, strict=True)]


def _cut(name: str, head: int, tail: int) -> str:
    return f"{_fitting(name, head)}{_CUT}{_fitting(name[::-1], tail)[::-1]}"


def _fitting(text: str, cells: int) -> str:
    """The beginning of a text that takes no more than so many cells."""
    end, taken = 0, 0
    for character in text:
        taken += cell_len(character)
        if taken > cells:
            break
        end += 1
    return text[:end]


def _numbered(name: str, number: int, width: int) -> str:
    end = f"{_CUT}{number}"
    return (_fitting(name, width - len(end)) + end) if len(end) <= width else _fitting(str(number), width)
