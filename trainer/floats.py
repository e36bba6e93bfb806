"""A tensor as the bytes of an artifact: 32-bit floats in C order, little-endian, without NumPy."""

import struct

from torch import Tensor


def packed(tensor: Tensor) -> bytes:
    """Of a tensor of any shape and on any device; what no 32-bit float can hold is an infinity."""
    numbers = tensor.detach().float().reshape(-1).tolist()
    return struct.pack(f"<{len(numbers)}f", *numbers)
