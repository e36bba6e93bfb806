"""One event or command to one JSON line and back, checked both ways, without touching a file.

A line ends with the CRC-32 of what stands before it. Non-finite values are null in place and stand by
name beside their columns, so that any JSON reader takes the file as it is and NaN and the infinities
stay distinct. Decoding is the border where text from outside is made harmless.
"""

import dataclasses
import math
import types
import zlib
from collections.abc import Callable, Mapping, Sequence, Sized
from itertools import chain
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from lintui import commands, events
from lintui.clean import TEXT_LIMIT, clean_line, clean_text
from lintui.spans import said_in_brief

MAX_LINE = 1024 * 1024
_CRC_KEY = b',"crc":"'
_CRC_TAIL = len(_CRC_KEY) + 8 + 2  # eight digits, then "}
SENTENCE_LIMIT = 2_000
"""Characters of what is said to a person at most: there may be thousands of such texts at a time."""
_SENTENCES = frozenset({"text", "reason", "note"})
_NAMES = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}


class BadLine(ValueError):
    """A line that is not one whole, undamaged record; its text says why."""


def encode_event(n: int, event: events.Event) -> bytes:
    """The line for record number `n`, newline included; raises ValueError where it would exceed MAX_LINE."""
    head: dict[str, Any] = {"n": n, "kind": event.kind}
    brief = said_in_brief(event) if isinstance(event, events.Steps) else None
    if brief is not None:
        head["brief"] = brief
    fields = {name: getattr(event, name) for name in checks(type(event))}
    values = fields.pop("values", None)
    columns = {} if values is None else {"values": values}
    body = _body(head | fields | columns)
    # What is not finite has become null: where there is none, nothing need be looked for.
    if b"null" in body:
        # Those of the metrics stand beside them under the metrics' own names; whatever else is not finite, by field.
        elsewhere = {"nonfinite_fields": found} if (found := _nonfinite(fields)) else {}
        beside = {"nonfinite": found} if brief is None and (found := _nonfinite(values)) else {}
        if elsewhere or beside:
            body = _body(head | fields | elsewhere | columns | beside)
    return _sealed(body)


def decode_event(line: bytes) -> events.Record | None:
    """The record of a line without its newline; None for a kind that this version does not know."""
    data = _opened(line)
    n = data.get("n")
    if type(n) is not int or not 0 <= n < 2**62:
        raise BadLine("its number is missing")
    kind = events.KINDS.get(_kind(data))
    if kind is None:
        return None
    _restore(data, data.get("nonfinite_fields", []))
    if isinstance(values := data.get("values"), dict):
        _restore(values, data.get("nonfinite", []))
    return events.Record(n, _built(kind, data))


def encode_command(command: commands.Command) -> bytes:
    """The text of one inbox file."""
    line: dict[str, Any] = {"kind": command.kind}
    for name in checks(type(command)):
        line[name] = getattr(command, name)
    return _sealed(_body(line))


def decode_command(line: bytes) -> commands.Command:
    """The command in one inbox file; raises BadLine."""
    data = _opened(line.removesuffix(b"\n"))
    kind = commands.KINDS.get(_kind(data))
    if kind is None:
        raise BadLine("it is no command")
    command: commands.Command = _built(kind, data)
    return command


def _body(line: Mapping[str, Any]) -> bytes:
    """The line but for its end; raises ValueError where it would exceed MAX_LINE."""
    try:
        body = orjson.dumps(line)[:-1]
    except orjson.JSONEncodeError:
        body = b""
    if not body or len(body) + _CRC_TAIL > MAX_LINE:
        # Text that no file can hold (a lone surrogate) or that no line can: say as much of it as can be said.
        body = orjson.dumps(_speakable(line))[:-1]
    if len(body) + _CRC_TAIL > MAX_LINE:
        raise ValueError(f"a record of {len(body)} bytes is longer than a line may be ({MAX_LINE})")
    return body


def _sealed(body: bytes) -> bytes:
    return b'%s,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def _speakable(value: Any) -> Any:
    if isinstance(value, str):
        return value[:TEXT_LIMIT].encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_speakable(key): _speakable(inner) for key, inner in value.items()}
    return [_speakable(inner) for inner in value] if isinstance(value, tuple | list) else value


def verify(line: bytes) -> None:
    """Nothing for a line that is as it was written; raises BadLine for one that is not, or is too long."""
    if len(line) > MAX_LINE:
        raise BadLine("it is longer than a line may be")
    body, tail = memoryview(line)[:-_CRC_TAIL], line[-_CRC_TAIL:]
    if not (tail.startswith(_CRC_KEY) and tail.endswith(b'"}')):
        raise BadLine("it has no checksum")
    if b"%08x" % zlib.crc32(body) != tail[len(_CRC_KEY) : -2]:
        raise BadLine("its checksum does not match")


def _opened(line: bytes) -> dict[str, Any]:
    verify(line)
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine("it is not JSON") from error
    if not isinstance(data, dict):
        raise BadLine("it is not a record")
    return data


def _kind(data: Mapping[str, Any]) -> str:
    kind = data.get("kind")
    if not isinstance(kind, str):
        raise BadLine("it does not say of what kind it is")
    return kind


