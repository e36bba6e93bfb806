"""Append to, read and follow log.jsonl, without knowing what the events in it mean.

Lines are written whole with one os.write each batch, so that a killed process leaves at most one torn
line. Nothing in a log is ever rewritten; only a torn tail, which no reader has taken for a line, is cut.
"""

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable
from io import BufferedReader
from itertools import islice
from pathlib import Path

import orjson

from lintui.brief import decode_in_brief
from lintui.clean import clean_line
from lintui.codec import MAX_LINE, BadLine, decode_event, encode_event
from lintui.events import LOG_VERSION, Epoch, Event, Layers, Record, Said, Started, Steps
from lintui.regular import open_regular

_CHUNK = 128 * 1024
"""Bytes after which a look ends, with the line that they end in."""
_BUFFER = 256 * 1024
"""Bytes that the system is asked for at a time."""
_LINES = 1_000
"""Lines written at once at most: on a disk that stays full, every one of them is tried again and again."""
_LINES_A_LOOK = 5_000
_KEEP_WAITING = 32 * 1024 * 1024
MAX_PROBLEMS = 1_000
"""Problems of one log that are told; the others are only counted."""


class LogWriter:
    """The only writer of one log. `append` never raises for a disk that is full or failing."""

    def __init__(self, fd: int, next_n: int = 0) -> None:
        self._fd = fd
        self._next_n = next_n
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._whole: int | None = None
        """Size of the file up to the last whole line, while more than that could not be cut off."""
        self.trouble = ""
        """Why the last write failed; empty while writing works."""
        self.unconfirmed = ""
        """Why the disk did not confirm what was written when it was last asked; empty where it did."""
        self.lost = 0
        """Records given up because too many were waiting for the disk."""

    @classmethod
    def create(cls, path: Path) -> "LogWriter":
        """A new log at `path`; raises FileExistsError where something is there already, and OSError."""
        return cls(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | _SAFE, 0o600))

    @classmethod
    def reopen(cls, path: Path) -> "LogWriter":
        """Go on with a log that was begun earlier; a torn last line is cut off. Raises OSError."""
        reader = LogReader(path)
        try:
            while reader.read():
                pass
            fd = os.open(path, os.O_RDWR | os.O_APPEND | _SAFE)
        finally:
            reader.close()
        os.ftruncate(fd, reader.offset)
        return cls(fd, reader.highest_n + 1)

    def append(self, events: Iterable[Event]) -> list[Record]:
        """Number the events, write them, and return the records; what can't be written yet waits its turn."""
        records = []
        for event in events:
            line, record = _written(self._next_n, event)
            self._next_n += 1
            records.append(record)
            self._waiting.append(line)
            self._waiting_bytes += len(line)
        while self._waiting_bytes > _KEEP_WAITING and len(self._waiting) > 1:
            # A follower may have seen the beginning of the first one: it is never replaced by another line.
            self._waiting_bytes -= len(self._waiting[1])
            del self._waiting[1]
            self.lost += 1
        self._write_waiting()
        return records

    def sync(self) -> None:
        """Have the disk confirm what was written."""
        try:
            os.fsync(self._fd)
            self.unconfirmed = ""
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a pipe or a device can't, and needn't
                self.unconfirmed = error.strerror or str(error)

    def close(self) -> None:
        """Write what still waits, sync, and give the file up."""
        self._write_waiting()
        self.lost += len(self._waiting)
        self._waiting.clear()
        self.sync()
        try:
            os.close(self._fd)
        except OSError as error:  # some file systems say only now that what was written found no room
            self.unconfirmed = error.strerror or str(error)

    def _write_waiting(self) -> None:
        try:
            while self._waiting:
                self._write_batch(b"".join(islice(self._waiting, _LINES)))
        except OSError as error:
            self.trouble = error.strerror or str(error)
        else:
            self.trouble = ""

    def _write_batch(self, batch: bytes) -> None:
        """Write as many whole lines as there is room for; raises OSError where not all of them found room."""
        if self._whole is not None:  # half a line stands at the end since the last time: nothing may follow it
            os.ftruncate(self._fd, self._whole)
            self._whole = None
        start = os.fstat(self._fd).st_size
        written = os.write(self._fd, batch)
        whole = 0
        while self._waiting and whole + len(self._waiting[0]) <= written:
            whole += len(self._waiting.popleft())
        self._waiting_bytes -= whole
        if whole < written:
            self._whole = start + whole
            os.ftruncate(self._fd, self._whole)
            self._whole = None
        if not whole:
            # A disk that fills writes short first, and says so only the next time.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _written(n: int, event: Event) -> tuple[bytes, Record]:
    """The line of an event, and the record as every reader of the line will have it."""
    try:
        line = encode_event(n, event)
        if _comes_back(event):
            return line, Record(n, event)
        record = decode_event(line.removesuffix(b"\n"))
        assert record is not None
    except (TypeError, ValueError, AttributeError) as error:
        return _written(n, Said(t=0.0, level="warning", text=f"a {event.kind!r} can't be written down: {error}"))
    return line, record


