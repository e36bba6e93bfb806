"""What a script prints reaches its file whatever becomes of the disk, and whoever prints is never held up."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from strategies import wait_until

from tuiapp import spool


class Disk:
    """A file on a disk that may be full."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.room = 10**9
        """Bytes that still fit."""
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._write = os.write
        monkeypatch.setattr(spool.os, "write", self.write)

    def write(self, fd: int, data: bytes) -> int:
        """As os.write: short where there is a little room, and an error where there is none."""
        if fd != self.fd:
            return self._write(fd, data)
        if not self.room:
            raise OSError(28, "No space left on device")
        written = self._write(fd, data[: self.room])
        self.room -= written
        return written

    @contextmanager
    def printing(self) -> Iterator[Callable[[bytes], None]]:
        """What is printed here is spooled to the file; at the end all of it was taken."""
        source, printed = os.pipe()
        thread = threading.Thread(target=spool.spool, args=(source, self.fd))
        thread.start()

        def put(data: bytes) -> None:
            while data:
                data = data[self._write(printed, data) :]

        try:
            yield put
        finally:
            os.close(printed)
            thread.join(10)
            assert not thread.is_alive()
            os.close(source)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(tmp_path / "output.txt", monkeypatch)
    yield disk
    os.close(disk.fd)


def test_what_is_printed_is_in_the_file_byte_by_byte(disk: Disk) -> None:
    printed = os.urandom(300_000)
    with disk.printing() as put:
        for i in range(0, len(printed), 7_001):
            put(printed[i : i + 7_001])
    assert disk.path.read_bytes() == printed


def test_what_finds_no_room_waits_for_it_and_nothing_is_lost_or_doubled(disk: Disk) -> None:
    printed = os.urandom(spool._MOST)
    disk.room = 10_000
    with disk.printing() as put:
        put(printed)
        assert disk.path.stat().st_size <= 10_000
        disk.room = 10**9
        wait_until(lambda: disk.path.stat().st_size == len(printed), "what waits to be written")
    assert disk.path.read_bytes() == printed


def test_of_more_than_can_wait_the_last_is_kept_and_how_much_is_missing_is_told(disk: Disk) -> None:
    first, rest = os.urandom(10_000), os.urandom(3 * spool._MOST)
    disk.room = len(first)
    with disk.printing() as put:
        put(first)
        put(rest)
        disk.room = 10**9
    written = disk.path.read_bytes()
    told, _, last = written.removeprefix(first).removeprefix(b"\nlintui: here ").partition(b" bytes found no room ")
    last = last.removeprefix(b"on the disk\n")
    assert written.startswith(first)
    assert int(told) + len(last) == len(rest)
    assert len(last) >= spool._MOST and rest.endswith(last)


def test_a_disk_without_any_room_holds_nobody_up_and_the_spool_ends_with_whoever_prints() -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", spool.__file__], stdin=subprocess.PIPE, stdout=full, start_new_session=True
        )
        process.communicate(b"x" * 5_000_000, timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize("number", ["INT", "TERM", "HUP"])
def test_what_is_meant_for_the_script_does_not_end_it(number: str, tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-I", "-S", spool.__file__], stdin=subprocess.PIPE, stdout=file)
    assert process.stdin is not None
    process.stdin.write(b"before\n")
    process.stdin.flush()
    wait_until(lambda: output.read_bytes() == b"before\n", "the first line")
    process.send_signal(signal.Signals[f"SIG{number}"])
    process.communicate(b"after\n", timeout=30)
    assert output.read_bytes() == b"before\nafter\n"
