"""The losses by name: which task each is for, what it is in a few words, and its other names; without torch."""

from collections.abc import Iterable
from typing import NamedTuple


class Named(NamedTuple):
    """What can be said of a loss."""

    words: str
    """Of one sample, as a person writes it down."""
    others: tuple[str, ...] = ()
    """What else people call the very same."""


REGRESSION = {
    "half-squared": Named("error² / 2", ("l2",)),
    "mse": Named("error²"),
    "l1": Named("|error|", ("mae",)),
    # With a border at 1, where torch's `SmoothL1Loss` and `HuberLoss` have theirs, they are one.
    "huber": Named("error² / 2 up to 1, |error| − 1/2 beyond", ("smooth-l1",)),
}
CLASSIFICATION = {
    "cross-entropy": Named("−log of the probability given to the truth", ("ce",)),
    "squared-error": Named("(probability − truth)², summed over the classes", ("brier",)),
}
WORDS = {name: loss.words for name, loss in {**REGRESSION, **CLASSIFICATION}.items()}
"""What each loss is, in a few words."""


def find(asked: str, fitting: Iterable[str]) -> str | None:
    """The loss among those `fitting` that somebody means; None: none of them.

    Capitals, dashes, underlines and spaces don't matter.
    """
    known = {**REGRESSION, **CLASSIFICATION}
    for name in fitting:
        if _squeezed(asked) in map(_squeezed, (name, *known[name].others)):
            return name
    return None


def _squeezed(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in "-_ ")
