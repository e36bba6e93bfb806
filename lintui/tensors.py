"""Numbers that are still on a device: kept without waiting for it, and fetched together, off the training thread.

Without torch there is nothing to keep: whoever has a tensor has loaded it.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


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
    """The work on a GPU that a tensor, made just now, comes of; None on other devices, which have no such order."""
    return sys.modules["torch"].cuda.current_stream(tensor.device) if tensor.is_cuda else None


def fetch(
    tensors: "Sequence[torch.Tensor]", streams: set[Any], complain: Callable[[str], None]
) -> list[float | None]:
    """Their numbers, in one transfer for each type on each device, once the work that they come of is done.

    None for those that can't be had, which is told.
    """
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, tensor in enumerate(tensors):
        alike.setdefault((tensor.dtype, tensor.device), []).append(place)
    found: list[float | None] = [None] * len(tensors)
    for places in alike.values():
        try:
            for stream in streams:
                stream.synchronize()
            numbers = sys.modules["torch"].stack([tensors[place] for place in places]).tolist()
        except Exception as error:  # noqa: BLE001 - a device that is lost must not take the log along
            complain(f"a metric can't be fetched from its device ({type(error).__name__}: {error})")
            continue
        for place, number in zip(places, numbers, strict=True):
            found[place] = float(number)
    return found
