"""The command line: what was asked for, checked, and handed to a screen or to plain lines."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lintui.clean import clean_line
from lintui.commands import Command
from lintui.events import Record
from trainer.catalog import CATALOG, OPTIONS, Entry, Settings, find
from tuiapp import completion, configuration
from tuiapp.arguments import parser
from tuiapp.guard import Lifeline, guarded
from tuiapp.options import Mistake, one_of
from tuiapp.preferences import Preferences

USAGE = 2
UNREADABLE = 4
_INTERVAL = 1.0


def run(arguments: Sequence[str]) -> int:
    """Do what the command line asks for and return the exit code."""
    _open_the_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't write every character gets what it can.
            stream.reconfigure(errors="backslashreplace")
    try:
        known = parser()
        completion.answer_the_shell(known)
        return _do(known.parse_args(list(arguments) or ["pick"]))
    except Mistake as mistake:
        # What was typed comes back in the message, and a terminal must not take it for a command.
        print(f"lintui: {clean_line(str(mistake), 1_000)}", file=sys.stderr)
        return USAGE


def _open_the_standard_streams() -> None:
    """Where a shell closed one of them (`<&-`): a log that is opened must not take its number."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115 - stays open until the end, as do the next two
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


def _do(asked: argparse.Namespace) -> int:
    if asked.command == "completion":
        print(completion.script(asked.shell), end="")
        return 0
    preferences = configuration.preferences(vars(asked))
    match asked.command:
        case "demo":
            return _demo(asked, preferences)
        case "view":
            return _view(asked, preferences)
        case "attach":
            return _attach(asked, preferences)
        case _:
            return _pick(preferences)


def _settings(entry: Entry, asked: argparse.Namespace) -> Settings:
    """The experiment's defaults with what was asked for; raises Mistake for what doesn't fit it."""
    if asked.loss is not None:
        one_of(f"loss of {entry.id}", asked.loss, entry.losses)
    if asked.optimizer is not None:
        one_of(f"optimizer of {entry.id}", asked.optimizer, entry.optimizers)
    for name in OPTIONS:
        if getattr(asked, name) is not None and name not in entry.options:
            takers = [other.id for other in CATALOG if name in other.options]
            raise Mistake(f"{entry.id} takes no --{name}; {' and '.join(takers)} would")
    given: dict[str, Any] = {
        name: value
        for name in ("loss", "optimizer", "batch_size", "epochs", "seed", "device", *OPTIONS)
        if (value := getattr(asked, name)) is not None
    }
    return replace(entry.defaults, **given)


def _demo(asked: argparse.Namespace, preferences: Preferences) -> int:
    if asked.list:
        for entry in CATALOG:
            print(f"{entry.id:<18}{entry.title}\n{'':<18}{entry.question}")
        return 0
    entry = find(one_of("experiment", asked.name, [entry.id for entry in CATALOG]))
    settings = _settings(entry, asked)
    is_seen = _on_a_terminal() and not (asked.headless or asked.json)
    if asked.preview and not is_seen:
        raise Mistake("--preview shows the data on a screen; leave it out, or start without --headless on a terminal")
    fail_on = preferences.fail_on
    rates = asked.lr or (settings.lr,)
    if len(rates) > 1 and (asked.log is not None or asked.json):
        flag = "--json prints" if asked.json else "--log names"
        raise Mistake(f"{flag} one log, and {len(rates)} learning rates make {len(rates)} runs; leave it out")
    from tuiapp.group import Group
    from tuiapp.launch import CantStart, check_device, prepare, prepare_several

    def start(speed: float | None, on_record: Callable[[Record], None] | None = None) -> Group:
        if len(rates) > 1:
            several = prepare_several(entry, rates, settings, speed=speed, paused=asked.preview, fail_on=fail_on)
            return Group(*several)
        at, paused = replace(settings, lr=rates[0]), asked.preview
        return Group(
            prepare(entry, at, log=asked.log, speed=speed, paused=paused, on_record=on_record, fail_on=fail_on)
        )

    try:
        if settings.device != "cpu":
            print(f"loading torch to look for {settings.device} …", file=sys.stderr)
            check_device(settings.device)
        if not is_seen:
            from tuiapp import plain

            on_record = plain.put_json if asked.json else None
            group = start(asked.speed or None, on_record)
            return plain.train(group, every=_INTERVAL, put=plain.put_nothing if asked.json else None)
    except CantStart as refusal:
        raise Mistake(str(refusal)) from refusal

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_group

        try:
            # Prepared before the screen comes, so that a refusal is one line on the terminal.
            group = start(entry.speed if asked.speed is None else asked.speed or None)
        except CantStart as refusal:
            raise Mistake(str(refusal)) from refusal
        return show_group(group, preferences, lifeline)

    return guarded(watch)


def _pick(preferences: Preferences) -> int:
    if not _on_a_terminal():
        raise Mistake("there is no terminal to choose on; name an experiment: lintui demo linreg-scratch --headless")

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_picker

        return show_picker(preferences, lifeline)

    return guarded(watch)


def _view(asked: argparse.Namespace, preferences: Preferences) -> int:
    path = asked.path / "log.jsonl" if asked.path.is_dir() else asked.path
    return _look(path, None, path.parent / "output.txt", lambda: False, preferences)


def _attach(asked: argparse.Namespace, preferences: Preferences) -> int:
    from lintui import rundir
    from lintui.inbox import leave

    try:
        directory = rundir.find(asked.run) if asked.run is not None else rundir.newest()
    except rundir.RunDirectoryError as error:
        print(f"lintui: {clean_line(str(error), 1_000)}", file=sys.stderr)
        return UNREADABLE
    steers = directory.is_written() and not asked.readonly
    send = (lambda command: leave(directory.inbox, command)) if steers else None
    return _look(directory.log, send, directory.output, directory.is_written, preferences)


def _look(
    path: Path,
    send: Callable[[Command], None] | None,
    output: Path,
    goes_on: Callable[[], bool],
    preferences: Preferences,
) -> int:
    """Show a log on the terminal, or print it where there is none, for as long as the run `goes_on`."""
    from tuiapp.feed import LogFeed

    try:
        feed = LogFeed(path)
    except OSError as error:
        refusal = f"lintui: can't read {path}: {error.strerror or error}; name a log or a run's directory"
        print(clean_line(refusal, 1_000), file=sys.stderr)
        return UNREADABLE
    if not _on_a_terminal():
        from tuiapp import plain

        return plain.replay(feed, str(path), goes_on=goes_on, every=_INTERVAL)

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_log

        return show_log(feed, send, output, preferences, lifeline)

    return guarded(watch)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
