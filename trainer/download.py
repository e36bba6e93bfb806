"""Fetches a file over HTTP, whole and with the right checksum or not at all, without knowing what it is for."""

import functools
import hashlib
import os
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

Tell = Callable[[int, int | None], None]
"""Is told the bytes that are there and all there will be, where the server says so; may raise to end it."""

_TIMEOUT = 20.0
"""Seconds without a byte after which a connection counts as dead."""
_PIECE = 64 * 1024
_NOTHING_LEFT = 416
"""HTTP status: the file is not longer than what is there already."""

md5 = functools.partial(hashlib.md5, usedforsecurity=False)


class FetchError(Exception):
    """A file can't be fetched; the text says why."""


def is_whole(path: Path, checksum: str) -> bool:
    """Whether there is a file at `path` with that MD5, in hexadecimal digits; raises OSError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, md5).hexdigest() == checksum
    except FileNotFoundError:
        return False


def fetch(url: str, path: Path, checksum: str, tell: Tell) -> None:
    """Put what is at `url` at `path`, where nobody ever sees half of it; raises FetchError and what `tell` raises.

    What an earlier try has left beside it is gone on with. Only one process at a time may do this.
    """
    part = path.with_name(f"{path.name}.part")
    while True:
        before = _size(part)
        try:
            _go_on(url, part, tell)
            break
        except (OSError, HTTPException) as error:
            # A connection that breaks is made again, as long as each brings something new.
            if _size(part) <= before:
                raise FetchError(f"{url}: {_why(error)}") from error
    if not is_whole(part, checksum):
        part.unlink()
        raise FetchError(f"{url}: what came is damaged, its checksum is not the published one, and it was removed")
    os.replace(part, path)


def _go_on(url: str, part: Path, tell: Tell) -> None:
    """Fetch what is missing of `part`; raises OSError and HTTPException, with as much as came kept."""
    with _ask(url, _size(part)) as answer:
        done = _size(part)
        if answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            mode = "ab"
        else:
            # A server that doesn't know of parts sends all of it.
            mode, done = "wb", 0
        length = answer.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with part.open(mode, buffering=0) as file:
            tell(done, total)
            while piece := answer.read(_PIECE):
                file.write(piece)
                done += len(piece)
                tell(done, total)
            os.fsync(file.fileno())
        if total is not None and done < total:
            raise ConnectionError(f"the connection broke after {done} of {total} bytes")


def _ask(url: str, done: int) -> HTTPResponse:
    request = Request(url, headers={"User-Agent": "lintui", **({"Range": f"bytes={done}-"} if done else {})})
    try:
        answer: HTTPResponse = urlopen(request, timeout=_TIMEOUT)
        return answer
    except HTTPError as error:
        if error.code != _NOTHING_LEFT or not done:
            raise
        error.close()
        return _ask(url, 0)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"the server answers {error.code} {error.reason}"
    cause = error.reason if isinstance(error, URLError) else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
