"""Reads Hugging Face's trainer_state.json, which its Trainer writes anew at every checkpoint."""

import os
from pathlib import Path
from typing import Any

from lintui.events import Ended, Record
from lintui.readers.gathered import settings_in
from lintui.readers.parsing import NotJSON, parsed
from lintui.readers.reader import Reader
from lintui.readers.rows import Rows
from lintui.regular import open_regular

NAME = "trainer_state.json"
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read: it can only be read as a whole."""
_ENTRIES = 5_000
"""Entries of the history at a look."""
_SETTINGS = ("train_batch_size", "logging_steps", "eval_steps", "save_steps", "num_input_tokens_seen")


class TrainerState(Reader):
    """A run as the Trainer remembers it; where the file is replaced by a longer one, the run has gone on."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError, and NotJSON where it is no trainer's state."""
        super().__init__(path)
        self._rows = Rows(self.gathered)
        self._taken = 0
        """Entries of the history that were taken."""
        self._seen: tuple[int, ...] = ()
        """What told the file apart when it was read last."""
        self._is_over = False
        self._state = self._load()
        self._begin(self._state)

    def look(self) -> list[Record] | None:
        """The next entries of the history; None: there is no more yet."""
        history = self._state.get("log_history")
        entries = history[self._taken : self._taken + _ENTRIES] if isinstance(history, list) else []
        if not entries:
            return self._after_all()
        for entry in entries:
            if isinstance(entry, dict):
                self._rows.take(entry)
            else:
                self.gathered.tell(f"entry {self._taken} of the history is no object")
            self._taken += 1
        return self.gathered.take()

    def close(self) -> None:
        """Nothing is kept open."""

    def _load(self) -> dict[str, Any]:
        file = open_regular(self.path)
        try:
            about = os.fstat(file.fileno())
            data = file.read(LARGEST + 1)
        finally:
            file.close()
        self._seen = about.st_ino, about.st_mtime_ns, about.st_size
        if len(data) > LARGEST:
            raise NotJSON(f"it is larger than {LARGEST // 2**20} MiB")
        state = parsed(data)
        if not isinstance(state, dict) or not isinstance(state.get("log_history"), list):
            raise NotJSON("it has no log_history")
        return state

    def _begin(self, state: dict[str, Any]) -> None:
        config = settings_in({name: state[name] for name in _SETTINGS if isinstance(state.get(name), int | float)})
        self.begin(
            self._seen[1] / 1e9,
            config,
            steps=_count(state.get("max_steps")),
            epochs=_count(state.get("num_train_epochs")),
        )

    def _after_all(self) -> list[Record] | None:
        """Say the end where it has come; else see whether the file was replaced."""
        at, planned = _count(self._state.get("global_step")), _count(self._state.get("max_steps"))
        if at is not None and planned is not None and at >= planned and not self._is_over:
            self._is_over = True
            self.gathered.say(Ended(branch=self.gathered.branch, at=at, t=self._seconds(), how="done", summary={}))
        return self.gathered.take() or self._again()

    def _seconds(self) -> float:
        """How long the training took, as its last entry says; 0 where it doesn't."""
        last = self._state["log_history"][-1:]
        seconds = last[0].get("train_runtime") if last and isinstance(last[0], dict) else None
        return float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 1e9 else 0.0

    def _again(self) -> list[Record] | None:
        try:
            about = os.stat(self.path)
            if (about.st_ino, about.st_mtime_ns, about.st_size) == self._seen:
                return None
            self._state = self._load()
        except (OSError, NotJSON):  # it is being written: there will be another look
            return None
        return []


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and 0 < value < 2**53 else None
