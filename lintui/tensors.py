"""Numbers in tensors: read at once, or kept on their device without waiting for it and fetched together later.

Without torch there is nothing to keep: whoever has a tensor has loaded it.
"""

import ctypes
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


_IN_C: "dict[tuple[Any, ...], Callable[[int], ctypes.c_float | ctypes.c_double]]" = {}
"""How a number is read at an address, by the class and the type of tensors; empty until there is one."""


def read(tensor: "torch.Tensor") -> float | None:
    """The number in a tensor of one entry that lies in plain memory of this process; None for any other.

    It is read where it lies: an operation of torch that copies it costs more, and a copy that is fetched later, when
    it has left the caches, as much again.
    """
    if not _IN_C:
        torch = sys.modules["torch"]
        _IN_C[torch.Tensor, torch.float32] = ctypes.c_float.from_address
        _IN_C[torch.Tensor, torch.float64] = ctypes.c_double.from_address
    at_address = _IN_C.get((type(tensor), tensor.dtype))
    if at_address is None or not tensor.is_cpu or tensor.ndim or tensor.is_neg():
        return None
    try:
        # What only stands for other tensors has no address, or raises.
        return at_address(address).value if (address := tensor.data_ptr()) else None
    except RuntimeError:
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
    return sys.modules["torch"].cuda.current_stream(tensor.device)


def fetch(values: Sequence[Any], streams: set[Any], complain: Callable[[str], None]) -> list[float | None]:
    """Floats as they are, and the numbers of tensors once the work that they come of is done.

    That is one transfer for each type on each device; None for those that can't be had, which is told.
    """
    found = list(values)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, value in enumerate(values):
        if type(value) is not float:
            alike.setdefault(_KIND(value), []).append(place)
    for places in alike.values():
        numbers: Sequence[float | None]
        try:
            for stream in streams:
                stream.synchronize()
            numbers = [*map(float, sys.modules["torch"].stack([values[place] for place in places]).tolist())]
        except Exception as error:  # noqa: BLE001 - a device that is lost must not take the log along
            complain(f"a metric can't be fetched from its device ({type(error).__name__}: {error})")
            numbers = [None] * len(places)
        for place, number in zip(places, numbers, strict=True):
            found[place] = number
    return found


_KIND = attrgetter("dtype", "device")
