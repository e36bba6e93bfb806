"""Processes that have no parent any more: taken in, waited for, and looked at as far as the kernel tells."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path

import pytest
from strategies import wait_until

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self/fd").exists(), reason="only Linux tells this in /proc")
_SET_CHILD_SUBREAPER = 36


def take_in_orphans() -> None:
    """From now on the processes that ours leave behind are ours, so that their exit codes can be had; Linux only."""
    if PROC.exists():
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def exit_code(pid: int) -> int:
    """The exit code of a process that was taken in, once it has ended."""

    def ended() -> tuple[int, int] | None:
        found, status = os.waitpid(pid, os.WNOHANG)
        return (found, status) if found else None

    return os.waitstatus_to_exitcode(wait_until(ended, f"the end of process {pid}")[1])


def end(pid: int) -> None:
    """Kill a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def terminals_of(pid: int) -> list[str]:
    """The terminals on which a process has descriptors."""
    found = []
    for link in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(link))
    return [target for target in found if target.startswith(("/dev/pts", "/dev/tty"))]


def memory_of(pid: int) -> int:
    """Bytes of memory that a process has in use."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def working_on(runs: Path) -> list[int]:
    """The processes that were told to keep their runs in this folder, however far they have gone since."""
    return born_with(f"LINTUI_DIR={runs}")


def born_with(variable: str) -> list[int]:
    """The other processes that began with this in their environment; none where the kernel doesn't tell."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(folder.name)
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0") and is_alive(pid):
                found.append(pid)
    return [pid for pid in found if pid != os.getpid()]
