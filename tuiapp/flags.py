"""What the commands of the command line have in common: help of one form, mistakes in one line, and shared flags."""

import argparse
import shutil
from pathlib import Path
from typing import NoReturn

from tuiapp import completion, settings
from tuiapp.options import Mistake

_WIDE = 80


class Parser(argparse.ArgumentParser):
    """Answers a mistake with one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Raise a mistake that says what is wrong and where help is."""
        raise Mistake(f"{message}; see {self.prog} --help")


class Help(argparse.RawDescriptionHelpFormatter):
    """Lines of 80 columns at most, whatever is wider."""

    def __init__(self, prog: str) -> None:
        """Lay out for a terminal no wider than 80 columns."""
        super().__init__(prog, max_help_position=24, width=min(shutil.get_terminal_size().columns, _WIDE))


SOURCES = """
settings come from flags, then from the environment (LINTUI_THEME, LINTUI_ASCII,
LINTUI_BUDGET, LINTUI_BANDWIDTH, LINTUI_FAIL_ON), then from [tool.lintui] in the
project's pyproject.toml, then from your own lintui/config.toml where your
system keeps such files (on Linux in ~/.config). Runs live under LINTUI_DIR.
"""


def examples(*lines: str) -> str:
    """What stands below a command's help: lines that can be typed as they are."""
    return "\n  ".join(["examples:", *lines]) + "\n"


def screen_flags() -> Parser:
    """The flags of every command that has a screen."""
    shared = Parser(add_help=False)
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


def add_record(command: argparse.ArgumentParser) -> None:
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
