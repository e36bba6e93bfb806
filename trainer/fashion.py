"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): where it comes from, and what is in it, without a model of it."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from lintui.private import make_folders
from trainer.clothes import CLASSES, FILES, SIDE, Part, check_side, parts
from trainer.data import Table
from trainer.download import FetchError, fetch, is_whole
from trainer.idx import read_labelled
from trainer.trouble import BadData

__all__ = ["CLASSES", "FILES", "HOME", "SIDE", "Tell", "fill", "load", "read"]

HOME = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
_LOOK_EVERY = 0.2
"""Seconds between two looks whether another process has let go of the cache."""

Tell = Callable[[str], None]
"""Is told, often, how far it is; may raise to end it."""


def load(folder: str, tell: Tell) -> tuple[Table, Table]:
    """Training and test set from `folder`, or where that is empty from the cache, to which they are fetched once.

    Images of shape (n, 28, 28) and labels of shape (n,), both uint8. Raises BadData and what `tell` raises.
    """
    if folder:
        return read(Path(folder))
    cache = Path(platformdirs.user_cache_path("lintui")) / "fashion-mnist"
    fill(cache, HOME, FILES, tell)
    return read(cache)


def read(folder: Path) -> tuple[Table, Table]:
    """Training and test set from the four files in `folder`, gzipped or plain; raises BadData."""
    train, test = parts(folder)
    return _read_part(train), _read_part(test)


def _read_part(part: Part) -> Table:
    table = Table(*read_labelled(*part, classes=len(CLASSES)))
    check_side(part.images, tuple(table.X.shape))
    return table


def fill(cache: Path, home: str, files: dict[str, str], tell: Tell) -> None:
    """Fetch into `cache` from the address `home` whichever of `files` is not there whole.

    Raises BadData, and what `tell` raises.
    """
    try:
        make_folders(cache)
        with _alone(cache, tell):
            for name, checksum in files.items():
                if not is_whole(cache / name, checksum):
                    how_far = functools.partial(_tell_bytes, tell, name, cache)
                    fetch(home + name, cache / name, checksum, how_far)
    except FetchError as error:
        raise BadData(
            f"can't fetch Fashion-MNIST, {error}; connect to the network and start again, "
            "or name a folder that holds it: --data DIR"
        ) from error
    except OSError as error:
        raise BadData(
            f"can't keep Fashion-MNIST in {cache}: {error.strerror or error}; name a folder that holds it: --data DIR"
        ) from error


@contextlib.contextmanager
def _alone(cache: Path, tell: Tell) -> Iterator[None]:
    """Hold a lock on the cache: two processes must not write one file."""
    lock = FileLock(cache / "lock", mode=0o600)
    while True:
        try:
            lock.acquire(timeout=_LOOK_EVERY)
            break
        except Timeout:
            tell(f"another process is fetching Fashion-MNIST into {cache}: waiting for it")
    try:
        yield
    finally:
        lock.release()


def _tell_bytes(tell: Tell, name: str, cache: Path, done: int, total: int | None) -> None:
    share = f" of {total / 1e6:.1f} MB ({100 * done / total:.0f} %)" if total else " MB"
    tell(f"fetching {name}, {done / 1e6:.1f}{share}, into {cache}")
