"""Frames of TFRecord files both ways, their CRC-32C checksums included, without knowing what the records hold.

A frame is the record's length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes, the record, and
the masked CRC-32C of the record: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

MAX_RECORD = 16 * 1024 * 1024
"""Bytes of the longest record that is read."""
_POLYNOMIAL = 0x82F63B78
"""Castagnoli's, reflected: RFC 3720, section 12.1."""
_MASK_DELTA = 0xA282EAD8
_HEAD = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_AROUND = _HEAD.size + _CHECKSUM.size
_BLOCK = 32
"""Bytes whose checksums are computed side by side."""


def frame(record: bytes) -> bytes:
    """The record as it stands in a file, its length and both checksums around it."""
    length = struct.pack("<Q", len(record))
    head = length + _CHECKSUM.pack(masked(crc32c(length)))
    return head + record + _CHECKSUM.pack(masked(crc32c(record)))


class Frames(NamedTuple):
    """What a piece of a file holds."""

    records: list[bytes]
    """Those whose checksum is right, in order."""
    damaged: list[int]
    """Where the frames begin whose records' checksum is wrong, in bytes from the start of the piece."""
    end: int
    """Where the first frame begins that was not read."""
    stop: str
    """Why not: "torn" (its end is not there yet), "length" (its length is damaged), "long" (over MAX_RECORD)."""


def frames(piece: bytes) -> Frames:
    """The whole frames at the beginning of `piece`; no length is believed before its bytes are there."""
    places: list[int] = []
    found: list[bytes] = []
    told: list[int] = []
    at, size, stop = 0, len(piece), "torn"
    while at + _HEAD.size <= size:
        length, checksum = _HEAD.unpack_from(piece, at)
        if checksum != _of_length(length):
            stop = "length"
            break
        if length > MAX_RECORD:
            stop = "long"
            break
        end = at + _HEAD.size + length
        if end + _CHECKSUM.size > size:
            break
        places.append(at)
        found.append(piece[at + _HEAD.size : end])
        told.append(_CHECKSUM.unpack_from(piece, end)[0])
        at = end + _CHECKSUM.size
    right = [masked(crc) == checksum for crc, checksum in zip(crc32c_each(found), told, strict=True)]
    return Frames(
        [record for record, is_right in zip(found, right, strict=True) if is_right],
        [place for place, is_right in zip(places, right, strict=True) if not is_right],
        at,
        stop,
    )


def framed_length(head: bytes) -> int:
    """Bytes of the whole frame that begins with `head` (at least 8 bytes), checksums included."""
    return int.from_bytes(head[:8], "little") + _AROUND


def masked(crc: int) -> int:
    """The checksum as it stands in a file: turned by 15 bits, and a constant added."""
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def crc32c(data: bytes, crc: int = 0) -> int:
    """CRC-32C of `data`, or of what has the checksum `crc` with `data` behind it."""
    table = _table()
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def crc32c_each(records: Sequence[bytes]) -> list[int]:
    """CRC-32C of each of the records, several times faster than one after the other where they are many.

    But for its start and end values a CRC is linear: it is the exclusive or of what each byte gives, and that
    depends only on the byte and on how many follow. So the records are cut into blocks (zeros before the first
    byte give nothing), and the bytes at one place of all blocks are looked up with one `bytes.translate`.
    """
    lengths = [-(-len(record) // _BLOCK) for record in records]
    blocks = _blocks(b"".join(_padded(records, lengths)))
    *_, shift3, shift2, shift1, shift0 = _tables()
    found = []
    at = 0
    for record, length in zip(records, lengths, strict=True):
        crc = 0
        for block in blocks[at : at + length]:
            crc = shift0[crc & 0xFF] ^ shift1[crc >> 8 & 0xFF] ^ shift2[crc >> 16 & 0xFF] ^ shift3[crc >> 24] ^ block
        at += length
        found.append(crc ^ _of_zeros(len(record)))
    return found


def _padded(records: Iterable[bytes], lengths: Iterable[int]) -> Iterable[bytes]:
    return (record.rjust(length * _BLOCK, b"\0") for record, length in zip(records, lengths, strict=True))


def _blocks(data: bytes) -> Sequence[int]:
    """For each block of `data` the CRC that starts and ends with 0."""
    count = len(data) // _BLOCK
    planes = [0, 0, 0, 0]
    for place, tables in enumerate(_planes()):
        column = data[place::_BLOCK]
        for i, table in enumerate(tables):
            planes[i] ^= int.from_bytes(column.translate(table), "little")
    woven = bytearray(4 * count)
    for i, plane in enumerate(planes):
        woven[i::4] = plane.to_bytes(count, "little")
    return struct.unpack(f"<{count}I", woven)


@lru_cache(maxsize=1)
def _table() -> tuple[int, ...]:
    """What each byte gives where none follows."""
    return _tables()[0]


@lru_cache(maxsize=1)
def _tables() -> tuple[tuple[int, ...], ...]:
    """What each byte gives where 0, 1, 2, … bytes follow it, up to a block's length."""
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (_POLYNOMIAL if value & 1 else 0) for value in table]
    tables = [table]
    while len(tables) < _BLOCK:
        tables.append([value >> 8 ^ table[value & 0xFF] for value in tables[-1]])
    return tuple(map(tuple, tables))


@lru_cache(maxsize=1)
def _planes() -> list[list[bytes]]:
    """The same for each place in a block, as four tables of single bytes, the lowest first."""
    return [
        [bytes(value >> shift & 0xFF for value in table) for shift in (0, 8, 16, 24)] for table in _tables()[::-1]
    ]


@lru_cache(maxsize=4096)
def _of_zeros(length: int) -> int:
    return crc32c(bytes(length))


@lru_cache(maxsize=4096)
def _of_length(length: int) -> int:
    return masked(crc32c(struct.pack("<Q", length)))
