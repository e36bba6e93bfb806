"""What a screen of ours ends with itself, if it is not detached: the runs of this process, or a script."""

from collections.abc import Sequence
from typing import Protocol

from lintui.rundir import RunDirectory
from tuiapp.signals import Caught
from tuiapp.watched import Watched


class Ours(Protocol):
    """One run or several that belong to whoever started them."""

    @property
    def watched(self) -> Sequence[Watched]:
        """The runs as they are watched, at least one."""

    @property
    def directories(self) -> Sequence[RunDirectory]:
        """Where each is kept."""

    @property
    def has_begun(self) -> bool:
        """Whether it was started."""

    @property
    def goes_on(self) -> bool:
        """Whether one of them has not ended, as far as is known."""

    @property
    def is_alive(self) -> bool:
        """Whether one of them still trains."""

    def start(self) -> None:
        """Train."""

    def close(self, reason: str) -> None:
        """Leave no log without an end; one that has ended stays as it is."""

    def give_up(self, reason: str, code: int) -> None:
        """End this process now, whatever hangs in it, with the logs closed if that can be done."""

    def put_summaries(self) -> None:
        """Print how each run ended and where its log is."""

    def exit_code(self, signals: Caught) -> int:
        """What this process ends with when all is over."""

    def end_process(self, code: int) -> int:
        """The exit code of this process; where a training can't be ended, the end of it, without waiting."""