def _comes_back(event: Event) -> bool:
    """Whether it is seen at a glance that the line of an event, of a kind that there are many of, says just that."""
    match event:
        case Layers():
            return True
        case Steps():
            return all(clean_line(name) == name for name in (event.split, *event.values))
        case Epoch():
            return type(event.number) is int and 0 <= event.number < 2**53
        case _:
            return False


class LogReader:
    """Reads a log from its start and then whatever has been added; a torn last line is "not yet".

    Damaged lines, gaps and repeats are passed over and told in `problems`, one plain line each.
    """

    def __init__(self, path: Path) -> None:
        """Open the log at `path`; raises OSError, also for what is no regular file."""
        self._file = BufferedReader(open_regular(path), _BUFFER)
        self._tail = b""
        """The beginning of a line that has not ended yet."""
        self._skipped = 0
        """Bytes passed over so far of a line that is too long and has not ended yet."""
        self._line = 0
        self._expected_n = 0
        self.offset = 0
        """Where the first line that was not read yet begins, in bytes."""
        self.unknown = 0
        """Lines of kinds that this version does not know."""
        self._is_newer = False
        """Whether the log was written by a later version, whose kinds may be missed."""
        self.problems: list[str] = []
        self.more_problems = 0
        """Problems beyond those that are told."""

    @property
    def highest_n(self) -> int:
        """The highest record number seen; -1 before the first."""
        return self._expected_n - 1

    def read(self) -> list[Record]:
        """The complete records that came since the last call, up to a few thousand of them; empty: none yet."""
        while (records := self.look()) is not None:
            if records:
                return records
        return []

    def look(self) -> list[Record] | None:
        """The records among the next lines of the file, a few thousand at most; None: there is no more yet.

        For whoever can't wait until a record is found: a damaged log may hold gigabytes without one.
        """
        return self._next(decode_event)

    def skim(self) -> list[Record] | None:
        """As look, but of batches of steps only what they say in brief, where they do: for whoever draws them."""
        return self._next(decode_in_brief)

    def _next(self, decode: Callable[[bytes], Record | None]) -> list[Record] | None:
        records: list[Record] = []
        size = 0
        for _ in range(_LINES_A_LOOK):
            part = self._file.readline(MAX_LINE + 2)
            size += len(part)
            if (line := self._whole(part)) is not None and (record := self._take(line, decode)) is not None:
                records.append(record)
            if not part or size >= _CHUNK:
                break
        return records if size else None

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _whole(self, part: bytes) -> bytes | None:
        """The line that ends with this part, if one does; one longer than any may be is never held."""
        if not part.endswith(b"\n"):
            if self._skipped or len(self._tail) + len(part) > MAX_LINE:
                self._skipped += len(self._tail) + len(part)
                self._tail = b""
            else:
                self._tail += part
            return None
        if self._skipped:
            self.offset += self._skipped + len(part)
            self._skipped = 0
            self._pass_over_too_long()
            return None
        line, self._tail = self._tail + part[:-1], b""
        return line

    def _pass_over_too_long(self) -> None:
        self._line += 1
        self._tell(f"line {self._line} is longer than a line may be and was passed over")

    def _tell(self, problem: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            self.more_problems += 1

    def _pass_over_unknown(self, line: bytes) -> int:
        """Tell what a newer log says that can't be shown, each kind once; returns the record's number."""
        data = orjson.loads(line)
        problem = f"records of the kind {clean_line(data['kind'])!r} were skipped"
        if self._is_newer and problem not in self.problems:
            self._tell(problem)
        return int(data["n"])

    def _take(self, line: bytes, decode: Callable[[bytes], Record | None]) -> Record | None:
        self.offset += len(line) + 1
        if len(line) > MAX_LINE:
            self._pass_over_too_long()
            return None
        self._line += 1
        try:
            record = decode(line)
        except BadLine as error:
            self._tell(f"line {self._line} is damaged: {error}")
            return None
        n = record.n if record is not None else self._pass_over_unknown(line)
        if record is not None and isinstance(record.event, Started) and record.event.lintui > LOG_VERSION:
            self._is_newer = True
            version = f"version {record.event.lintui} of the format, and this lintui knows {LOG_VERSION}"
            self._tell(f"the log has {version}: what it does not know is skipped; a newer lintui shows it")
        if n < self._expected_n:
            self._tell(f"line {self._line} repeats record {n}")
            return None
        if n > self._expected_n:
            missing = f"{self._expected_n}" + (f" to {n - 1}" if n > self._expected_n + 1 else "")
            self._tell(f"before line {self._line}, record {missing} is missing")
        self._expected_n = n + 1
        self.unknown += record is None
        return record


_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC
