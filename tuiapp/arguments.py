"""What can be typed behind `lintui`: commands, flags and their help, without doing any of it."""

import argparse
import shutil
from pathlib import Path
from typing import NoReturn

from lintui import __version__
from trainer.catalog import CATALOG
from tuiapp import completion, settings
from tuiapp.commands import COMMANDS
from tuiapp.commands.named import names
from tuiapp.limits import EXAMPLE
from tuiapp.options import Mistake, number, rates, whole

_WIDE = 80


class _Parser(argparse.ArgumentParser):
    """Answers a mistake with one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Raise a mistake that says what is wrong and where help is."""
        raise Mistake(f"{message}; see {self.prog} --help")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Lines of 80 columns at most, whatever is wider."""

    def __init__(self, prog: str) -> None:
        """Lay out for a terminal no wider than 80 columns."""
        super().__init__(prog, max_help_position=24, width=min(shutil.get_terminal_size().columns, _WIDE))


def parser() -> argparse.ArgumentParser:
    """Parses a command line into a namespace whose `command` says what to do; raises Mistake."""
    whole_line = _Parser(
        prog="lintui",
        description="Watch and steer PyTorch training from the terminal.\nWithout a command: choose an experiment.",
        formatter_class=_Help,
        epilog=_examples(
            "lintui",
            "lintui demo linreg-scratch",
            "lintui demo softmax-blobs --headless --log run.jsonl",
            "lintui view run.jsonl",
        )
        + _SOURCES,
    )
    whole_line.add_argument("-V", "--version", action="version", version=f"lintui {__version__}")
    commands = whole_line.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=_Parser)
    screen = _screen()
    commands.add_parser(
        "pick",
        parents=[screen],
        help="choose an experiment (what happens without a command)",
        description="Choose one of the built-in experiments, and watch it learn.",
        formatter_class=_Help,
        epilog=_examples("lintui", "lintui pick --theme light") + _SOURCES,
    )
    demo = commands.add_parser(
        "demo",
        parents=[screen],
        help="train a built-in experiment",
        description="Train a built-in experiment, on the screen or, with --headless or off a\nterminal, without.",
        formatter_class=_Help,
        epilog=_examples(
            "lintui demo --list",
            "lintui demo linreg-scratch --lr 0.1 --seed 7",
            "lintui demo linreg-scratch --lr 0.1,0.03,0.01",
            "lintui demo softmax-blobs --preview",
            "lintui demo softmax-blobs --headless --log run.jsonl",
            f"lintui demo linreg-scratch --lr 3 --fail-on '{EXAMPLE}'",
        )
        + _SOURCES,
    )
    _add_demo(demo)
    run = commands.add_parser(
        "run",
        parents=[screen],
        help="your own script, watched and steered",
        description="Run your own training script as it is, watched and steered; off a terminal or with\n"
        "--headless, what it prints and nothing more. Whatever comes behind its name is the\nscript's.",
        formatter_class=_Help,
        epilog=_examples(
            "lintui run train.py --epochs 3",
            "lintui run --headless --log run.jsonl train.py",
            "lintui run -- accelerate launch train.py",
        )
        + _SOURCES,
    )
    run.add_argument("--headless", action="store_true", help="without a screen: what the script prints")
    _add_record(run)
    line = run.add_argument("line", nargs=argparse.PARSER, metavar="SCRIPT", help="a .py file, or any command")
    completion.offer(line, completion.files)
    view = commands.add_parser(
        "view",
        parents=[screen],
        help="look at runs, finished or growing",
        description="Look at a log, finished or growing, at several over each other, or choose from a\n"
        "folder of them; off a terminal, their summaries, or the list.",
        formatter_class=_Help,
        epilog=_examples("lintui view run.jsonl", "lintui view first.jsonl second.jsonl", "lintui view runs/")
        + _SOURCES,
    )
    path = view.add_argument(
        "path", metavar="PATH", nargs="+", help="a log, the directory or name of a run, or a folder with some"
    )
    completion.offer(path, completion.files)
    attach = commands.add_parser(
        "attach",
        parents=[screen],
        help="come back to runs that go on in other processes",
        description="Watch and steer runs that go on in other processes, several side by side; off a\n"
        "terminal, the lines of one.",
        formatter_class=_Help,
        epilog=_examples(
            "lintui attach", "lintui attach linreg-scratch --readonly", "lintui attach first-try second-try"
        )
        + _SOURCES,
    )
    runs = attach.add_argument(
        "runs", nargs="*", metavar="RUN", help="names or directories (the newest that goes on)"
    )
    completion.offer(runs, names)
    attach.add_argument("--readonly", action="store_true", help="look at it without steering it")
    for command in COMMANDS:
        added = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            formatter_class=_Help,
            epilog=_examples(*command.examples),
        )
        command.add(added)
    commands.add_parser(
        "completion",
        help="print what completes lintui's commands in your shell",
        description="Print a script that completes lintui's commands, flags and names in your shell.",
        formatter_class=_Help,
        epilog=completion.WHERE,
    ).add_argument("shell", metavar="SHELL", choices=completion.SHELLS, help=", ".join(completion.SHELLS))
    return whole_line


_SOURCES = """
settings come from flags, then from the environment (LINTUI_THEME, LINTUI_ASCII,
LINTUI_BUDGET, LINTUI_BANDWIDTH, LINTUI_FAIL_ON), then from [tool.lintui] in the
project's pyproject.toml, then from your own lintui/config.toml where your
system keeps such files (on Linux in ~/.config). Runs live under LINTUI_DIR.
"""


def _examples(*lines: str) -> str:
    return "\n  ".join(["examples:", *lines]) + "\n"


def _screen() -> _Parser:
    """The flags of every command that has a screen."""
    shared = _Parser(add_help=False)
    group = shared.add_argument_group("the screen")
    theme = group.add_argument(
        settings.THEME.flag,
        type=settings.THEME.from_flag,
        metavar="NAME",
        help=f"colours: {', '.join(settings.THEMES)}",
    )
    completion.offer(theme, completion.themes)
    group.add_argument(
        settings.ASCII.flag,
        action=argparse.BooleanOptionalAction,
        help="draw with nothing but ASCII, or not",
    )
    group.add_argument(
        settings.BUDGET.flag,
        type=settings.BUDGET.from_flag,
        metavar="SHARE",
        help="of the trainer's time that drawing may take, such as 0.1",
    )
    group.add_argument(
        settings.BANDWIDTH.flag,
        type=settings.BANDWIDTH.from_flag,
        metavar="BYTES",
        help="a second that may go to the terminal, such as 20k",
    )
    return shared


def _add_demo(demo: argparse.ArgumentParser) -> None:
    name = demo.add_argument("name", nargs="?", metavar="NAME", default=CATALOG[0].id, help="which one (see --list)")
    completion.offer(name, completion.experiments)
    demo.add_argument("--list", action="store_true", help="name the experiments, and what each teaches")
    demo.add_argument(
        "--lr", type=rates, metavar="X", help="learning rate, 0 or above; several with commas train side by side"
    )
    completion.offer(demo.add_argument("--loss", metavar="NAME", help="loss to start with"), completion.losses)
    completion.offer(demo.add_argument("--optimizer", metavar="NAME", help="optimizer"), completion.optimizers)
    demo.add_argument("--batch-size", type=whole("--batch-size", least=1), metavar="N", help="samples in a batch")
    demo.add_argument("--epochs", type=whole("--epochs", least=1), metavar="N", help="passes over the data")
    demo.add_argument("--seed", type=whole("--seed", least=0), metavar="N", help="of data, weights and order")
    demo.add_argument("--device", metavar="NAME", help="cpu, cuda:0, mps")
    demo.add_argument("--inputs", type=whole("--inputs", least=1), metavar="N", help="inputs of l1-line")
    csv = demo.add_argument("--csv", metavar="FILE", help="your own table, for the experiment called table")
    completion.offer(csv, completion.files)
    demo.add_argument("--target", metavar="COLUMN", help="of that table, to be predicted")
    demo.add_argument("--features", metavar="COLUMNS", help="to predict it from, with commas (all others)")
    data = demo.add_argument(
        "--data", metavar="DIR", help="a folder with the data set of softmax-scratch and -concise"
    )
    completion.offer(data, completion.files)
    demo.add_argument(
        "--speed",
        type=number("--speed", least=0.0),
        metavar="X",
        help="at most so many steps a second, 0 for no limit (on the screen about as many as can be followed)",
    )
    demo.add_argument("--preview", action="store_true", help="look at the data first: wait before the first step")
    demo.add_argument("--headless", action="store_true", help="without a screen: plain lines")
    demo.add_argument("--json", action="store_true", help="without a screen: the log's own lines")
    _add_record(demo)


def _add_record(command: argparse.ArgumentParser) -> None:
    """The flags of every command that trains: where the log goes, and what ends the training."""
    log = command.add_argument("--log", type=Path, metavar="FILE", help="where the log goes; must not exist yet")
    completion.offer(log, completion.files)
    command.add_argument(
        settings.FAIL_ON.flag,
        type=settings.FAIL_ON.from_flag,
        metavar="CONDITIONS",
        help="stop with exit code 3 when a metric is such as nan, inf, 'loss>5' or 'test:accuracy<0.5';"
        " several with commas",
    )
