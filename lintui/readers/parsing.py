"""JSON as training tools write it, NaN and infinities included, refused where it is nested too deep."""

import json
from typing import Any

import orjson

DEPTH = 64
"""How deep lists and objects may stand in each other."""


class NotJSON(ValueError):
    """What can't be read as JSON, or not safely."""


def parsed(data: bytes) -> Any:
    """The value in `data`; raises NotJSON."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        # Python's own writer, which most tools use, writes what no JSON has.
        if b"NaN" not in data and b"Infinity" not in data:
            raise NotJSON("it is no JSON") from error
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as refusal:
            raise NotJSON("it is no JSON") from refusal
    if _is_deeper(value, DEPTH):
        raise NotJSON(f"it is nested more than {DEPTH} deep")
    return value


def _is_deeper(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if depth == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_is_deeper(one, depth - 1) for one in inner if isinstance(one, dict | list))
