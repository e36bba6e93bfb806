"""Prints for scripts: lines, JSON objects and lines of a log, to a reader that may have gone."""

import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lintui.clean import clean_text
from tuiapp.options import NotThere


def put(line: str) -> None:
    """Print one line, or several, of text."""
    print(clean_text(line))


def put_object(known: Mapping[str, Any]) -> None:
    """Print an object in one line of JSON, in ASCII; what is no finite number is null."""
    print(json.dumps(_finite(known), allow_nan=False))


def put_logged(line: bytes) -> None:
    """Print a whole line of a log as it is; what a terminal might obey stands there as an escape of JSON."""
    text = line.decode(errors="replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    sys.stdout.flush()
    # As bytes: the log is UTF-8 whatever the terminal's encoding.
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def to_its_end(run: Callable[[], int]) -> int:
    """Run a command that prints, and return its exit code; 0 where its reader has gone (`| head`)."""
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        _listen_no_more()
        return 0
    except OSError as error:
        _listen_no_more()
        raise NotThere(f"what was asked for can't be read or printed: {error.strerror or error}") from error
    return code


def _listen_no_more() -> None:
    """What is still waiting to be printed goes nowhere, instead of failing again at the very end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