def _nonfinite(values: Any, path: tuple[Any, ...] = ()) -> list[list[Any]]:
    """Where NaN and the infinities stand in the columns: the path to each and, last, its name."""
    if isinstance(values, tuple):
        if not values or isinstance(values[0], int | str) or _is_finite(values):
            return []
        if isinstance(values[0], tuple) and _is_finite([x for x in chain.from_iterable(values) if x is not None]):
            return []
        return [place for index, inner in enumerate(values) for place in _nonfinite(inner, (*path, index))]
    if isinstance(values, float):
        return [] if math.isfinite(values) else [[*path, _named(values)]]
    if isinstance(values, Mapping):
        return [place for key, inner in values.items() for place in _nonfinite(inner, (*path, key))]
    return []


def _is_finite(column: Sequence[Any]) -> bool:
    """Whether a column is seen at a glance to be floats, all of them finite: a sum is not if any term is not."""
    return bool(column) and set(map(type, column)) == {float} and math.isfinite(sum(column))


def _named(value: float) -> str:
    return "NaN" if value != value else "inf" if value > 0 else "-inf"


def _restore(values: dict[str, Any], nonfinite: Any) -> None:
    """Put the values that JSON can't say back into their places; raises BadLine where they don't fit."""
    try:
        for *place, name in nonfinite:
            target: Any = values
            for key in place[:-1]:
                target = target[key]
            if target[place[-1]] is not None:
                raise BadLine("a non-finite value stands where a number is")
            target[place[-1]] = _NAMES[name]
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise BadLine("its non-finite values do not fit its columns") from error


def _built(kind: type[Any], data: Mapping[str, Any]) -> Any:
    """An event or command of this kind from the fields that it knows; the others are skipped."""
    known: dict[str, Any] = {}
    for name, check in checks(kind).items():
        if name in data:
            try:
                known[name] = check(data[name])
            except (TypeError, ValueError, OverflowError) as error:
                raise BadLine(f"its field {name!r} is not what it should be") from error
    try:
        built = kind(**known)
    except TypeError as error:
        raise BadLine("a field is missing") from error
    if len({len(column) for column in _columns(built)}) > 1:
        raise BadLine("its columns differ in length")
    return built


def _columns(built: events.Event | commands.Command) -> list[Sized]:
    match built:
        case events.Steps():
            return [built.at, built.t, *built.values.values()]
        case events.Layers():
            return [built.at, built.t, built.lr, *built.values.values()]
        case events.Watching():
            return [built.names, built.shapes, built.whole]
    return []


Check = Callable[[Any], Any]
_FIELDS: dict[type[Any], dict[str, Check]] = {}


def checks(kind: type[Any]) -> dict[str, Check]:
    """Each field of the dataclass with the function that takes its JSON value and checks and cleans it."""
    if kind not in _FIELDS:
        hints = get_type_hints(kind)
        _FIELDS[kind] = {
            field.name: _text_check(field.name) or _check(hints[field.name]) for field in dataclasses.fields(kind)
        }
    return _FIELDS[kind]


def _text_check(name: str) -> Check | None:
    """The check of a field whose text may have several lines."""
    return _sentence if name in _SENTENCES else _long if name == "traceback" else None


def _check(hint: Any) -> Check:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        # Nearly all of a log is columns of plain numbers: these are looked at as a whole.
        if inner[0] in _COLUMNS:
            return _COLUMNS[inner[0]]
        one = _check(inner[0])
        return lambda value: tuple([one(v) for v in _exactly(list, value)])
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        one = _check(inner[1])
        return lambda value: {text_line(k): one(v) for k, v in _exactly(dict, value).items()}
    if isinstance(hint, types.UnionType):
        allowed = [_check(part) for part in inner]
        return lambda value: _first(allowed, value)
    return {int: _int, float: _float, bool: _bool, str: text_line, types.NoneType: _none}[hint]


def _exactly(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value


def _first(checks: list[Check], value: Any) -> Any:
    for check in checks:
        try:
            return check(value)
        except TypeError:
            continue
    raise TypeError


def _int(value: Any) -> int:
    if type(value) is not int or abs(value) >= 2**62:
        raise TypeError
    return value


def _float(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise TypeError
    return float(value)


def _ints(value: Any) -> tuple[int, ...]:
    column = _exactly(list, value)
    try:
        # Steps come in order, so that the ends bound all of them; and above 1 no bool passes for a number.
        if type(sum(column)) is int and column == sorted(column) and column[0] > 1 and column[-1] < 2**62:
            return tuple(column)
    except (TypeError, IndexError):
        pass
    return tuple([_int(one) for one in column])


def floats(value: Any) -> tuple[float, ...]:
    """A column of numbers, none of which is null; raises TypeError for anything else."""
    column = _exactly(list, value)
    try:
        # A method of floats alone, which gives them back: in one pass, whatever is none raises TypeError.
        return tuple(map(float.conjugate, column))
    except TypeError:
        return tuple([_float(one) for one in column])


_COLUMNS: dict[Any, Check] = {int: _ints, float: floats}


def _bool(value: Any) -> bool:
    return bool(_exactly(bool, value))


def _none(value: Any) -> None:
    _exactly(types.NoneType, value)


def text_line(value: Any) -> str:
    """A text of one line, harmless; raises TypeError for what is no text."""
    return clean_line(_exactly(str, value))


def _sentence(value: Any) -> str:
    return clean_text(_exactly(str, value), SENTENCE_LIMIT)


def _long(value: Any) -> str:
    return clean_text(_exactly(str, value))
