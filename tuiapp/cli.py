"""The command line: what was asked for, checked, and handed to a screen or to plain lines."""

import argparse
import io
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from lintui import __version__
from lintui.clean import clean_line
from lintui.commands import Command
from trainer.catalog import CATALOG, Entry, Settings, find
from tuiapp.guard import Lifeline, guarded
from tuiapp.preferences import Preferences

USAGE = 2
UNREADABLE = 4
_INTERVAL = 1.0
_LARGEST = 2**30
"""Whole numbers are below this, so that a seed gives each of its random streams a 32-bit seed of its own."""


class Mistake(Exception):
    """What was asked for can't be done; the text is one line that says what to do."""


class _Parser(argparse.ArgumentParser):
    """Answers a mistake with one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where help is, and exit with 2."""
        raise Mistake(f"{message}; see {self.prog} --help")


def run(arguments: Sequence[str]) -> int:
    """Do what the command line asks for and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't write every character gets what it can.
            stream.reconfigure(errors="backslashreplace")
    try:
        asked = _parser().parse_args(_with_default_command(arguments))
        return int(asked.do(asked))
    except Mistake as mistake:
        # What was typed comes back in the message, and a terminal must not take it for a command.
        print(f"lintui: {clean_line(str(mistake), 1_000)}", file=sys.stderr)
        return USAGE


def _with_default_command(arguments: Sequence[str]) -> list[str]:
    return list(arguments) or ["pick"]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lintui",
        description="Watch and steer PyTorch training from the terminal. Without a command: choose an experiment.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  lintui\n  lintui demo linreg-scratch\n"
        "  lintui demo softmax-blobs --headless --log run.jsonl",
    )
    parser.add_argument("--version", action="version", version=f"lintui {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    pick = commands.add_parser("pick", help="choose an experiment (what happens without a command)")
    pick.set_defaults(do=_pick)
    demo = commands.add_parser(
        "demo",
        help="train a built-in experiment",
        description="Train a built-in experiment, on the screen or, with --headless or off a terminal, without.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  lintui demo --list\n  lintui demo linreg-scratch --lr 0.1 --seed 7\n"
        "  lintui demo softmax-blobs --headless --log run.jsonl",
    )
    _add_demo_arguments(demo)
    view = commands.add_parser("view", help="look at a log, finished or growing")
    view.add_argument("path", metavar="PATH", type=Path, help="a log file, or the directory of a run")
    view.set_defaults(do=_view)
    attach = commands.add_parser("attach", help="come back to a run that goes on in another process")
    attach.add_argument("run", nargs="?", metavar="RUN", help="its name or directory (the newest that goes on)")
    attach.add_argument("--readonly", action="store_true", help="look at it without steering it")
    attach.set_defaults(do=_attach)
    return parser


def _add_demo_arguments(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("name", nargs="?", metavar="NAME", default=CATALOG[0].id, help="which one (see --list)")
    demo.add_argument("--list", action="store_true", help="name the experiments, and what each teaches")
    demo.add_argument("--lr", type=_number("--lr", least=0.0), metavar="X", help="learning rate, 0 or above")
    demo.add_argument("--loss", metavar="NAME", help="loss to start with")
    demo.add_argument("--optimizer", metavar="NAME", help="optimizer")
    demo.add_argument("--batch-size", type=_whole("--batch-size", least=1), metavar="N", help="samples in a batch")
    demo.add_argument("--epochs", type=_whole("--epochs", least=1), metavar="N", help="passes over the data")
    demo.add_argument("--seed", type=_whole("--seed", least=0), metavar="N", help="of data, weights and order")
    demo.add_argument("--device", metavar="NAME", help="cpu, cuda:0, mps")
    demo.add_argument(
        "--speed",
        type=_number("--speed", least=0.0),
        metavar="X",
        help="at most so many steps a second, 0 for no limit (on the screen about as many as can be followed)",
    )
    demo.add_argument("--headless", action="store_true", help="without a screen: plain lines")
    demo.add_argument("--json", action="store_true", help="without a screen: the log's own lines")
    demo.add_argument("--log", type=Path, metavar="FILE", help="where the log goes; must not exist yet")
    demo.set_defaults(do=_demo)


def _number(option: str, *, least: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise Mistake(f"{option} needs a number, not {_short(text)!r}; try {option} 0.01") from None
        if not math.isfinite(value) or value < least:
            raise Mistake(
                f"{option} needs a finite number of at least {least:g}, not {_short(text)!r}; try {option} 0.01"
            )
        return value

    return parse


def _whole(option: str, *, least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise Mistake(
                f"{option} needs a whole number, not {_short(text)!r}; try {option} {max(least, 1)}"
            ) from None
        if not least <= value < _LARGEST:
            raise Mistake(
                f"{option} needs a whole number from {least}, not {_short(text)}; try {option} {max(least, 1)}"
            )
        return value

    return parse


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _one_of(what: str, asked: str, known: Sequence[str]) -> str:
    if asked in known:
        return asked
    near = get_close_matches(asked, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
    raise Mistake(f"there is no {what} called {asked!r}; {hint}")


def _settings(entry: Entry, asked: argparse.Namespace) -> Settings:
    """The experiment's defaults with what was asked for; raises Mistake for what doesn't fit it."""
    if asked.loss is not None:
        _one_of(f"loss of {entry.id}", asked.loss, entry.losses)
    if asked.optimizer is not None:
        _one_of(f"optimizer of {entry.id}", asked.optimizer, entry.optimizers)
    given: dict[str, Any] = {
        name: value
        for name in ("lr", "loss", "optimizer", "batch_size", "epochs", "seed", "device")
        if (value := getattr(asked, name)) is not None
    }
    return replace(entry.defaults, **given)


def _demo(asked: argparse.Namespace) -> int:
    if asked.list:
        for entry in CATALOG:
            print(f"{entry.id:<18}{entry.title}\n{'':<18}{entry.question}")
        return 0
    entry = find(_one_of("experiment", asked.name, [entry.id for entry in CATALOG]))
    settings = _settings(entry, asked)
    from tuiapp.launch import CantStart, check_device, prepare

    try:
        if settings.device != "cpu":
            print(f"loading torch to look for {settings.device} …", file=sys.stderr)
            check_device(settings.device)
        if asked.headless or asked.json or not _on_a_terminal():
            from tuiapp import plain

            on_record = plain.put_json if asked.json else None
            speed = asked.speed or None
            session = prepare(entry, settings, log=asked.log, speed=speed, on_record=on_record)
            return plain.train(session, every=_INTERVAL, put=plain.put_nothing if asked.json else None)
    except CantStart as refusal:
        raise Mistake(str(refusal)) from refusal

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_session

        speed = entry.speed if asked.speed is None else asked.speed or None
        try:
            # Prepared before the screen comes, so that a refusal is one line on the terminal.
            session = prepare(entry, settings, log=asked.log, speed=speed)
        except CantStart as refusal:
            raise Mistake(str(refusal)) from refusal
        return show_session(session, Preferences(), lifeline)

    return guarded(watch)


def _pick(_: argparse.Namespace) -> int:
    if not _on_a_terminal():
        raise Mistake("there is no terminal to choose on; name an experiment: lintui demo linreg-scratch --headless")

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_picker

        return show_picker(Preferences(), lifeline)

    return guarded(watch)


def _view(asked: argparse.Namespace) -> int:
    path = asked.path / "log.jsonl" if asked.path.is_dir() else asked.path
    return _look(path, None, path.parent / "output.txt", lambda: False)


def _attach(asked: argparse.Namespace) -> int:
    from lintui import rundir
    from lintui.inbox import leave

    try:
        directory = rundir.find(asked.run) if asked.run is not None else rundir.newest()
    except rundir.RunDirectoryError as error:
        print(f"lintui: {clean_line(str(error), 1_000)}", file=sys.stderr)
        return UNREADABLE
    steers = directory.is_written() and not asked.readonly
    send = (lambda command: leave(directory.inbox, command)) if steers else None
    return _look(directory.log, send, directory.output, directory.is_written)


def _look(path: Path, send: Callable[[Command], None] | None, output: Path, goes_on: Callable[[], bool]) -> int:
    """Show a log on the terminal, or print it where there is none, for as long as the run `goes_on`."""
    from tuiapp.feed import LogFeed

    try:
        feed = LogFeed(path)
    except OSError as error:
        print(
            f"lintui: can't read {path}: {error.strerror or error}; name a log or a run's directory", file=sys.stderr
        )
        return UNREADABLE
    if not _on_a_terminal():
        from tuiapp import plain

        return plain.replay(feed, str(path), goes_on=goes_on, every=_INTERVAL)

    def watch(lifeline: Lifeline) -> int:
        from tuiapp.show import show_log

        return show_log(feed, send, output, Preferences(), lifeline)

    return guarded(watch)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
