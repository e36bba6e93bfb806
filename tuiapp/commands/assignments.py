"""What is typed to steer a run, such as `lr=0.01`, as the command that the run is given; without giving it."""

import math
from collections.abc import Iterable, Mapping

from lintui.commands import Command, Scale, Set, Step, Stop
from lintui.events import Declared, Scalar
from tuiapp.options import Mistake, one_of, short

_ON = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
FORMS = "lr=0.01, lr=x2 (times 2), loss=huber, paused=true, step=5 or stop"


def command(typed: str, knobs: Mapping[str, Declared], *, id: str, by: str) -> Command:
    """The command for one of FORMS, to a run that has these knobs; raises Mistake for what fits none of them."""
    name, equals, value = typed.partition("=")
    if typed == "stop":
        return Stop(id=id, by=by)
    if name == "step":
        return Step(id=id, by=by, count=_count(value) if equals else 1)
    if not equals:
        raise Mistake(f"{short(typed)!r} says nothing to a run; try {FORMS}")
    one_of("knob", name, names(knobs))
    knob = knobs.get(name)
    match knob.shape if knob is not None else "number":
        case "switch":
            return Set(id=id, by=by, knob=name, value=_switched(name, value))
        case "choice":
            return Set(id=id, by=by, knob=name, value=one_of(name, value, knob.choices if knob else ()))
        case _ if value[:1] in ("x", "×"):
            return Scale(id=id, by=by, knob=name, factor=_number(name, value[1:], f"{name}=x2"))
        case _:
            return Set(id=id, by=by, knob=name, value=_number(name, value, f"{name}=0.01"))


def names(knobs: Iterable[str]) -> list[str]:
    """What can be set where a run has these knobs: an optimizer's learning rate also as such."""
    known = list(knobs)
    return [*(["lr"] if "lr.factor" in known and "lr" not in known else []), *known]


def _number(name: str, value: str, example: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Mistake(f"{name} needs a finite number, not {short(value)!r}; try {example}")
    return number


def _switched(name: str, value: str) -> Scalar:
    if value.lower() not in _ON:
        raise Mistake(f"{name} is on or off, not {short(value)!r}; try {name}=true")
    return _ON[value.lower()]


def _count(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Mistake(f"step needs a whole number, not {short(value)!r}; try step=5") from None
