"""Folders and files that are their owner's alone: made so, written whole, and never looked for elsewhere."""

import errno
import os
from pathlib import Path


def make_folders(path: Path) -> None:
    """Make a folder and those above it that are missing, for their owner alone; raises OSError."""
    try:
        path.mkdir(mode=0o700)
    except FileNotFoundError:
        make_folders(path.parent)
        make_folders(path)
    except OSError:
        # Which error comes first for a folder that is there already is up to the system.
        if not path.is_dir():
            raise


def open_folder(path: Path) -> int:
    """A descriptor of our own folder at `path`; raises OSError, also for a symlink and for somebody else's."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if os.fstat(fd).st_uid != os.geteuid():
        os.close(fd)
        raise OSError(errno.EPERM, "it belongs to somebody else", str(path))
    return fd


def put(folder: int, name: str, data: bytes) -> None:
    """Write a file in a folder of ours, aside and then in place, so that nobody sees half of it; raises OSError."""
    aside = f".{name}"
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _SAFE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
    except OSError:
        os.unlink(aside, dir_fd=folder)
        raise
    os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)


_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC
