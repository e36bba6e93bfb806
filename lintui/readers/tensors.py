"""The numbers in a TensorProto, without knowing what they mean.

The format: tensor.proto, tensor_shape.proto and types.proto in TensorFlow's core/framework.
"""

import math
import struct

from lintui.readers.protobuf import VARINT, Field, fields, signed, submessages, varint, whole

MOST = 3 * 4096
"""Numbers in a tensor at most; larger ones are pictures and other things that are no metric."""
_CONTENT = 4
_IN_CONTENT = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 19: "e", 22: "I", 23: "Q"}
"""By dtype, how one number of `tensor_content` is packed."""
_VALUES = {1: 5, 2: 6, 3: 7, 4: 7, 5: 7, 6: 7, 9: 10, 10: 11, 19: 13, 22: 16, 23: 17}
"""By dtype, the field that has the numbers where there is no `tensor_content`."""
_HALF = 19


def shape_and_numbers(tensor: bytes) -> tuple[tuple[int, ...], list[float]] | None:
    """Its shape and its numbers, row by row; None where it holds no numbers, or too many. Raises ValueError."""
    found = fields(tensor)
    dtype = whole(found, 1)
    if dtype not in _VALUES:
        return None
    shape = tuple(
        whole(fields(dim), 1) for message in submessages(found, 2) for dim in submessages(fields(message), 2)
    )
    if any(size < 0 for size in shape) or (size := math.prod(shape)) > MOST:
        return None
    if content := submessages(found, _CONTENT):
        if len(content[-1]) != size * struct.calcsize(_IN_CONTENT[dtype]):
            raise ValueError("a tensor's content does not fit its shape")
        return shape, [float(n) for n in struct.unpack(f"<{size}{_IN_CONTENT[dtype]}", content[-1])]
    values = _listed(found, _VALUES[dtype], dtype)
    if len(values) > size:
        raise ValueError("a tensor has more numbers than its shape has room for")
    # What is not written is the same as the last number, and 0 where there is none.
    return shape, values + [values[-1] if values else 0.0] * (size - len(values))


def _listed(found: list[Field], number: int, dtype: int) -> list[float]:
    """Numbers that stand one by one, or packed together."""
    values: list[float] = []
    for field, wire, value in found:
        if field != number:
            continue
        if isinstance(value, int):
            values.append(_counted(value, dtype))
        elif dtype in (1, 2):
            size = 4 if dtype == 1 else 8
            values += struct.unpack(f"<{len(value) // size}{_IN_CONTENT[dtype]}", value[: len(value) // size * size])
        elif wire != VARINT:
            at = 0
            while at < len(value):
                one, at = varint(value, at)
                values.append(_counted(one, dtype))
        if len(values) > MOST:
            raise ValueError("a tensor has more numbers than its shape has room for")
    return values


def _counted(value: int, dtype: int) -> float:
    if dtype == _HALF:  # its 16 bits stand as a number
        return float(struct.unpack("<e", struct.pack("<H", value & 0xFFFF))[0])
    return float(value if dtype == 23 else signed(value))
