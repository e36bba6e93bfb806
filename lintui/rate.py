"""A factor on the learning rate of a torch optimizer, which no schedule can overwrite, without torch itself."""

import math
import weakref
from typing import Any, NamedTuple

from lintui.events import Declared, Scalar
from lintui.knobs import Knob, Unfit, finite, refuse_zero

_LARGEST_FLOAT32 = 3.4028234663852886e38
_STEERED: "weakref.WeakSet[Any]" = weakref.WeakSet()
"""Optimizers whose rates are multiplied: two who put the script's own value back would put back each other's."""


class Rates:
    """The learning rates of one torch optimizer, multiplied for its steps and the script's own between them.

    Schedulers overwrite each other's and everyone's `lr`, so the script's value is never changed for
    long: a hook multiplies it just before the optimizer's step, another puts it back just after. With
    every factor at 1 nothing is touched at all.
    """

    def __init__(self, optimizer: Any) -> None:
        """Hook into `optimizer`, a torch.optim.Optimizer; raises Unfit where its rates are steered already."""
        if optimizer in _STEERED:
            raise Unfit("another run steers the learning rate of this optimizer already")
        self.optimizer = optimizer
        self.factors: list[RateFactor] = []
        """What multiplies them: each of them all groups, or one."""
        self.taken: Any = None
        """The first group's rate in the last step, a number or an unfetched tensor; None before the first."""
        self._turned = False
        """Whether any factor is not 1."""
        self._held: list[_Held] = []
        optimizer.register_step_pre_hook(self._multiply)
        optimizer.register_step_post_hook(self._put_back)
        _STEERED.add(optimizer)

    def release(self) -> None:
        """Leave the optimizer to its script, from any thread; a step that is under way is made as it was begun.

        The hooks stay, and do nothing: while a step goes through them, none can be taken away.
        """
        self.factors.clear()
        self.attend()
        _STEERED.discard(self.optimizer)

    def attend(self) -> None:
        """One of the factors has changed, or there is one more."""
        self._turned = any(factor.factor != 1.0 for factor in self.factors)

    def own(self, place: int) -> float:
        """The script's own learning rate of a parameter group."""
        group = self.optimizer.param_groups[place]
        for held in self._held:
            if held.group is group and held.is_ours():
                return float(held.own)
        return float(group["lr"])

    def factor(self, place: int, *, but: "RateFactor | None" = None) -> float:
        """What the rate of a parameter group is multiplied by, all in all, or leaving one factor out."""
        return math.prod(f.factor for f in self.factors if f is not but and f.group in (None, place))

    def _multiply(self, *_: Any) -> None:
        if self._held:  # the last step raised before its post-hook ran
            self._held = [held for held in self._held if held.is_ours()]
            self._put_back()
        groups = self.optimizer.param_groups
        # A schedule changes a tensor in place, and to ask for its value now would make the step wait for a device.
        first = groups[0]["lr"]
        self.taken = first if type(first) is float or not hasattr(first, "mul_") else first.detach().clone()
        if not self._turned:
            return
        self.taken = self.taken * self.factor(0)
        shared: set[int] = set()
        for place, group in enumerate(groups):
            rate = group["lr"]
            if id(rate) in shared:
                continue
            factor = self.factor(place)
            if hasattr(rate, "mul_"):
                shared.add(id(rate))
                own = rate.clone()
                rate.mul_(factor)
                self._held.append(_Held(group, own, rate.clone()))
            else:
                group["lr"] = rate * factor
                self._held.append(_Held(group, rate, group["lr"]))

    def _put_back(self, *_: Any) -> None:
        if self._held:
            for held in self._held:
                held.put_back()
            self._held.clear()


class RateFactor(Knob):
    """A factor on learning rates that a script sets for torch optimizers: all their groups', or one group's.

    Several factors on the same rate multiply. A tensor that several groups share is one learning rate: it
    takes the factor of the first of them.
    """

    def __init__(
        self, *rates: Rates, group: int | None = None, name: str = "lr.factor", label: str = "learning rate"
    ) -> None:
        """Multiply these rates, of which there is at least one; `group` is the place of a parameter group."""
        self.name = name
        self.label = label
        self.factor = 1.0
        self.group = group
        self._rates: list[Rates] = []
        for one in rates:
            self.cover(one)

    def cover(self, rates: Rates) -> None:
        """Multiply these as well."""
        self._rates.append(rates)
        rates.factors.append(self)
        rates.attend()

    @property
    def base(self) -> float:
        """What it multiplies, of the first parameter group: the script's own rate, times the other factors on it."""
        first, place = self._rates[0], self.group or 0
        return first.own(place) * first.factor(place, but=self)

    @property
    def value(self) -> float:
        """The learning rate that the next step will take, of the first parameter group."""
        return self.base * self.factor

    @property
    def taken(self) -> Any:
        """The rate that the last step was made with, whatever the schedule has done since: a number or a tensor."""
        taken = self._rates[0].taken
        return self.value if taken is None else taken

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        return Declared(knob=self.name, label=self.label, shape="factor", value=self.factor, low=0.0, base=self.base)

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Take a factor of at least 0; raises Unfit."""
        number = finite(value, "factor on the learning rate")
        if number < 0:
            raise Unfit(f"the factor on the learning rate can't be below 0; {number:g} was asked for")
        if self.base * number > _LARGEST_FLOAT32:
            raise Unfit(f"a learning rate of {self.base * number:g} is more than a 32-bit number can hold")
        old, self.factor = self.factor, number
        for rates in self._rates:
            rates.attend()
        return old, number

    def scale(self, factor: float) -> tuple[Scalar, Scalar]:
        """Multiply the factor; raises Unfit at zero."""
        refuse_zero(self.factor, self.label)
        return self.set(self.factor * finite(factor, "factor"))

    def set_exactly(self, rate: Scalar) -> tuple[Scalar, Scalar]:
        """Choose the factor that makes the present learning rate `rate`; raises Unfit."""
        wanted = finite(rate, self.label)
        if wanted < 0:
            raise Unfit(f"the learning rate can't be below 0; {wanted:g} was asked for")
        if self.base == 0:
            raise Unfit("the script's own learning rate is 0 at the moment; try again when it is not")
        return self.set(wanted / self.base)


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
