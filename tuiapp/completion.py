"""Completes command lines in a shell: what fits where, without costing a start that completes nothing."""

import argparse
import os
from collections.abc import Callable, Iterable

from trainer.catalog import CATALOG, Entry
from tuiapp.settings import THEMES

SHELLS = ("bash", "zsh", "fish")
WHERE = """where it goes:
  bash  a line in ~/.bashrc:                  eval "$(lintui completion bash)"
  zsh   a line in ~/.zshrc, after compinit:   eval "$(lintui completion zsh)"
  fish  lintui completion fish > ~/.config/fish/completions/lintui.fish
"""

Completer = Callable[..., Iterable[str]]
"""Takes `prefix` and `parsed_args`, among other names, and gives what could stand there."""


def offer(action: argparse.Action, completer: Completer) -> None:
    """Let an argument be completed by this."""
    action.completer = completer  # type: ignore[attr-defined]


def script(shell: str) -> str:
    """What a shell has to run to complete `lintui`; `shell` is one of SHELLS."""
    from argcomplete.shell_integration import shellcode

    return shellcode(["lintui"], shell=shell, use_defaults=False)


def answer_the_shell(parser: argparse.ArgumentParser) -> None:
    """Where a shell asks what could come next, answer and exit; otherwise do nothing."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    import argcomplete
    from argcomplete.completers import SuppressCompleter

    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=SuppressCompleter())


def experiments(**_: object) -> list[str]:
    """The built-in experiments."""
    return [entry.id for entry in CATALOG]


def losses(*, parsed_args: argparse.Namespace, **_: object) -> Iterable[str]:
    """The losses of the experiment that was chosen."""
    return _chosen(parsed_args).losses


def optimizers(*, parsed_args: argparse.Namespace, **_: object) -> Iterable[str]:
    """The optimizers of the experiment that was chosen."""
    return _chosen(parsed_args).optimizers


def themes(**_: object) -> Iterable[str]:
    """The themes."""
    return THEMES


def files(*, prefix: str, **_: object) -> Iterable[str]:
    """The files that begin so."""
    from argcomplete.completers import FilesCompleter

    return FilesCompleter()(prefix)


def _chosen(parsed_args: argparse.Namespace) -> Entry:
    name = getattr(parsed_args, "name", "")
    return next((entry for entry in CATALOG if entry.id == name), CATALOG[0])
