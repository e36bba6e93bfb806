"""A run as an event file that TensorBoard opens: its metrics as scalars, its histograms as histograms.

Single precision, as TensorBoard's scalars are; the wall time of a point is when the run was created plus the seconds
since. The protocol buffers are written by hand: https://github.com/tensorflow/tensorboard, compat/proto/event.proto
and summary.proto.
"""

import datetime
import math
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import BinaryIO

from lintui.events import Histogram, Steps, Values
from lintui.export.naming import named
from lintui.export.recording import Recording
from lintui.known import Key
from lintui.tfrecord import crc32c, crc32c_each, masked

_RECORDS = 4_096
"""Records that are written at once: the checksums of many are computed faster than those of one at a time."""


def write(recording: Recording, file: BinaryIO) -> None:
    """Write the events one after the other; raises what the file raises."""
    start = _created(recording)
    file.write(_framed([_double(1, start) + _text(3, "brain.Event:2")]))
    events = _events(recording, start)
    while records := [*islice(events, _RECORDS)]:
        file.write(_framed(records))


def file_name(recording: Recording) -> str:
    """What TensorBoard takes for an event file."""
    return f"events.out.tfevents.{max(int(_created(recording)), 0):010d}.lintui"


def _framed(records: Sequence[bytes]) -> bytes:
    checksums = (struct.pack("<I", masked(crc)) for crc in crc32c_each(records))
    pieces = zip(map(_head, map(len, records)), records, checksums, strict=True)
    return b"".join(chain.from_iterable(pieces))


@lru_cache(maxsize=4096)
def _head(length: int) -> bytes:
    """What stands before a record of so many bytes: its length, and the checksum of that."""
    said = struct.pack("<Q", length)
    return said + struct.pack("<I", masked(crc32c(said)))


def _created(recording: Recording) -> float:
    """Seconds since 1970; 0 where the log does not say."""
    try:
        created = datetime.datetime.fromisoformat(recording.started.created if recording.started else "")
        return (created if created.tzinfo else created.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _events(recording: Recording, start: float) -> Iterator[bytes]:
    names = named(recording.keys)
    tags = {key: _text(1, name) for key, name in names.items()}
    used = {*names.values()}
    for event, before in recording.events():
        match event:
            case Steps():
                keys = [Key(event.split, name, event.rank) for name in event.values]
                columns = [(tags[key], c) for key, c in zip(keys, event.values.values(), strict=True) if key in tags]
                for i, (at, t) in enumerate(zip(event.at, event.t, strict=True)):
                    scalars = [_scalar(tag, column[i]) for tag, column in columns]
                    yield _event(start + t + before, at, scalars)
            case Values():
                keys = [Key(event.split, name, event.rank) for name in event.values]
                pairs = zip(keys, event.values.values(), strict=True)
                scalars = [_scalar(tags[key], value) for key, value in pairs if key in tags]
                yield _event(start + event.t + before, event.at, scalars)
            case Histogram() if event.counts:
                tag = f"{event.of}/{event.name}" if event.of else event.name
                # A tag is of one kind only.
                tag = f"{tag} (histogram)" if tag in used else tag
                value = _text(1, tag) + _bytes(5, _histogram(event))
                yield _event(start + event.t + before, event.at, [value])


def _event(time: float, step: int, values: Sequence[bytes]) -> bytes:
    summary = b"".join(_bytes(1, value) for value in values)
    return _double(1, time) + b"\x10" + _varint(step) + _bytes(5, summary)


def _scalar(tag: bytes, value: float) -> bytes:
    return tag + b"\x15" + single(value)


def single(value: float) -> bytes:
    """The nearest number in single precision, as four bytes; beyond the largest one, infinity."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", math.copysign(math.inf, value))


def _histogram(event: Histogram) -> bytes:
    """A HistogramProto; its sums are those of the bins' middles."""
    counts = event.counts if event.low < event.high else (sum(event.counts),)
    width = (event.high - event.low) / len(counts)
    limits = [*(event.low + width * (i + 1) for i in range(len(counts) - 1)), event.high]
    middles = [event.low + width * (i + 0.5) for i in range(len(counts))]
    total = sum(counts)
    first = sum(count * middle for count, middle in zip(counts, middles, strict=True))
    second = sum(count * middle * middle for count, middle in zip(counts, middles, strict=True))
    numbers = (event.low, event.high, total, first, second)
    head = b"".join(_double(number, value) for number, value in enumerate(numbers, 1))
    packed = (struct.pack(f"<{len(counts)}d", *column) for column in (limits, counts))
    return head + b"".join(_bytes(number, column) for number, column in enumerate(packed, 6))


def _double(number: int, value: float) -> bytes:
    return bytes([number << 3 | 1]) + struct.pack("<d", value)


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """A whole number in groups of seven bits, the lowest first; below 0 as a 64-bit one."""
    value &= 2**64 - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
