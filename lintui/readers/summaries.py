"""Turns TensorBoard's Event messages into points and histograms, without knowing which file they stand in.

The format: Event, Summary and HistogramProto in TensorFlow's event.proto, summary.proto and histogram.proto;
SessionStartInfo in TensorBoard's plugins/hparams/plugin_data.proto.
"""

import struct

from lintui.events import Scalar
from lintui.readers.bins import Bins, evenly
from lintui.readers.gathered import Column, Gathered
from lintui.readers.protobuf import Field, fields, signed, submessages, text, varint
from lintui.readers.tensors import MOST, shape_and_numbers

_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")
_WALL_TIME = b"\x09"
_STEP = b"\x10"
SETTINGS = b"_hparams_/session_start_info"
"""The tag of the event that has the hyperparameters."""


class Summaries:
    """Takes the events of one run in and adds what they say to what was gathered."""

    def __init__(self, gathered: Gathered) -> None:
        """Begin with no event."""
        self._gathered = gathered
        self.began = 0.0
        """Wall time of the run's start, in seconds since 1970; to be set before the first event is taken in."""
        self._known: dict[bytes, Column] = {}
        """What stands between step and value in the event of a plain scalar, and where its points go."""

    def take(self, event: bytes) -> None:
        """One event; raises ValueError or struct.error where it is none.

        Nearly all events differ only in time, step and value from one that was understood before.
        """
        step, at = 0, 9
        if event[9:10] == _STEP:
            step, at = varint(event, 10)
        column = self._known.get(event[at:-4])
        if column is None or event[:1] != _WALL_TIME:
            self._take_any(event, event[at:-4])
            return
        (wall,), (value,) = _DOUBLE.unpack_from(event, 1), _FLOAT.unpack_from(event, len(event) - 4)
        self._gathered.add(column, step, wall - self.began, value)

    def _take_any(self, event: bytes, between: bytes) -> None:
        step, wall = 0, self.began
        summaries: list[bytes] = []
        for number, _, value in fields(event):
            if number == 1 and isinstance(value, bytes):
                wall = _DOUBLE.unpack(value)[0]
            elif number == 2 and isinstance(value, int):
                step = signed(value)
            elif number == 5 and isinstance(value, bytes):
                summaries.append(value)
        for summary in summaries:
            for message in submessages(fields(summary), 1):
                column = self._take_value(fields(message), step, wall - self.began)
                if column is not None and between == _between(message):
                    self._known[between] = column

    def _take_value(self, value: list[Field], step: int, t: float) -> Column | None:
        """One value of a summary; returns its column where it is a plain scalar."""
        tag = text(value, 1)
        for number, _, content in value:
            if not isinstance(content, bytes):
                continue
            if number == 2:
                return self._take_scalar(tag, step, t, _FLOAT.unpack(content)[0])
            if number == 5:
                self._spread(tag, step, t, evenly(*_bins(content)))
            elif number == 8 and (tensor := shape_and_numbers(content)) is not None:
                shape, numbers = tensor
                if len(numbers) == 1:
                    self._take_scalar(tag, step, t, numbers[0])
                elif len(shape) == 2 and shape[1] == 3 and _plugin(value) in ("histograms", ""):
                    self._spread(tag, step, t, evenly(numbers[::3], numbers[1::3], numbers[2::3]))
        return None

    def _take_scalar(self, tag: str, step: int, t: float, value: float) -> Column | None:
        column = self._gathered.column(tag)
        if column is not None:
            self._gathered.add(column, step, t, value)
        return column

    def _spread(self, tag: str, step: int, t: float, bins: Bins | None) -> None:
        if bins is not None:
            self._gathered.spread(tag, step, t, bins)


def settings(event: bytes) -> dict[str, Scalar]:
    """The hyperparameters in an event, where it has any; raises ValueError."""
    found: dict[str, Scalar] = {}
    for summary in submessages(fields(event), 5):
        for value in map(fields, submessages(fields(summary), 1)):
            if text(value, 1).encode() != SETTINGS:
                continue
            for content in _below(_below(submessages(value, 9), 1), 2):
                for entry in _below(_below([content], 3), 1):
                    found[text(fields(entry), 1)] = _setting(submessages(fields(entry), 2))
    return found


def wall_time(event: bytes) -> float:
    """When an event was written, in seconds since 1970; 0 where it doesn't say. Raises ValueError, struct.error."""
    times = [value for number, _, value in fields(event) if number == 1 and isinstance(value, bytes)]
    return float(_DOUBLE.unpack(times[-1])[0]) if times else 0.0


def _below(messages: list[bytes], number: int) -> list[bytes]:
    return [inner for message in messages for inner in submessages(fields(message), number)]


def _setting(values: list[bytes]) -> Scalar:
    """A google.protobuf.Value, as far as it is plain."""
    for number, _, value in (field for message in values for field in fields(message)):
        match number, value:
            case 2, bytes():
                return float(_DOUBLE.unpack(value)[0])
            case 3, bytes():
                return value.decode(errors="replace")
            case 4, int():
                return bool(value)
    return None


def _plugin(value: list[Field]) -> str:
    """Whose data it says it is; empty where it doesn't say."""
    return next((text(fields(plugin), 1) for plugin in _below(submessages(value, 9), 1)), "")


def _between(value: bytes) -> bytes:
    """What stands between step and value where an event's only field is a summary and its only value is this one.

    Empty where that can't be told by a look at the lengths.
    """
    length = len(value)
    if length > 100 or value[:1] != b"\x0a" or value[1] != length - 7 or value[-5] != 0x15:
        return b""
    return bytes((0x2A, length + 2, 0x0A, length)) + value[:-4]


def _bins(histogram: bytes) -> tuple[list[float], list[float], list[float]]:
    """Left edges, right edges and counts of a HistogramProto, cut at its smallest and largest number."""
    found = fields(histogram)
    low, high = (_doubles(found, number)[-1:] for number in (1, 2))
    limits, counts = _doubles(found, 6), _doubles(found, 7)
    if len(limits) != len(counts) or not limits:
        raise ValueError("a histogram's counts do not fit its edges")
    bottom, top = (low or limits[:1])[0], (high or limits[-1:])[0]
    rights = [min(max(limit, bottom), top) for limit in limits]
    return [bottom, *rights[:-1]], rights, counts


def _doubles(found: list[Field], number: int) -> list[float]:
    """Doubles that stand one by one, or packed together; raises struct.error where they are cut, else ValueError
    where they are more than any histogram's."""
    joined = b"".join(submessages(found, number))
    if len(joined) > 8 * MOST:
        raise ValueError(f"a histogram has more than {MOST:,} bins")
    return list(struct.unpack(f"<{len(joined) // 8}d", joined))
