"""The plain settings of a torch optimizer as knobs, such as its momentum, without torch itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lintui.events import Declared, Scalar
from lintui.knobs import Knob, Unfit, finite, refuse_zero


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings."""

    knob: str
    """The name of the knob."""
    key: str
    """Where parameter groups keep it."""
    usual: float
    """What most optimizers start with: a value that nobody needs to be told of."""
    place: int | None = None
    """Its place where groups keep several numbers under the key."""
    high: float | None = None
    below: float | None = None
    """The largest value, or the bound that it never reaches; it is always at least 0."""

    @property
    def label(self) -> str:
        """How people call it."""
        return self.knob.replace("_", " ")

    def read(self, group: Mapping[str, Any]) -> float:
        """The value in a group; raises KeyError, IndexError, TypeError and ValueError where it has no such number."""
        value = group[self.key]
        return float(value if self.place is None else value[self.place])

    def write(self, group: dict[str, Any], number: float) -> None:
        """Give a group a value, in place where it is a tensor: a compiled step has captured that very one."""
        value = group[self.key] if self.place is None else group[self.key][self.place]
        if hasattr(value, "fill_"):
            value.fill_(number)
        elif self.place is None:
            group[self.key] = number
        else:
            several = list(group[self.key])
            several[self.place] = number
            group[self.key] = tuple(several)


SETTINGS = {
    setting.knob: setting
    for setting in (
        Setting("momentum", "momentum", 0.0, below=1.0),
        Setting("dampening", "dampening", 0.0, high=1.0),
        # Beyond any use, and still a number that a step in half precision can multiply with.
        Setting("weight_decay", "weight_decay", 0.0, high=1_000.0),
        Setting("beta1", "betas", 0.9, place=0, below=1.0),
        Setting("beta2", "betas", 0.999, place=1, below=1.0),
    )
}


def settings(optimizer: Any, *, prefix: str = "") -> "Iterator[OptimizerSetting]":
    """A knob for each setting of the table that this optimizer has; `prefix` tells it from other optimizers'."""
    for setting in SETTINGS.values():
        try:
            setting.read(optimizer.param_groups[0])
        except (KeyError, IndexError, TypeError, ValueError):
            continue
        if setting.place is None or len(optimizer.param_groups[0][setting.key]) == 2:
            yield OptimizerSetting(optimizer, setting, prefix)


class OptimizerSetting(Knob):
    """A plain number in the parameter groups of a torch optimizer, such as its momentum.

    It is read from the first group and written into all of them. Where the groups differed, giving the
    first its own value back gives each its own back. A schedule that writes the same setting, as
    OneCycleLR does with the momentum, overwrites what was set here.
    """

    def __init__(self, optimizer: Any, setting: Setting, prefix: str = "") -> None:
        """Steer `setting` of `optimizer`, a torch.optim.Optimizer that has it."""
        self.name = prefix + setting.knob
        self.label = prefix + setting.label
        self._optimizer = optimizer
        self._setting = setting
        self._differed: list[float] = []
        """What the groups had when they last had different values."""

    @property
    def value(self) -> float:
        """The value that the next step will take, of the first parameter group."""
        return self._setting.read(self._optimizer.param_groups[0])

    def declared(self) -> Declared:
        """What the screen needs to know about the knob as it stands."""
        high, below = self._setting.high, self._setting.below
        return Declared(
            knob=self.name, label=self.label, shape="number", value=self.value, low=0.0, high=high, below=below
        )

    def set(self, value: Scalar) -> tuple[Scalar, Scalar]:
        """Take a value that the table and torch itself allow; raises Unfit."""
        number = self._checked(value)
        for group in self._optimizer.param_groups:
            self._refuse_what_torch_would(group, number)
        old = self.value
        groups = self._optimizer.param_groups
        present = [self._setting.read(group) for group in groups]
        if any(one != old for one in present):
            self._differed = present
        own = self._differed if self._differed and number == self._differed[0] else []
        for i, group in enumerate(groups):
            self._setting.write(group, own[i] if i < len(own) else number)
        return old, self.value

    def scale(self, factor: float) -> tuple[Scalar, Scalar]:
        """Multiply the value; raises Unfit at zero and beyond the bounds."""
        refuse_zero(self.value, self.label)
        return self.set(self.value * finite(factor, "factor"))

    def _checked(self, value: Scalar) -> float:
        number = finite(value, self.label)
        high, below = self._setting.high, self._setting.below
        if number < 0:
            raise Unfit(f"the {self.label} can't be below 0; {number:g} was asked for")
        if high is not None and number > high:
            raise Unfit(f"the {self.label} can't be above {high:g}; {number:g} was asked for")
        if below is not None and number >= below:
            raise Unfit(f"the {self.label} has to stay below {below:g}; {number:g} was asked for")
        return number

    def _refuse_what_torch_would(self, group: Mapping[str, Any], number: float) -> None:
        """Raise Unfit for what torch refuses when an optimizer is made, and for what its next step would raise at."""
        knob = self._setting.knob
        nesterov = group.get("nesterov") and "dampening" in group
        if knob == "momentum" and nesterov and number == 0:
            raise Unfit("Nesterov momentum needs a momentum above 0, and this optimizer was made with it")
        if knob == "dampening" and nesterov and number > 0:
            raise Unfit("Nesterov momentum needs a dampening of 0, and this optimizer was made with it")
        if knob == "momentum" and number > 0 and self._has_no_room(group):
            raise Unfit("this optimizer can't begin with momentum after its first step; start it with one above 0")
        if knob == "weight_decay" and number > 0 and any(_is_sparse(p) for p in group["params"]):
            raise Unfit("some gradients are sparse, and weight decay needs dense ones")

    def _has_no_room(self, group: Mapping[str, Any]) -> bool:
        """Whether a step with momentum would look for a buffer that isn't there: SGD makes one, RMSprop does not."""
        if "dampening" in group:
            return False
        states = (self._optimizer.state.get(p) for p in group["params"])
        return any(state and "momentum_buffer" not in state for state in states)


def _is_sparse(parameter: Any) -> bool:
    return parameter.grad is not None and bool(parameter.grad.is_sparse)
