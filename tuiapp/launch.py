"""Starts a built-in experiment on its thread: the one place where the screen side imports the trainer."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lintui import rundir
from lintui.clean import clean_line
from lintui.commands import Stop, author, new_id
from lintui.events import Record
from lintui.mailbox import Mailbox
from trainer.catalog import Entry, Settings
from tuiapp.feed import LiveFeed
from tuiapp.figures import typed
from tuiapp.limits import Limits, parse
from tuiapp.watched import Watched

if TYPE_CHECKING:
    from lintui.run import Run


class CantStart(Exception):
    """The run can't be started as it was asked for; the text is one line that says what to do."""


@dataclass(slots=True)
class Session:
    """A run in this process: what trains it, and how it is watched."""

    run: "Run"
    entry: Entry
    settings: Settings
    watched: Watched
    limits: Limits
    """What ends the training with a reason when it is met."""
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Train, on a thread; torch is imported only there, which takes seconds."""
        self.thread = threading.Thread(target=self._train, name="trainer", daemon=True)
        self.thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still trains."""
        return self.thread is not None and self.thread.is_alive()

    def _train(self) -> None:
        try:
            from trainer.worker import Worker
        except Exception as error:  # noqa: BLE001 - a torch that can't be loaded is a run that failed
            self.run.fail(error)
            return
        Worker(self.entry, self.settings, self.run).run()


def prepare(
    entry: Entry,
    settings: Settings,
    *,
    log: Path | None = None,
    speed: float | None = None,
    paused: bool = False,
    on_record: Callable[[Record], None] | None = None,
    fail_on: str = "",
    group: str = "",
    label: str = "",
) -> Session:
    """A run that is ready to start, in a directory of its own; raises CantStart.

    `paused`, it waits before its first step. It is stopped when one of the conditions in `fail_on` is met,
    whether or not somebody looks. `label` tells it from the other runs of its `group`.
    """
    mailbox = Mailbox()
    limits = Limits(parse(fail_on))
    by = author()

    def listen(record: Record) -> None:
        if on_record is not None:
            on_record(record)
        if reason := limits.take(record):
            run.post(Stop(id=new_id(), by=by, reason=reason))

    _check_data(entry, settings)
    try:
        directory = rundir.create(entry.id, log)
    except rundir.RunDirectoryError as error:
        raise CantStart(str(error)) from error
    try:
        from lintui.run import Run  # what only looks at runs does without it

        run = Run(
            entry.id,
            directory,
            task=entry.task,
            config=entry.config(settings),
            steps=entry.steps(settings),
            epochs=settings.epochs,
            speed=speed,
            group=group,
            paused=paused,
            mailbox=mailbox,
            on_record=listen if limits.conditions else on_record,
        )
    except FileExistsError as error:
        directory.remove()
        raise CantStart(f"{log} exists already; name a new file, or move that one away") from error
    except OSError as error:
        directory.remove()
        raise CantStart(f"can't write the log {log or ''}: {error.strerror or error}; name another place") from error
    watched = Watched(LiveFeed(mailbox, directory.log), run.post, directory.path, label)
    return Session(run, entry, settings, watched, limits)


def prepare_several(
    entry: Entry,
    rates: Sequence[float],
    settings: Settings,
    *,
    speed: float | None = None,
    paused: bool = False,
    fail_on: str = "",
) -> list[Session]:
    """A run for each learning rate, from the same start on the same batches, in one group; raises CantStart."""
    group = new_id()
    sessions: list[Session] = []
    try:
        for lr in rates:
            at = replace(settings, lr=lr)
            label = f"lr {typed(lr)}"
            sessions.append(prepare(entry, at, speed=speed, paused=paused, fail_on=fail_on, group=group, label=label))
    except CantStart:
        for session in sessions:
            session.run.abandon("not all runs beside it could be started")
        raise
    return sessions


def _check_data(entry: Entry, settings: Settings) -> None:
    """Raise CantStart where a first look at the person's own data shows already that it can't be trained on."""
    from trainer.trouble import BadData

    if settings.data and not Path(settings.data).is_dir():
        raise CantStart(
            f"there is no folder {settings.data}; name one with --data, or leave it out to fetch the data"
        )
    try:
        if settings.data:
            from trainer import clothes

            clothes.check(Path(settings.data))
        if "csv" in entry.options:
            from trainer import table

            table.check(settings.csv, target=settings.target, features=settings.features)
    except BadData as error:
        raise CantStart(clean_line(str(error), 1_000)) from error


def check_device(device: str) -> None:
    """Raise CantStart unless torch can put a tensor there."""
    from trainer.worker import NoSuchDevice, check_device

    try:
        check_device(device)
    except NoSuchDevice as error:
        raise CantStart(str(error)) from error
