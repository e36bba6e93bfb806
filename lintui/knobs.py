"""What can be changed live: each knob checks what it is given and changes only when the safe point says so."""

import math
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from lintui.events import Declared, Scalar

Choosable = TypeVar("Choosable")


_LARGEST_FLOAT32 = 3.4028234663852886e38


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


def _finite(value: Scalar, label: str) -> float:
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
        _refuse_zero(self.value, self.label)
        return self.set(self.value * _finite(factor, "factor"))

    def _checked(self, value: Scalar) -> float:
        number = _finite(value, self.label)
        if self.low is not None and number < self.low:
            raise Unfit(f"the {self.label} can't be below {self.low:g}; {number:g} was asked for")
        if self.high is not None and number > self.high:
            raise Unfit(f"the {self.label} can't be above {self.high:g}; {number:g} was asked for")
        return number


def _refuse_zero(value: float, label: str) -> None:
    if value == 0:
        raise Unfit(f"the {label} is 0, and 0 times anything is 0; set it to an exact value")


class Choice(Knob, Generic[Choosable]):
    """One of several named things; the loop uses `value`, people speak of `chosen`."""

    def __init__(self, name: str, options: Mapping[str, Choosable], chosen: str, *, label: str = "") -> None:
        """Start from the option called `chosen`; raises Unfit where there is none."""
        self.name = name
        self.label = label or name
        self.options = dict(options)
        self.chosen = self._checked(chosen)

    @property
    def value(self) -> Choosable:
        """The thing that is chosen."""
        return self.options[self.chosen]

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(
            knob=self.name, label=self.label, shape="choice", value=self.chosen, choices=tuple(self.options)
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


class RateFactor(Knob):
    """A factor on the learning rate that the script itself sets for a torch optimizer.

    Schedulers overwrite each other's and everyone's `lr`, so the script's value is never changed for
    long: a hook multiplies it just before the optimizer's step, another puts it back just after. With
    the factor at 1 nothing is touched at all.
    """

    name = "lr.factor"
    label = "learning rate"

    def __init__(self, optimizer: Any) -> None:
        """Hook into `optimizer`, a torch.optim.Optimizer."""
        self.factor = 1.0
        self._optimizer = optimizer
        self._held: list[_Held] = []
        self._taken: float | None = None
        optimizer.register_step_pre_hook(self._multiply)
        optimizer.register_step_post_hook(self._put_back)

    @property
    def base(self) -> float:
        """The script's own learning rate, of the first parameter group."""
        if self._held and self._held[0].is_ours():
            return float(self._held[0].own)
        return float(self._optimizer.param_groups[0]["lr"])

    @property
    def value(self) -> float:
        """The learning rate that the next step will take, of the first parameter group."""
        return self.base * self.factor

    @property
    def taken(self) -> float:
        """The learning rate that the last step was made with, whatever the schedule has done since."""
        return self.value if self._taken is None else self._taken

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(knob=self.name, label=self.label, shape="factor", value=self.factor, low=0.0, base=self.base)

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Take a factor of at least 0; raises Unfit."""
        number = _finite(value, "factor on the learning rate")
        if number < 0:
            raise Unfit(f"the factor on the learning rate can't be below 0; {number:g} was asked for")
        if self.base * number > _LARGEST_FLOAT32:
            raise Unfit(f"a learning rate of {self.base * number:g} is more than a 32-bit number can hold")
        old, self.factor = self.factor, number
        return old, number

    def scale(self, factor: float) -> tuple[Scalar, Scalar]:
        """Multiply the factor; raises Unfit at zero."""
        _refuse_zero(self.factor, self.label)
        return self.set(self.factor * _finite(factor, "factor"))

    def set_exactly(self, rate: Scalar) -> tuple[Scalar, Scalar]:
        """Choose the factor that makes the present learning rate `rate`; raises Unfit."""
        wanted = _finite(rate, self.label)
        if wanted < 0:
            raise Unfit(f"the learning rate can't be below 0; {wanted:g} was asked for")
        if self.base == 0:
            raise Unfit("the script's own learning rate is 0 at the moment; try again when it is not")
        return self.set(wanted / self.base)

    def _multiply(self, *_: Any) -> None:
        if self._held:  # the last step raised before its post-hook ran
            self._held = [held for held in self._held if held.is_ours()]
            self._put_back()
        self._taken = self.value
        if self.factor == 1.0:
            return
        shared: set[int] = set()
        for group in self._optimizer.param_groups:
            rate = group["lr"]
            if id(rate) in shared:
                continue
            if hasattr(rate, "mul_"):
                shared.add(id(rate))
                own = rate.clone()
                rate.mul_(self.factor)
                self._held.append(_Held(group, own, rate.clone()))
            else:
                group["lr"] = rate * self.factor
                self._held.append(_Held(group, rate, group["lr"]))

    def _put_back(self, *_: Any) -> None:
        for held in self._held:
            held.put_back()
        self._held.clear()


class _Held(NamedTuple):
    """The learning rate that a script set for a group, while another is in its place."""

    group: dict[str, Any]
    own: Any
    ours: Any

    def is_ours(self) -> bool:
        """Whether the script has not set another one meanwhile."""
        return bool(self.group["lr"] == self.ours)

    def put_back(self) -> None:
        """Give the group what is the script's."""
        if hasattr(self.own, "mul_"):
            self.group["lr"].copy_(self.own)
        else:
            self.group["lr"] = self.own
