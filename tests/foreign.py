"""Files of other tools, written by hand from what their formats say, so that tests need none of the tools."""

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lintui.events import Histogram, Record, Steps
from lintui.known import Key
from lintui.sources import Source
from lintui.tfrecord import frame


def varint(value: int) -> bytes:
    """A number on protobuf's wire; negative ones as int64 has them."""
    value &= 0xFFFFFFFFFFFFFFFF
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def message(number: int, content: bytes | str) -> bytes:
    """A field that has a length."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(wall: float, step: int, *values: bytes) -> bytes:
    """An Event with these values in its summary."""
    said = b"\x09" + struct.pack("<d", wall) + (b"\x10" + varint(step) if step else b"")
    return said + message(5, b"".join(message(1, value) for value in values))


def scalar(tag: str, value: float) -> bytes:
    """A value of a summary, as most writers write it."""
    return message(1, tag) + b"\x15" + struct.pack("<f", value)


def histogram(tag: str, limits: Iterable[float], counts: Iterable[float], low: float, high: float) -> bytes:
    """A value of a summary with a HistogramProto."""
    edges, numbers = [*limits], [*counts]
    proto = b"\x09" + struct.pack("<d", low) + b"\x11" + struct.pack("<d", high)
    proto += message(6, struct.pack(f"<{len(edges)}d", *edges)) + message(
        7, struct.pack(f"<{len(numbers)}d", *numbers)
    )
    return message(1, tag) + message(5, proto)


VERSION = b"\x09" + struct.pack("<d", 1.7e9) + message(3, "brain.Event:2")
"""The first event of every file."""


def event_file(folder: Path, events: Iterable[bytes], name: str = "events.out.tfevents.1.host") -> Path:
    """Write an event file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"".join(map(frame, (VERSION, *events))))
    return folder / name


def items(values: Mapping[str, Any], number: int = 1) -> bytes:
    """W&B's items: JSON by key."""
    return b"".join(
        message(number, message(1, key) + message(16, json.dumps(value))) for key, value in values.items()
    )


def wandb_history(step: int, values: Mapping[str, Any]) -> bytes:
    """A record of W&B with what was logged at a step."""
    return message(2, items(values) + message(2, b"\x08" + varint(step)))


def wandb_run(name: str, config: Mapping[str, Any]) -> bytes:
    """A record of W&B that says which run it is."""
    return message(17, message(8, name) + message(4, items(config)) + message(17, b"\x08" + varint(1_700_000_000)))


def wandb_exit(code: int) -> bytes:
    """A record of W&B that says how it ended."""
    return message(18, b"\x08" + varint(code))


def wandb_file(path: Path, records: Iterable[bytes]) -> Path:
    """Write a .wandb file: pieces of records in blocks of 32 KiB, each with a checksum."""
    data = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for record in records:
        at, is_first, is_last = 0, True, False
        while not is_last:
            room = 32768 - len(data) % 32768
            if room < 7:
                data += bytes(room)
                continue
            piece = record[at : at + room - 7]
            is_last = at + len(piece) == len(record)
            kind = bytes([1 if is_first and is_last else 2 if is_first else 4 if is_last else 3])
            data += struct.pack("<IH", zlib.crc32(kind + piece), len(piece)) + kind + piece
            at, is_first = at + len(piece), False
    path.write_bytes(data)
    return path


def all_of(source: Source) -> list[Record]:
    """All that can be read now; the numbers of the records are checked."""
    records: list[Record] = []
    while (some := source.look()) is not None:
        records += some
    source.close()
    assert [record.n for record in records] == [*range(len(records))]
    return records


def points(records: Iterable[Record]) -> dict[Key, list[tuple[int, float]]]:
    """Steps and values of each series."""
    found: dict[Key, list[tuple[int, float]]] = {}
    for _, said in records:
        if isinstance(said, Steps):
            for name, column in said.values.items():
                found.setdefault(Key(said.split, name, said.rank), []).extend(zip(said.at, column, strict=True))
    return found


def histograms(records: Iterable[Record]) -> list[Histogram]:
    """The histograms among them."""
    return [said for _, said in records if isinstance(said, Histogram)]
