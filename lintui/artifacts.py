"""Keeps arrays too large for a line of the log in files of their own, and reads them back checked."""

import os
import re
import zlib
from pathlib import Path

from lintui.events import Array
from lintui.private import open_folder, put
from lintui.regular import open_regular
from lintui.rundir import safe_name

_MAX_BYTES = 64 * 1024 * 1024


def save(folder: Path, name: str, at: int, data: bytes) -> tuple[str, str]:
    """Put `data` aside, then in place, and return the file's name and its CRC-32; raises OSError."""
    file = f"{safe_name(name)}-{at}.bin"
    fd = open_folder(folder)
    try:
        put(fd, file, data)
    finally:
        os.close(fd)
    return file, f"{zlib.crc32(data):08x}"


def load(folder: Path, array: Array) -> bytes:
    """The bytes that the event names; raises OSError, and ValueError where they are not what was kept."""
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}", array.file):
        raise ValueError(f"{array.file!r} is no name of an artifact")
    with open_regular(folder / array.file, flags=os.O_NOFOLLOW) as file:
        data = file.read(_MAX_BYTES + 1)
    if f"{zlib.crc32(data):08x}" != array.crc32:
        raise ValueError(f"{array.file} is damaged: its checksum does not match")
    return data
