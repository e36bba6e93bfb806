"""Keeps a training as it stands in one file, which is there whole or not at all; without knowing what is in it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lintui.private import make_folders


def save(folder: Path, at: int, state: Mapping[str, Any]) -> str:
    """Write what `torch.save` can write into `folder`, and return the file's name; raises OSError.

    `torch.load(file, weights_only=True)` reads it again. Written in place, a file of a process that is killed
    meanwhile could not be read: it is written aside, confirmed by the disk, and renamed.
    """
    import torch

    make_folders(folder)
    name = f"step-{at:09}.pt"
    aside = folder / f".{name}.{os.getpid()}"
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, folder / name)
    except RuntimeError as error:  # what torch makes of a disk that is full
        raise OSError(str(error)) from error
    finally:
        aside.unlink(missing_ok=True)
    _confirm(folder)
    return name


def state_of(thing: Any) -> Any:
    """What of modules, optimizers and tensors, or lists and mappings of them, `torch.save` can write."""
    if hasattr(thing, "state_dict"):
        return thing.state_dict()
    if isinstance(thing, Mapping):
        return {str(name): state_of(inner) for name, inner in thing.items()}
    return [state_of(inner) for inner in thing] if isinstance(thing, list | tuple) else thing.detach()


def _confirm(folder: Path) -> None:
    """Have the disk confirm the new name, too."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
