"""The fields of one protobuf message, as they stand on the wire, without knowing what the message is.

The format: https://protobuf.dev/programming-guides/encoding/
"""

from typing import NamedTuple

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
MOST = 100_000
"""Fields of one message at most: each takes many times the room that it takes in the file."""


class Field(NamedTuple):
    """One field: for a VARINT its number, for all others their bytes."""

    number: int
    wire: int
    value: int | bytes


def fields(message: bytes) -> list[Field]:
    """All fields in their order; raises ValueError where the message is damaged, or has more than MOST of them."""
    found: list[Field] = []
    at, end = 0, len(message)
    while at < end:
        key, at = varint(message, at)
        wire = key & 7
        value: int | bytes
        if wire == VARINT:
            value, at = varint(message, at)
        elif wire == LENGTH:
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
            value, at = message[at : at + length], at + length
        else:
            raise ValueError(f"a field has wire type {wire}")
        if at > end:
            raise ValueError("a field is longer than its message")
        if len(found) == MOST:
            raise ValueError(f"a message has more than {MOST:,} fields")
        found.append(Field(key >> 3, wire, value))
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at` (unsigned, below 2^64), and where it ends; raises ValueError."""
    value = shift = 0
    while shift < 64 and at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise ValueError("a number has no end")


def signed(value: int) -> int:
    """A VARINT of an int32 or int64 field as the number that was meant."""
    return value - (1 << 64) if value >= 1 << 63 else value


def submessages(found: list[Field], number: int) -> list[bytes]:
    """The bytes of every field of this number that has a length."""
    return [value for field, _, value in found if field == number and isinstance(value, bytes)]


def text(found: list[Field], number: int) -> str:
    """The last text under this number; empty where there is none. What is no UTF-8 is replaced."""
    return next((value.decode(errors="replace") for value in submessages(found, number)[::-1]), "")


def whole(found: list[Field], number: int) -> int:
    """The last VARINT under this number, signed; 0 where there is none."""
    return next((signed(v) for field, _, v in found[::-1] if field == number and isinstance(v, int)), 0)
