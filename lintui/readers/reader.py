"""What every reader of a foreign format is: a source of records with a list of what was wrong, without a format."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path

from lintui.events import Record, Scalar, Started
from lintui.readers.gathered import Gathered

_PLAIN = frozenset({"metrics.csv", "trainer_state.json", "log.csv", "logs.json", "metrics.jsonl", "progress.csv"})
"""Names that tools give to every file; the folder tells the run."""
_CHECKPOINT = "checkpoint-"
_VERSION = "version_"
"""How the names of folders begin that a tool counts by itself; the folder above tells more."""


class Reader(ABC):
    """Reads a run of somebody else's from its start, and then whatever has been added."""

    def __init__(self, path: Path) -> None:
        """Begin a run that is named for `path`."""
        self.path = path
        self.gathered = Gathered()

    @property
    def problems(self) -> list[str]:
        """What was passed over, one plain line each; 1,000 at most."""
        return self.gathered.problems

    @property
    def more_problems(self) -> int:
        """Problems beyond those that are told."""
        return self.gathered.more_problems

    @abstractmethod
    def look(self) -> list[Record] | None:
        """The records in the next piece of the file; None: there is no more yet."""

    @abstractmethod
    def close(self) -> None:
        """Give the file up."""

    def begin(
        self,
        created: float,
        config: dict[str, Scalar] | None = None,
        *,
        name: str = "",
        steps: int | None = None,
        epochs: int | None = None,
    ) -> None:
        """Say which run this is; `created` is the wall time of its start, in seconds since 1970."""
        self.gathered.say(
            Started(
                name=name or run_name(self.path),
                created=wall_time(created),
                pid=0,
                host="",
                steps=steps,
                epochs=epochs,
                config=config or {},
            )
        )


def run_name(path: Path) -> str:
    """What a run in this file or folder is called: by the first name on the way up that a person may have given."""
    path = path.absolute()
    if path.name in _PLAIN or path.suffix == ".wandb" or ".tfevents." in path.name:
        path = path.parent
    if path.name.startswith(_CHECKPOINT):
        path = path.parent
    if path.name.startswith(_VERSION):
        return f"{path.parent.name}/{path.name}"
    return path.name or "run"


def wall_time(seconds: float) -> str:
    """UTC as ISO 8601; empty for what no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
