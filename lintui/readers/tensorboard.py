"""Reads TensorBoard's event files as they grow, without TensorFlow and without the tensorboard package."""

import contextlib
import os
import re
import struct
from pathlib import Path

from lintui.events import Record, Scalar
from lintui.readers import summaries
from lintui.readers.reader import Reader
from lintui.regular import open_regular
from lintui.tfrecord import Frames, framed_length, frames

MARK = ".tfevents."
"""What stands in the name of every event file."""
_CHUNK = 256 * 1024
_SESSION = re.compile(r"\d{10}\.\d{1,7}")
"""A time as the name of a folder: SummaryWriter.add_hparams makes one in that of the run, for its hyperparameters."""


def is_session(folder: Path) -> bool:
    """Whether a folder looks like one that holds no more than the hyperparameters of the run in the one above it."""
    return _SESSION.fullmatch(folder.name) is not None


class EventFiles(Reader):
    """The run in one event file, or in all those of a folder, one after the other in the order of their names."""

    def __init__(self, path: Path) -> None:
        """Open the file, or the first one in the folder; raises OSError, also where there is none."""
        super().__init__(path)
        self._folder = path if path.is_dir() else None
        names = self._following("")
        if not names:
            raise FileNotFoundError(2, "there is no event file in it", str(path))
        self._start(path / names[0] if self._folder else path)
        self._summaries = summaries.Summaries(self.gathered)
        self._has_begun = False

    def look(self) -> list[Record] | None:
        """The records in the next piece of the file; None: there is no more yet."""
        chunk = b"" if self._lost else self._file.read(_CHUNK)
        if not chunk:
            return self._to_the_next()
        piece = self._tail + chunk
        found = frames(piece)
        if found.records and not self._has_begun:
            self._begin(found.records)
        for place in found.damaged:
            self._tell(f"the record at byte {self._offset + place} is damaged and was passed over")
        self._take(found.records, f"before byte {self._offset + found.end}")
        self._go_on(piece, found)
        return self.gathered.take()

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _following(self, name: str) -> list[str]:
        """Names of the run's files after this one."""
        if self._folder is None:
            return [] if name else [self.path.name]
        return sorted(other for other in os.listdir(self._folder) if MARK in other and other > name)

    def _start(self, path: Path) -> None:
        self._file = open_regular(path)
        self._name = path.name
        self._tail = b""
        self._offset = 0
        """Where the tail begins in the file, in bytes."""
        self._lost = False
        """Whether the rest of the file can't be read."""

    def _to_the_next(self) -> list[Record] | None:
        """Go on with the next file, where there is one by now: a writer that began another is done with this one."""
        try:
            names = self._following(self._name)
        except OSError:
            return None
        if not names or self._folder is None:
            return None
        if self._tail:
            self._tell("it ends in the middle of a record")
        self._file.close()
        try:
            self._start(self._folder / names[0])
        except OSError as error:
            self._name, self._tail, self._lost = names[0], b"", True
            self._tell(f"it can't be read: {error.strerror or error}")
        return self.gathered.take()

    def _begin(self, records: list[bytes]) -> None:
        """Say which run this is, with the hyperparameters that stand in its first records."""
        config: dict[str, Scalar] = {}
        began = 0.0
        for record in records:
            try:
                began = began or summaries.wall_time(record)
                if summaries.SETTINGS in record:
                    config |= summaries.settings(record)
            except (ValueError, struct.error):
                continue  # told when it is taken
        self.begin(began, self._of_sessions() | config)
        self._summaries.began = began
        self._has_begun = True

    def _of_sessions(self) -> dict[str, Scalar]:
        """The hyperparameters that stand in folders of their own, as far as they can be read."""
        config: dict[str, Scalar] = {}
        for path in sorted(self._folder.glob(f"*/*{MARK}*")) if self._folder is not None else ():
            if not is_session(path.parent):
                continue
            with contextlib.suppress(OSError, ValueError, struct.error), open_regular(path) as file:
                for record in frames(file.read(_CHUNK)).records:
                    config |= summaries.settings(record) if summaries.SETTINGS in record else {}
        return config

    def _take(self, records: list[bytes], where: str) -> None:
        for record in records:
            try:
                self._summaries.take(record)
            except (ValueError, struct.error) as error:
                self._tell(f"a record {where} is no event and was passed over: {error}")

    def _go_on(self, piece: bytes, found: Frames) -> None:
        """Keep what was not read yet, or pass it over."""
        self._offset += found.end
        self._tail = piece[found.end :]
        if found.stop == "length":
            self._tell(f"the length at byte {self._offset} is damaged, and the rest can't be read")
            self._lost, self._tail = True, b""
        elif found.stop == "long":
            length = framed_length(self._tail)
            self._tell(f"the record at byte {self._offset} has {length:,} bytes and was passed over")
            self._offset += length
            self._tail = b""
            try:
                self._file.seek(self._offset)
            except (OSError, OverflowError):  # no file can be as long
                self._lost = True

    def _tell(self, problem: str) -> None:
        self.gathered.tell(f"{self._name}: {problem}")
