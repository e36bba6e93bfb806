"""What people hand to a run, as a log can hold it: plain floats, scalars, and texts of a reasonable length."""

from collections.abc import Callable, Mapping
from typing import Any

from lintui.events import Scalar
from lintui.tensors import keep, read, stream_of

_KEPT = 10_000
"""Characters kept of the beginning and of the end of a long text."""


def numbers(metrics: Mapping[str, Any], complain: Callable[[str], None]) -> dict[str, float]:
    """The metrics as floats; what is no number is told to `complain` and left out."""
    found = {}
    for name, value in metrics.items():
        if type(value) is float:
            found[name] = value
            continue
        try:
            if isinstance(value, str):
                raise TypeError("text is no number")
            found[name] = float(value)
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            complain(f"the metric {name!r} is left out: {error}")
    return found


def measured(metrics: Mapping[str, Any], complain: Callable[[str], None]) -> tuple[list[Any], tuple[Any, ...]]:
    """The value of each metric: a float, a tensor of one entry where it is on a device, for which nobody has waited,
    or None for what is no number, which is told to `complain`.

    With them, for each tensor on a GPU, the work that it comes of, as `stream_of`.
    """
    row: list[Any] = []
    streams: tuple[Any, ...] = ()
    for name, value in metrics.items():
        if type(value) is float:
            row.append(value)
            continue
        number = read(value)
        if number is None and hasattr(value, "detach"):
            number, streams = _kept(name, value, streams, complain)
        elif number is None:
            number = numbers({name: value}, complain).get(name)
        row.append(number)
    return row, streams


def _kept(
    name: str, value: Any, streams: tuple[Any, ...], complain: Callable[[str], None]
) -> tuple[Any, tuple[Any, ...]]:
    """A copy of what is on a device, and the streams with the one that it comes of."""
    try:
        copy = keep(value)
        return copy, (*streams, stream_of(value)) if value.is_cuda else streams
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        complain(f"the metric {name!r} is left out: {error}")
        return None, streams


def scalars(values: Mapping[str, object]) -> dict[str, Scalar]:
    """Settings and results; what is neither number nor text is told as text."""
    return {str(name): _scalar(value) for name, value in values.items()}


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool | float | str | None):
        return value
    return value if isinstance(value, int) and abs(value) < 2**62 else _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - not even what it is can be told
        return type(value).__name__


def shortened(text: str) -> str:
    """Beginning and end of a text that may be endless: what matters in a traceback stands at its end."""
    return text if len(text) <= 2 * _KEPT else f"{text[:_KEPT]}\n…\n{text[-_KEPT:]}"
