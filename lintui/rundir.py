"""A run's directory: create, name, find and list them, without reading what is in their logs."""

import datetime
import fcntl
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lintui.private import make_folders, open_folder

_NAME_LIMIT = 80
_MOST_NAMED = 5
"""Runs that are named where a name fits several."""
_PATIENCE = 0.5
"""Seconds: whoever only asks whether a run is being written has its lock for a moment."""


class RunDirectoryError(Exception):
    """A run's directory can't be had; the text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The places in one run's directory."""

    path: Path
    log: Path
    """Where the log is; inside the directory unless the person put it elsewhere."""

    @property
    def inbox(self) -> Path:
        """Where commands are left."""
        return self.path / "inbox"

    @property
    def artifacts(self) -> Path:
        """Where whatever is larger than a line of the log is kept."""
        return self.path / "artifacts"

    @property
    def checkpoints(self) -> Path:
        """Where the training is kept as it stood at some step."""
        return self.path / "checkpoints"

    @property
    def output(self) -> Path:
        """Where whatever is printed while a screen is up goes."""
        return self.path / "output.txt"

    @property
    def heartbeat(self) -> Path:
        """The file that is touched each second for as long as the run is written."""
        return self.path / "heartbeat"

    def is_written(self) -> bool:
        """Whether a process of this host is writing the run at the moment."""
        try:
            fd = os.open(self.path / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            # Shared, so that of two who only ask neither takes the other for the writer.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(fd)
        return False

    def remove(self) -> None:
        """Take back a directory in which no run has begun; a log outside it stays."""
        shutil.rmtree(self.path, ignore_errors=True)

    def lock(self, *, within: float = _PATIENCE) -> FileLock:
        """Take the directory for writing; raises RunDirectoryError where another process or user keeps it."""
        try:
            os.close(open_folder(self.path))
        except OSError as error:
            raise RunDirectoryError(f"can't write the run in {self.path}: {error.strerror or error}") from error
        # Also usable from the thread that closes the run, which may not be the one that opened it.
        lock = FileLock(self.path / "lock", thread_local=False, mode=0o600)
        try:
            lock.acquire(timeout=within)
        except Timeout as error:
            raise RunDirectoryError(f"another process is writing the run in {self.path}") from error
        return lock


def root() -> Path:
    """Where runs live: LINTUI_DIR, else the user's state folder; raises RunDirectoryError."""
    if chosen := os.environ.get("LINTUI_DIR"):
        try:
            return Path(chosen).expanduser().absolute()
        except RuntimeError as error:
            raise RunDirectoryError(f"LINTUI_DIR is {chosen}: {error}; set it to a folder of yours") from error
    import platformdirs

    return Path(platformdirs.user_state_path("lintui")) / "runs"


def safe_name(name: str) -> str:
    """The name with every character that is not on a short list replaced, so that it is no path."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_NAME_LIMIT].strip("-.")
    return safe or "run"


def create(name: str, log: Path | None = None) -> RunDirectory:
    """A new directory for a run called `name`, with its log at `log` if that is given.

    Raises RunDirectoryError where it can't be made. The log itself is not created here.
    """
    # To the microsecond, so that the order of names is the order of starts.
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    stem = f"{stamp}-{safe_name(name)}"
    parent = root()
    try:
        make_folders(parent)
        number = 1
        while True:
            path = parent / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1
        directory = RunDirectory(path, log.absolute() if log is not None else path / "log.jsonl")
        try:
            directory.inbox.mkdir(mode=0o700)
            directory.artifacts.mkdir(mode=0o700)
            if log is not None:
                _link(path / "log.jsonl", directory.log)
        except (OSError, RunDirectoryError):
            directory.remove()
            raise
    except OSError as error:
        raise RunDirectoryError(
            f"can't make a directory for the run in {parent}: {error.strerror or error}; "
            "set LINTUI_DIR to a folder that you may write to"
        ) from error
    return directory


def _link(link: Path, log: Path) -> None:
    try:
        link.symlink_to(log)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunDirectoryError(f"can't put the log at {log}: {reason}; name another place") from error


def listing() -> list[RunDirectory]:
    """All runs of ours under the root, newest first; empty where there are none."""
    found = []
    try:
        entries = sorted(os.scandir(root()), key=lambda entry: entry.name, reverse=True)
    except OSError:
        return []
    for entry in entries:
        log = Path(entry.path) / "log.jsonl"
        try:
            os.close(open_folder(Path(entry.path)))
            if stat.S_ISREG(os.stat(log).st_mode):
                found.append(RunDirectory(Path(entry.path), log))
        except OSError:
            continue
    return found


def find(name: str) -> RunDirectory:
    """The run whose directory is called `name`, or the newest that was given that name, or the one at that path.

    The path is that of its directory or of its log. Otherwise the only run in whose name it occurs. Raises
    RunDirectoryError where there is none, and where there are several.
    """
    runs = listing()
    for run in runs:
        # A stamp stands before the name that somebody gave.
        if name in (run.path.name, run.path.name.partition("-")[2]):
            return run
    if (there := _at(Path(name), runs)) is not None:
        return there
    having = [run for run in runs if name and name in run.path.name]
    if len(having) == 1:
        return having[0]
    if having:
        several = ", ".join(run.path.name for run in having[:_MOST_NAMED])
        more = f" and {len(having) - _MOST_NAMED} more" if len(having) > _MOST_NAMED else ""
        raise RunDirectoryError(f"{name} may be {several}{more}; name one of them")
    raise RunDirectoryError(f"there is no run called {name} in {root()}; name one of those, or its directory")


def _at(path: Path, runs: list[RunDirectory]) -> RunDirectory | None:
    """The run with this directory or this log, which may lie outside it."""
    try:
        if path.is_dir():
            log = path.absolute() / "log.jsonl"
            return RunDirectory(log.parent, log) if log.is_file() else None
        if not path.is_file():
            return None
        return next((run for run in runs if run.log.samefile(path)), RunDirectory(path.absolute().parent, path))
    except (OSError, ValueError):  # a name that no file can have
        return None


def newest() -> RunDirectory:
    """The newest run that is being written, else the newest; raises RunDirectoryError where there is none."""
    runs = listing()
    for run in runs:
        if run.is_written():
            return run
    if runs:
        return runs[0]
    raise RunDirectoryError(f"there is no run in {root()}; start one: lintui demo")
