"""What a run can be told: each command has an id and an author and gets exactly one answer, at the safe point."""

import getpass
import os
import secrets
import socket
from dataclasses import dataclass
from typing import ClassVar

from lintui.events import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Give a knob a value."""

    kind: ClassVar[str] = "set"
    id: str
    by: str
    knob: str
    value: Scalar
    undoes: str = ""
    """The id of the intervention that this command sets back."""
    redoes: str = ""
    """The id of the setting-back that this command sets forward again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Multiply a numeric knob; meant for keys, where several presses may be on their way at once."""

    kind: ClassVar[str] = "scale"
    id: str
    by: str
    knob: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Make `count` more steps, then pause."""

    kind: ClassVar[str] = "step"
    id: str
    by: str
    count: int = 1
    knob: ClassVar[str] = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the training cleanly, keeping the result."""

    kind: ClassVar[str] = "stop"
    id: str
    by: str
    reason: str = ""
    knob: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Keep the training as it stands in a file."""

    kind: ClassVar[str] = "checkpoint"
    id: str
    by: str
    knob: ClassVar[str] = "checkpoint"


Command = Set | Scale | Step | Stop | Checkpoint

KINDS: dict[str, type[Command]] = {command.kind: command for command in (Set, Scale, Step, Stop, Checkpoint)}


def new_id() -> str:
    """A name for a command that no other command has."""
    return secrets.token_hex(8)


def author() -> str:
    """Who gives commands from this process: user, host and process id."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no such user in a container's password file
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}:{os.getpid()}"
