"""What there is to turn of the torch optimizers of a training, and what it is called where there are several.

Knobs are made here; who turns them, and when, is not known.
"""

from collections.abc import Container, Sequence
from typing import Any

from lintui.knobs import Knob
from lintui.optimizer import settings
from lintui.rate import RateFactor, Rates

_GROUPS = 32
"""Parameter groups that get a learning rate of their own to turn at most; beyond, all are turned together."""


def offered(steered: Sequence[Rates], name: str, known: Container[str]) -> list[Knob]:
    """The rates and settings of the newest of the optimizers that are steered, which may have a name.

    One of several that has none is called by its place, from 1. So is the first as soon as there is a second, unless
    it is `known` by that already: it is offered along with it.
    """
    newest = steered[-1]
    knobs: list[Knob] = []
    if not name and len(steered) > 1:
        name = str(len(steered))
        if len(steered) == 2 and "1.lr.factor" not in known:
            knobs.append(RateFactor(steered[0], name="1.lr.factor", label="learning rate of 1"))
    prefix = f"{name}." if name else ""
    if name:
        knobs.append(RateFactor(newest, name=f"{prefix}lr.factor", label=f"learning rate of {name}"))
    called = _groups(newest.optimizer)
    if 1 < len(called) <= _GROUPS:
        for place, group in enumerate(called):
            label = f"learning rate of {prefix}{group}"
            knobs.append(RateFactor(newest, group=place, name=f"{prefix}lr.factor[{group}]", label=label))
    return [*knobs, *settings(newest.optimizer, prefix=prefix)]


def _groups(optimizer: Any) -> list[str]:
    """The names of its parameter groups: what each calls itself, else its place, from 0."""
    called = [str(group.get("name", place)) for place, group in enumerate(optimizer.param_groups)]
    return called if len({*called}) == len(called) else [str(place) for place in range(len(called))]
