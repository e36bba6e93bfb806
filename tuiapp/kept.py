"""Files that a person asks for: a new one each time, in the first folder that takes it."""

import errno
from collections.abc import Sequence
from pathlib import Path

_MOST = 1_000
"""Files of one name that are told apart by a number."""


class NotKept(Exception):
    """No folder took the file; the text is one line that says why and what to do."""


def keep(stem: str, ending: str, text: str, folders: Sequence[Path]) -> Path:
    """Write `text` into a new file such as `stem-2.svg` and return where it is; raises NotKept."""
    problem = "there is no folder for it"
    for folder in folders:
        try:
            return _written(folder, stem, ending, text)
        except OSError as error:
            problem = error.strerror or str(error)
    raise NotKept(f"no file ({problem}): start lintui in a folder that you may write to")


def _written(folder: Path, stem: str, ending: str, text: str) -> Path:
    for number in range(1, _MOST):
        path = folder / (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")
        try:
            file = open(path, "x", encoding="utf-8", errors="replace")  # noqa: SIM115 - what is there already is kept
        except FileExistsError:
            continue
        try:
            with file:
                file.write(text)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(errno.EEXIST, f"there are {_MOST} of that name already")
