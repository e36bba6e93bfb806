"""A factor on the learning rate of a torch optimizer, which no schedule can overwrite, without torch itself."""

import math
import weakref
from collections.abc import Callable
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
        self.on_step: Callable[[], None] | None = None
        """Called when a step is done and the rates are the script's own again."""
        self._in_step = False
        """A step has begun: where a step calls its parent's, the hooks are called twice."""
        self._before_next: Callable[[], None] | None = None
        self._turned = False
        """Whether any factor is not 1."""
        self._has_to_prepare = False
        """Whether anything is to be done before a step."""
        self._held: list[_Held] = []
        optimizer.register_step_pre_hook(self._begin)
        optimizer.register_step_post_hook(self._end)
        _STEERED.add(optimizer)

    def release(self) -> None:
        """Leave the optimizer to its script, from any thread; a step that is under way is made as it was begun.

        The hooks stay, and do nothing: while a step goes through them, none can be taken away.
        """
        self.factors.clear()
        self.on_step = self._before_next = None
        self.attend()
        _STEERED.discard(self.optimizer)

    def attend(self) -> None:
        """One of the factors has changed, or there is one more."""
        self._turned = any(factor.factor != 1.0 for factor in self.factors)
        self._has_to_prepare = self._turned or bool(self._held) or self._before_next is not None

    def before_next(self, do: Callable[[], None] | None) -> None:
        """Call `do` once, just before the next step, instead of what was to be called; None: nothing."""
        self._before_next = do
        self.attend()

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

    def _begin(self, *_: Any) -> None:
        self._in_step = True
        if self._has_to_prepare:
            self._prepare()
        # A schedule changes a tensor in place; to ask for its value now would make the step wait for a device.
        rate = self.optimizer.param_groups[0]["lr"]
        self.taken = rate if type(rate) is float or not hasattr(rate, "mul_") else rate.detach().clone()

    def _end(self, *_: Any) -> None:
        if not self._in_step:
            return
        self._in_step = False
        if self._held:
            self._put_back()
        if self.on_step is not None:
            self.on_step()

    def _prepare(self) -> None:
        if self._held:  # the last step raised before its post-hook ran
            self._held = [held for held in self._held if held.is_ours()]
            self._put_back()
        do, self._before_next = self._before_next, None
        if self._turned:
            self._multiply()
        else:
            self._has_to_prepare = False
        if do is not None:
            do()

    def _multiply(self) -> None:
        groups = self.optimizer.param_groups
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

    def _put_back(self) -> None:
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
        """Give the group what is the script's, unless that has set another rate in the step itself."""
        if hasattr(self.own, "mul_"):
            self.group["lr"].copy_(self.own)
        elif self.group["lr"] == self.ours:
            self.group["lr"] = self.own
