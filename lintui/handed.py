"""What a person hands to `init` and `watch`, as settings, parameters and optimizers by name, without torch itself.

Only what has parameters or parameter groups is told from what has none; nothing here changes anything.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lintui.events import Scalar

_COMPILED = "_orig_mod."
"""What torch.compile puts before the names of the parameters of the module that it wraps."""


def config(config: Any) -> tuple[Mapping[str, Scalar], str]:
    """The settings of a run by name, and what is wrong with them: then there are none."""
    if config is None or isinstance(config, Mapping):
        return config or {}, ""
    try:
        return vars(config), ""
    except TypeError:
        return {}, f"config needs to be a mapping, not {type(config).__name__}; it is left out"


def parameters(model: Any) -> dict[str, Any]:
    """The parameters that are trained, by name: of a module, of several in a list or mapping, or tensors as named.

    A parameter that several layers share stands once. Frozen ones are left out: they would cost as much as those
    that move, and a copy of each. Raises TypeError for anything else.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for name, parameter in _named(model, ""):
        if id(parameter) not in seen:
            seen.add(id(parameter))
            found[name] = parameter
    return found


def _named(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if hasattr(model, "named_parameters"):
        for name, p in model.named_parameters():
            if p.requires_grad and not _is_unmade(p):
                yield prefix + name.replace(_COMPILED, ""), p
    elif isinstance(model, Mapping) or _is_list(model):
        for name, one in model.items() if isinstance(model, Mapping) else enumerate(model):
            if hasattr(one, "named_parameters"):
                yield from _named(one, f"{prefix}{name}.")
            elif hasattr(one, "detach") and isinstance(model, Mapping):
                yield f"{prefix}{name}", one
            else:
                raise TypeError(f"run.watch was given {_kind(one)} as {str(name)!r}, which is no module")
    else:
        raise TypeError(f"run.watch was given {_kind(model)}; it needs a module, as in run.watch(model, optimizer)")


def optimizers(optimizer: Any) -> dict[str, Any]:
    """Optimizers by name, empty where they have none: one, or several in a list or mapping. Raises TypeError."""
    if optimizer is None:
        return {}
    if isinstance(optimizer, Mapping):
        found = {str(name): one for name, one in optimizer.items()}
    elif _is_list(optimizer):
        found = {str(place): one for place, one in enumerate(optimizer, 1)}
    else:
        found = {"": optimizer}
    for one in found.values():
        if not (hasattr(one, "param_groups") and hasattr(one, "register_step_post_hook")):
            raise TypeError(f"run.watch was given {_kind(one)} where it needs an optimizer of torch.optim")
    return found


def _is_list(thing: Any) -> bool:
    return isinstance(thing, Sequence) and not isinstance(thing, str | bytes)


def _is_unmade(parameter: Any) -> bool:
    """Whether a lazy module does not know yet how large it will be."""
    return hasattr(parameter, "materialize")


def _kind(thing: Any) -> str:
    return f"something of type {type(thing).__name__}"


def share(value: Any, otherwise: float) -> tuple[float, str]:
    """A share of the time, from 0 up, and what is wrong with it."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if 0 <= number < math.inf and not isinstance(value, str):
        return number, ""
    return otherwise, f"overhead needs to be a share such as 0.02, not {value!r:.40}; it is taken to be {otherwise:g}"
