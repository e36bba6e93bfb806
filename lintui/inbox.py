"""Leave and collect commands: one small file a command, put in place by an atomic rename."""

import contextlib
import os
import secrets
import time
from pathlib import Path

from lintui.clean import clean_line
from lintui.codec import BadLine, decode_command, encode_command
from lintui.commands import Command
from lintui.regular import open_regular

_MAX_BYTES = 64 * 1024
_MAX_FILES = 1_000


def leave(inbox: Path, command: Command) -> None:
    """Put a command into the inbox of a run, which may belong to another process; raises OSError."""
    # Ordered by when they were left; the id keeps two of the same moment apart.
    name = f"{time.time_ns():020d}-{command.id}.json"
    aside = inbox / f".{name}"
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(encode_command(command))
    os.rename(aside, inbox / name)


def collect(inbox: Path) -> tuple[list[Command], list[str]]:
    """Take the commands out of the inbox, oldest first, and tell what was no command, a line each.

    At most a thousand files are taken in one call. Raises OSError where the inbox itself is gone.
    """
    found: list[Command] = []
    problems: list[str] = []
    for name in sorted(name for name in os.listdir(inbox) if not name.startswith("."))[:_MAX_FILES]:
        path = inbox / name
        try:
            found.append(decode_command(_read_small_file(path)))
        except (BadLine, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            problems.append(f"{clean_line(name)} in the inbox is no command: {reason}")
        _remove(path)
    return found, problems


def _remove(path: Path) -> None:
    """Take a file out of the way; what can't be removed, such as a full directory, is set aside by name."""
    try:
        os.unlink(path)
    except OSError:
        with contextlib.suppress(OSError):
            os.rename(path, path.with_name(f".{secrets.token_hex(4)}-{path.name}"[:200]))


def _read_small_file(path: Path) -> bytes:
    with open_regular(path, flags=os.O_NOFOLLOW) as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise BadLine("it is too large")
    return data
