"""The command line: what was asked for, checked, and handed to a screen or to plain lines."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from lintui.clean import clean_line
from lintui.events import Record
from trainer import loss_names
from trainer.catalog import CATALOG, OPTIONS, Entry, Settings, find
from tuiapp import completion, configuration
from tuiapp.arguments import parser
from tuiapp.commands import COMMANDS, printed
from tuiapp.guard import Lifeline, guarded
from tuiapp.options import Mistake, one_of, short
from tuiapp.preferences import Preferences

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
        return mistake.exit_code


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
    for command in COMMANDS:
        if asked.command == command.name:
            return printed.to_its_end(partial(command.run, asked))
    preferences = configuration.preferences(vars(asked))
    match asked.command:
        case "demo":
            return _demo(asked, preferences)
        case "run":
            return _run(asked, preferences)
        case "view":
            return _view(asked, preferences)
        case "attach":
            return _attach(asked, preferences)
        case _:
            return _pick(preferences)


def _settings(entry: Entry, asked: argparse.Namespace) -> Settings:
    """The experiment's defaults with what was asked for; raises Mistake for what doesn't fit it."""
    if asked.optimizer is not None:
        one_of(f"optimizer of {entry.id}", asked.optimizer, entry.optimizers)
    for name in OPTIONS:
        if getattr(asked, name) is not None and name not in entry.options:
            takers = [other.id for other in CATALOG if name in other.options]
            *others, last = takers
            would = f"{', '.join(others)} and {last}" if others else last
            raise Mistake(f"{entry.id} takes no --{name}; {would} would")
    if asked.features is not None and not asked.features.strip():
        raise Mistake("--features names no column; name some with commas between them, or leave it out for all")
    given: dict[str, Any] = {
        name: value
        for name in ("optimizer", "batch_size", "epochs", "seed", "device", *OPTIONS)
        if (value := getattr(asked, name)) is not None
    }
    if asked.loss is not None:
        given["loss"] = _loss(entry, asked.loss)
    return replace(entry.defaults, **given)


def _loss(entry: Entry, asked: str) -> str:
    """The loss of the experiment that goes by this name; raises Mistake, which names all that there are."""
    loss = loss_names.find(asked, entry.losses)
    if loss is None:
        raise Mistake(f"there is no loss of {entry.id} called {short(asked)!r}; there is {', '.join(entry.losses)}")
    return loss


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
            from tuiapp.headless import train
            from tuiapp.plain import put_json, put_nothing

            group = start(asked.speed or None, put_json if asked.json else None)
            return train(group, every=_INTERVAL, put=put_nothing if asked.json else None)
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


def _run(asked: argparse.Namespace, preferences: Preferences) -> int:
    from tuiapp.script import Script

    # What stands between lintui's flags and the command's own is no part of it.
    line = asked.line[1:] if asked.line[:1] == ["--"] else asked.line
    if not line:
        raise Mistake("there is no command behind --; name one, such as: lintui run -- python train.py")
    script = Script(line, log=asked.log, fail_on=preferences.fail_on)
    if asked.headless or not _on_a_terminal():
        return script.run_alone()

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_script

        return show_script(script, preferences, lifeline)

    return guarded(watch)


def _pick(preferences: Preferences) -> int:
    if not _on_a_terminal():
        raise Mistake("there is no terminal to choose on; name an experiment: lintui demo linreg-scratch --headless")

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_picker

        return show_picker(preferences, lifeline)

    return guarded(watch)


def _view(asked: argparse.Namespace, preferences: Preferences) -> int:
    from tuiapp import logs

    runs = logs.looked_up(asked.path)
    is_seen = _on_a_terminal()
    # Where the words mean more runs than there are words, one of them is a folder to choose from.
    watched = logs.opened(runs) if len(runs) <= len(asked.path) else []
    if not is_seen:
        from tuiapp.transcript import put_list, replay_all

        return replay_all(watched) if watched else put_list(runs)

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_list, show_runs

        return (
            show_runs(logs.played(watched), preferences, lifeline)
            if watched
            else show_list(runs, preferences, lifeline)
        )

    return guarded(watch)


def _attach(asked: argparse.Namespace, preferences: Preferences) -> int:
    from tuiapp.attach import attach

    return attach(asked.runs, preferences, readonly=asked.readonly, on_screen=_on_a_terminal())


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
