"""Leave and collect commands: one small file a command, put in place by an atomic rename.

Files are numbered as messages between processes without a common clock are: whoever leaves a command
takes a number above the last of its own and above all that still lie there. So commands of one process
keep their order, and a command left in sight of another comes after it, whatever becomes of the wall
clock. Two that are left in the same moment, neither in sight of the other, may come either way.
"""

import contextlib
import os
import re
import secrets
import threading
from pathlib import Path

from lintui.clean import clean_line
from lintui.codec import BadLine, decode_command, encode_command
from lintui.commands import Command
from lintui.private import open_folder, put
from lintui.regular import open_regular

_MAX_BYTES = 64 * 1024
_MAX_FILES = 1_000
_NUMBERED = re.compile(r"(\d{12})-")


class _Counter:
    """The number of the newest command that this process has left, in any inbox."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.newest = 0


_left = _Counter()


def leave(inbox: Path, command: Command) -> None:
    """Put a command into the inbox of a run, which may belong to another process; raises OSError."""
    folder = open_folder(inbox)
    try:
        with _left.lock:
            numbers = [int(found[1]) for name in os.listdir(folder) if (found := _NUMBERED.match(name))]
            _left.newest = max(_left.newest, *numbers, 0) + 1
            # The digits at the end keep two apart that took the same number.
            put(folder, f"{_left.newest:012}-{secrets.token_hex(4)}.json", encode_command(command))
    finally:
        os.close(folder)


def collect(inbox: Path) -> tuple[list[Command], list[str]]:
    """Take the commands out of the inbox, oldest first, and tell what was no command, a line each.

    At most a thousand files are taken in one call. Raises OSError where the inbox itself is gone, or
    where something else has taken its place.
    """
    found: list[Command] = []
    problems: list[str] = []
    folder = open_folder(inbox)
    try:
        for name in sorted(name for name in os.listdir(folder) if not name.startswith("."))[:_MAX_FILES]:
            try:
                found.append(decode_command(_read_small_file(folder, name)))
            except (BadLine, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                problems.append(f"{clean_line(name)} in the inbox is no command: {reason}")
            _remove(folder, name)
    finally:
        os.close(folder)
    return found, problems


def _remove(folder: int, name: str) -> None:
    """Take a file out of the way; what can't be removed, such as a full directory, is set aside by name."""
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            aside = f".{secrets.token_hex(4)}-{name}"[:200]
            os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)


def _read_small_file(folder: int, name: str) -> bytes:
    with open_regular(name, flags=os.O_NOFOLLOW, folder=folder) as file:
        if os.fstat(file.fileno()).st_uid != os.geteuid():
            raise BadLine("it belongs to somebody else")
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise BadLine("it is too large")
    return data
