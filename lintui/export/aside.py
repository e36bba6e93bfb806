"""New files and folders that are written aside and then put in place: never over another, never half of one."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which is at `path` once the block has ended.

    Raises OSError, and FileExistsError where something is there already. If the block raises, nothing of it stays.
    """
    _refuse(path)
    part = _aside(path)
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to put files into, which is at `path` once the block has ended; raises as `new_file` does.

    Folders above it that are missing are made.
    """
    _refuse(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _aside(path)
    part.mkdir()
    try:
        yield part
        _refuse(path)
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _aside(path: Path) -> Path:
    return path.with_name(f".lintui-{secrets.token_hex(8)}.part")


def _refuse(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _put(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # unlike a rename, never over what has come there meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        _refuse(path)
        part.rename(path)
