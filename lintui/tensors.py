"""Numbers in tensors: read at once, or kept on their device without waiting for it and fetched together later.

Without torch there is nothing to keep: whoever has a tensor has loaded it.
"""

import ctypes
from collections.abc import Callable, Sequence
from operator import attrgetter
from sys import maxsize, modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


_FLOATS: Any = (ctypes.c_float * (maxsize // 4)).from_address(0)
_DOUBLES: Any = (ctypes.c_double * (maxsize // 8)).from_address(0)
"""All of this process's memory, read as numbers: to look one up by its address costs less than an object for it."""


def read(value: Any) -> float | None:
    """The number in a tensor of one entry that lies in plain memory of this process; None for anything else.

    It is read where it lies: an operation of torch that copies it costs more, and a copy that is fetched later, when
    it has left the caches, as much again.
    """
    torch: Any = modules.get("torch")
    # While another thread is loading torch, there is only part of it.
    if type(value) is not getattr(torch, "Tensor", None) or value.ndim:
        return None
    place = _place(value)
    if place is None:
        return None
    memory, first = place
    number: float = memory[first]
    return number


def read_all(tensors: "Sequence[torch.Tensor]") -> list[float] | None:
    """The numbers in all of the tensors, one after another, in the order of their indices, where each of them lies
    closely packed in plain memory of this process; None for anything else. They are read as in `read`.
    """
    torch = modules["torch"]
    numbers: list[float] = []
    for tensor in tensors:
        if type(tensor) is not torch.Tensor and type(tensor) is not torch.nn.Parameter:
            return None
        place = _place(tensor)
        if place is None:
            return None
        memory, first = place
        numbers += memory[first : first + tensor.numel()]
    return numbers


def _place(tensor: "torch.Tensor") -> tuple[Any, int] | None:
    """The memory as numbers of a tensor's kind, and where in it they lie closely packed; None where they do not."""
    torch = modules["torch"]
    try:
        # What only stands for other tensors has no address, or raises.
        if not tensor.is_cpu or tensor.is_neg() or not tensor.is_contiguous() or not (address := tensor.data_ptr()):
            return None
    except RuntimeError:
        return None
    dtype = tensor.dtype
    if dtype is torch.float32 and not address & 3:
        return _FLOATS, address >> 2
    if dtype is torch.float64 and not address & 7:
        return _DOUBLES, address >> 3
    return None


def keep(tensor: "torch.Tensor") -> "torch.Tensor":
    """Copy a tensor of one entry, without its history: whatever is done to it later, the number stays.

    Raises TypeError where there are more entries or fewer, or no real number.
    """
    if tensor.numel() != 1 or tensor.is_complex():
        shape = "×".join(map(str, tensor.shape)) or "1"
        raise TypeError(f"one real number is needed, not a tensor of {shape} of {tensor.dtype}")
    copy = tensor.detach().clone()
    return copy.reshape(()) if copy.ndim else copy


def stream_of(tensor: "torch.Tensor") -> Any:
    """The work that a tensor on a GPU, made just now, comes of; other devices have no such order."""
    return modules["torch"].cuda.current_stream(tensor.device)


def fetch(values: Sequence[Any], streams: set[Any], complain: Callable[[str], None]) -> list[float | None]:
    """Floats and None as they are, and the numbers of tensors once the work that they come of is done.

    That is one transfer for each type on each device; None for those that can't be had, which is told.
    """
    found = list(values)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, value in enumerate(values):
        if type(value) is not float and value is not None:
            alike.setdefault(_KIND(value), []).append(place)
    for places in alike.values():
        numbers: Sequence[float | None]
        try:
            for stream in streams:
                stream.synchronize()
            numbers = [*map(float, modules["torch"].stack([values[place] for place in places]).tolist())]
        except Exception as error:  # noqa: BLE001 - a device that is lost must not take the log along
            complain(f"a metric can't be fetched from its device ({type(error).__name__}: {error})")
            numbers = [None] * len(places)
        for place, number in zip(places, numbers, strict=True):
            found[place] = number
    return found


_KIND = attrgetter("dtype", "device")
