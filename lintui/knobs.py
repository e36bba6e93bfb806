"""What can be changed live: each knob checks what it is given and changes only when the safe point says so."""

import math
from collections.abc import Mapping
from typing import Generic, TypeVar

from lintui.events import Declared, Scalar

Choosable = TypeVar("Choosable")


class Unfit(ValueError):
    """A knob can't take this value; the text says why, in words for the person who turned it."""


class Knob:
    """Something with a name that can be set and, if it is numeric, scaled."""

    name: str
    label: str

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        raise NotImplementedError

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Take the value and return old and new; raises Unfit and then changes nothing."""
        raise NotImplementedError

    def scale(self, factor: float) -> tuple[Scalar, Scalar]:
        """Multiply the value and return old and new; raises Unfit and then changes nothing."""
        raise Unfit(f"the {self.label} is no number and can't be multiplied")


def finite(value: Scalar, label: str) -> float:
    """The value as a float; raises Unfit for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(f"the {label} must be a number, not {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Unfit(f"the {label} must be finite, not {number}")
    return number


class Number(Knob):
    """A number between `low` and `high`, both included."""

    def __init__(self, name: str, value: float, *, label: str = "", low: float | None, high: float | None) -> None:
        """Start from `value`; raises Unfit where it doesn't lie between the bounds."""
        self.name = name
        self.label = label or name
        self.low = low
        self.high = high
        self.value = self._checked(value)

    @property
    def taken(self) -> float:
        """The value that the last step was made with."""
        return self.value

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(
            knob=self.name, label=self.label, shape="number", value=self.value, low=self.low, high=self.high
        )

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Take the value; raises Unfit for what is no finite number between the bounds."""
        old, self.value = self.value, self._checked(value)
        return old, self.value

    def scale(self, factor: float) -> tuple[Scalar, Scalar]:
        """Multiply the value; raises Unfit at zero and beyond the bounds."""
        refuse_zero(self.value, self.label)
        return self.set(self.value * finite(factor, "factor"))

    def _checked(self, value: Scalar) -> float:
        number = finite(value, self.label)
        if self.low is not None and number < self.low:
            raise Unfit(f"the {self.label} can't be below {self.low:g}; {number:g} was asked for")
        if self.high is not None and number > self.high:
            raise Unfit(f"the {self.label} can't be above {self.high:g}; {number:g} was asked for")
        return number


def refuse_zero(value: float, label: str) -> None:
    """Raise Unfit where multiplying can't change anything."""
    if value == 0:
        raise Unfit(f"the {label} is 0, and 0 times anything is 0; set it to an exact value")


class Choice(Knob, Generic[Choosable]):
    """One of several named things; the loop uses `value`, people speak of `chosen`."""

    def __init__(
        self,
        name: str,
        options: Mapping[str, Choosable],
        chosen: str,
        *,
        label: str = "",
        words: Mapping[str, str] | None = None,
    ) -> None:
        """Start from the option called `chosen`; raises Unfit where there is none.

        `words` says by an option's name what it is.
        """
        self.name = name
        self.label = label or name
        self.options = dict(options)
        self.words = tuple(words.get(option, "") for option in options) if words else ()
        self.chosen = self._checked(chosen)

    @property
    def value(self) -> Choosable:
        """The thing that is chosen."""
        return self.options[self.chosen]

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(
            knob=self.name,
            label=self.label,
            shape="choice",
            value=self.chosen,
            choices=tuple(self.options),
            words=self.words,
        )

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Choose by name; raises Unfit for a name that is not among the options."""
        old, self.chosen = self.chosen, self._checked(value)
        return old, self.chosen

    def _checked(self, value: Scalar) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise Unfit(f"there is no {self.label} called {value!r}; there are {', '.join(self.options)}")
        return value


class Switch(Knob):
    """On or off."""

    def __init__(self, name: str, *, label: str = "") -> None:
        """Start off."""
        self.name = name
        self.label = label or name
        self.value = False

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(knob=self.name, label=self.label, shape="switch", value=self.value)

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Switch; raises Unfit for what is neither true nor false."""
        if not isinstance(value, bool):
            raise Unfit(f"{self.label} is either true or false, not {value!r}")
        old, self.value = self.value, value
        return old, value
