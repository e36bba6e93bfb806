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
    number: float | None = None
    address, dtype = _address(value), value.dtype
    if dtype is torch.float32 and address and not address & 3:
        number = _FLOATS[address >> 2]
    elif dtype is torch.float64 and address and not address & 7:
        number = _DOUBLES[address >> 3]
    return number


def entries(tensor: "torch.Tensor") -> list[float] | None:
    """The numbers in a tensor, in the order of their indices, where they lie closely packed in plain memory of this
    process; None for anything else. They are read as in `read`.
    """
    torch = modules["torch"]
    if type(tensor) is not torch.Tensor and type(tensor) is not torch.nn.Parameter:
        return None
    numbers: list[float] | None = None
    address, dtype, count = _address(tensor), tensor.dtype, tensor.numel()
    if dtype is torch.float32 and address and not address & 3:
        numbers = _FLOATS[address >> 2 : (address >> 2) + count]
    elif dtype is torch.float64 and address and not address & 7:
        numbers = _DOUBLES[address >> 3 : (address >> 3) + count]
    return numbers


def _address(tensor: "torch.Tensor") -> int:
    """Where in this process's memory the numbers of a tensor lie, closely packed; 0 where they do not."""
    try:
        # What only stands for other tensors has no address, or raises.
        return tensor.data_ptr() if tensor.is_cpu and not tensor.is_neg() and tensor.is_contiguous() else 0
    except RuntimeError:
        return 0


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
