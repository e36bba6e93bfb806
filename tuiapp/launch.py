"""Starts a built-in experiment on its thread: the one place where the screen side imports the trainer."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lintui import rundir
from lintui.commands import Command, Stop, author, new_id
from lintui.events import Record
from lintui.mailbox import Mailbox
from lintui.run import Run
from trainer.catalog import Entry, Settings
from tuiapp.feed import Feed, LiveFeed
from tuiapp.limits import Limits, parse

_CLOSE_WITHIN = 1.0


class CantStart(Exception):
    """The run can't be started as it was asked for; the text is one line that says what to do."""


@dataclass(slots=True)
class Session:
    """A run in this process: where its records come from, and how it is told something."""

    run: Run
    entry: Entry
    settings: Settings
    feed: Feed
    limits: Limits
    """What ends the training with a reason when it is met."""
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Train, on a thread; torch is imported only there, which takes seconds."""
        self.thread = threading.Thread(target=self._train, name="trainer", daemon=True)
        self.thread.start()

    def _train(self) -> None:
        try:
            from trainer.worker import Worker
        except Exception as error:  # noqa: BLE001 - a torch that can't be loaded is a run that failed
            self.run.fail(error)
            return
        Worker(self.entry, self.settings, self.run).run()

    def send(self, command: Command) -> None:
        """Tell the run something; its answer comes through the feed."""
        self.run.post(command)

    def close(self, reason: str) -> None:
        """Close the log of a run whose training is left behind; one that has ended stays as it is."""
        self.run.abandon(reason)

    def give_up(self, reason: str, code: int) -> None:
        """End this process now, whatever hangs in it, with the log closed if that can be done."""
        closing = threading.Thread(target=self.close, args=(reason,), daemon=True)
        closing.start()
        closing.join(_CLOSE_WITHIN)
        self._end_loaders()
        os._exit(code)

    def end_process(self, code: int) -> int:
        """The exit code of this process; where the training can't be ended, the end of it, without waiting.

        What the training started to load its data for it goes along.
        """
        if self.thread is None or not self.thread.is_alive():
            return code
        self._end_loaders()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)

    def _end_loaders(self) -> None:
        # Loaded by whoever started processes with it, and only then.
        if (multiprocessing := sys.modules.get("multiprocessing")) is not None:
            for child in multiprocessing.active_children():
                child.terminate()


def prepare(
    entry: Entry,
    settings: Settings,
    *,
    log: Path | None = None,
    speed: float | None = None,
    on_record: Callable[[Record], None] | None = None,
    fail_on: str = "",
) -> Session:
    """A run that is ready to start, in a directory of its own; raises CantStart.

    It is stopped when one of the conditions in `fail_on` is met, whether or not somebody looks.
    """
    mailbox = Mailbox()
    limits = Limits(parse(fail_on))
    by = author()

    def listen(record: Record) -> None:
        if on_record is not None:
            on_record(record)
        if reason := limits.take(record):
            run.post(Stop(id=new_id(), by=by, reason=reason))

    try:
        directory = rundir.create(entry.id, log)
    except rundir.RunDirectoryError as error:
        raise CantStart(str(error)) from error
    try:
        run = Run(
            entry.id,
            directory,
            task=entry.task,
            config=entry.config(settings),
            steps=entry.steps(settings),
            epochs=settings.epochs,
            speed=speed,
            mailbox=mailbox,
            on_record=listen if limits.conditions else on_record,
        )
    except FileExistsError as error:
        directory.remove()
        raise CantStart(f"{log} exists already; name a new file, or move that one away") from error
    except OSError as error:
        directory.remove()
        raise CantStart(f"can't write the log {log or ''}: {error.strerror or error}; name another place") from error
    return Session(run, entry, settings, LiveFeed(mailbox, directory.log), limits)


def check_device(device: str) -> None:
    """Raise CantStart unless torch can put a tensor there."""
    from trainer.worker import NoSuchDevice, check_device

    try:
        check_device(device)
    except NoSuchDevice as error:
        raise CantStart(str(error)) from error
