"""Reads the .wandb file that Weights & Biases writes on this machine, offline or not, without its package.

The framing is that of LevelDB's log (doc/log_format.md there) with plain CRC-32 checksums behind seven bytes of
its own; the records are those of wandb_internal.proto, with JSON in them.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lintui.events import Ended, Record, Scalar
from lintui.readers.bins import evenly
from lintui.readers.gathered import settings_in
from lintui.readers.parsing import NotJSON, parsed
from lintui.readers.protobuf import Field, fields, submessages, text, whole
from lintui.readers.reader import Reader
from lintui.readers.rows import Rows
from lintui.regular import open_regular
from lintui.tfrecord import MAX_RECORD

HEAD = b":W&B"
"""The first bytes of every such file."""
_HEAD_SIZE = 7
_CHUNK = 256 * 1024
_BLOCK = 32 * 1024
_FRAME = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_HISTORY, _CONFIG, _RUN, _EXIT = 2, 5, 17, 18


class WandbFile(Reader):
    """The run in such a file."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError."""
        super().__init__(path)
        self._file = open_regular(path)
        self._rows = Rows(self.gathered)
        self._has_begun = False
        self._piece = b""
        """What was read last."""
        self._at = 0
        """How much of it was used."""
        self._offset = 0
        """Where that stands in the file, in bytes."""
        self._parts: list[bytes] = []
        """Of a record that goes on in the next block."""

    def look(self) -> list[Record] | None:
        """The records in the next piece of the file; None: there is no more yet."""
        chunk = self._file.read(_CHUNK)
        if not chunk:
            return None
        self._piece, self._at = self._piece[self._at :] + chunk, 0
        messages: list[list[Field]] = []
        for record in self._whole():
            try:
                messages.append(fields(record))
            except ValueError as error:
                self._tell(f"a record before byte {self._offset} was passed over: {error}")
        if messages and not self._has_begun:
            self._begin(messages)
        for message in messages:
            try:
                self._take(message)
            except (ValueError, struct.error) as error:
                self._tell(f"a record before byte {self._offset} was passed over: {error}")
        return self.gathered.take()

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _whole(self) -> Iterator[bytes]:
        """The records that are there as a whole; damage costs the rest of its block."""
        if self._offset == 0 and self._left() >= _HEAD_SIZE:
            self._use(_HEAD_SIZE)
        while self._offset:
            room = _BLOCK - self._offset % _BLOCK
            if room < _FRAME.size:
                if self._left() < room:
                    return
                self._use(room)
                continue
            if self._left() < _FRAME.size:
                return
            checksum, length, kind = _FRAME.unpack_from(self._piece, self._at)
            if _FRAME.size + length > room or not _FULL <= kind <= _LAST:
                if self._left() < room:
                    return
                self._damaged(room)
                continue
            if self._left() < _FRAME.size + length:
                return
            data = self._piece[self._at + _FRAME.size : self._at + _FRAME.size + length]
            if zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
                self._damaged(_FRAME.size + length)
                continue
            self._use(_FRAME.size + length)
            if kind in (_FULL, _FIRST):
                self._parts = []
            self._parts.append(data)
            if sum(map(len, self._parts)) > MAX_RECORD:
                self._parts = []
            if kind in (_FULL, _LAST) and self._parts:
                yield b"".join(self._parts)
                self._parts = []

    def _left(self) -> int:
        """Bytes that were read and not used."""
        return len(self._piece) - self._at

    def _use(self, size: int) -> None:
        self._at += size
        self._offset += size

    def _damaged(self, size: int) -> None:
        self._tell(f"what stands at byte {self._offset} is damaged and was passed over")
        self._parts = []
        self._use(size)

    def _tell(self, problem: str) -> None:
        self.gathered.tell(f"{self.path.name}: {problem}")

    def _begin(self, messages: list[list[Field]]) -> None:
        """Say which run this is, with the settings that stand in its first records."""
        config: dict[str, Any] = {}
        name, began = "", 0.0
        for message in messages:
            try:
                for run in map(fields, submessages(message, _RUN)):
                    name = text(run, 8) or text(run, 1) or name
                    for start in map(fields, submessages(run, 17)):
                        began = whole(start, 1) + whole(start, 2) / 1e9
                    for settings in submessages(run, 4):
                        config |= _items(fields(settings))
                for settings in submessages(message, _CONFIG):
                    config |= _items(fields(settings))
            except ValueError:
                continue
        config.pop("_wandb", None)
        self._has_begun = True
        plain: dict[str, Scalar] = settings_in(config)
        self.begin(began, plain, name=name)

    def _take(self, message: list[Field]) -> None:
        for history in map(fields, submessages(message, _HISTORY)):
            row = _items(history)
            steps = [whole(fields(step), 1) for step in submessages(history, 2)]
            row["step"] = row["_step"] if not steps and "_step" in row else steps[-1] if steps else None
            for name in [name for name, value in row.items() if _is_histogram(value)]:
                self._take_histogram(name, row.pop(name), row)
            self._rows.take(row)
        for ending in map(fields, submessages(message, _EXIT)):
            code = whole(ending, 1)
            at, t = self.gathered.at, self.gathered.t
            how, reason = ("failed", f"exit code {code}") if code else ("done", "")
            self.gathered.say(Ended(branch=self.gathered.branch, at=at, t=t, how=how, reason=reason, summary={}))

    def _take_histogram(self, raw: str, found: dict[str, Any], row: dict[str, Any]) -> None:
        edges, counts, step = _numbers(found.get("bins")), _numbers(found.get("values")), row["step"]
        if edges and counts and isinstance(step, int):
            bins = evenly(edges[:-1], edges[1:], counts)
            if bins is not None:
                self.gathered.spread(raw, step, self.gathered.t, bins)


def _items(found: list[Field]) -> dict[str, Any]:
    """Values by key; those whose JSON can't be read are left out."""
    values = {}
    for item in map(fields, submessages(found, 1)):
        key = text(item, 1) or "/".join(part.decode(errors="replace") for part in submessages(item, 2))
        try:
            values[key] = parsed(text(item, 16).encode())
        except NotJSON:
            continue
    return values


def _is_histogram(value: object) -> bool:
    return isinstance(value, dict) and value.get("_type") == "histogram"


def _numbers(values: object) -> list[float]:
    """The numbers in a list; empty where it is none, or holds anything else. Raises ValueError for endless ones."""
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        return []
    try:
        return [float(value) for value in values]
    except OverflowError as error:
        raise ValueError("a number is larger than a float can be") from error
