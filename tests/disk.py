"""A disk that fails as it is told, standing before one file of this process."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from strategies import read_log

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_file(fd: int, path: Path) -> bool:
    """Whether the descriptor is of the file at this path."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except OSError:
        return False


class Disk:
    """Stands before os.write, os.ftruncate and os.fsync of one file, and fails as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self.writes = 0
        self.tries = 0
        """Writes and cuts that were asked for."""
        self.plan: Callable[[int, bytes], int | OSError] = lambda _, data: len(data)
        """From the number of a write (from 1) and its bytes to how many of them find room, or what is raised."""
        self.cuts_fail = False
        self.syncs_fail = False
        self._path = path
        self._write, self._ftruncate, self._fsync = os.write, os.ftruncate, os.fsync
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "ftruncate", self.ftruncate)
        monkeypatch.setattr(os, "fsync", self.fsync)

    def write(self, fd: int, data: bytes) -> int:
        """As os.write."""
        if not is_file(fd, self._path):
            return self._write(fd, data)
        self.writes += 1
        self.tries += 1
        answer = self.plan(self.writes, data)
        if isinstance(answer, OSError):
            raise answer
        return self._write(fd, data[:answer])

    def ftruncate(self, fd: int, length: int) -> None:
        """As os.ftruncate."""
        if self.cuts_fail and is_file(fd, self._path):
            self.tries += 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._ftruncate(fd, length)

    def fsync(self, fd: int) -> None:
        """As os.fsync."""
        if self.syncs_fail and is_file(fd, self._path):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(fd)


def assert_only_whole_lines(path: Path) -> None:
    """The file ends where a line does, and none in it is damaged."""
    data = path.read_bytes()
    assert data == b"" or data.endswith(b"\n")
    _, problems = read_log(path)
    assert problems == []
