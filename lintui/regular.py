"""Opens regular files for reading and nothing else: no directory, no pipe that makes us wait, no device."""

import errno
import os
import stat
from io import FileIO
from pathlib import Path


def open_regular(path: Path | str, *, flags: int = 0, folder: int | None = None) -> FileIO:
    """The file at `path`, unbuffered; raises OSError, also for what is no regular file.

    `flags` are added to those of os.open, such as O_NOFOLLOW; `folder` is a descriptor to start from.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return FileIO(fd, "rb")
