"""A factor on the learning rate of a torch optimizer, which no schedule can overwrite, without torch itself."""

from typing import Any, NamedTuple

from lintui.events import Declared, Scalar
from lintui.knobs import Knob, Unfit, finite, refuse_zero

_LARGEST_FLOAT32 = 3.4028234663852886e38


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
        number = finite(value, "factor on the learning rate")
        if number < 0:
            raise Unfit(f"the factor on the learning rate can't be below 0; {number:g} was asked for")
        if self.base * number > _LARGEST_FLOAT32:
            raise Unfit(f"a learning rate of {self.base * number:g} is more than a 32-bit number can hold")
        old, self.factor = self.factor, number
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
