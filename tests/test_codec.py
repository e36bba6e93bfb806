"""What one line of a log or one file of an inbox says: the same after encoding and decoding, or BadLine."""

import copy
import json
import math
import zlib

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import (
    HOSTILE,
    SAMPLE,
    all_texts,
    any_command,
    any_event,
    any_hostile_event,
    events_of_every_kind,
    same,
    sealed,
)

from lintui import commands, events
from lintui.clean import clean_line, clean_text
from lintui.codec import (
    MAX_LINE,
    BadLine,
    decode_command,
    decode_event,
    encode_command,
    encode_event,
)
from lintui.events import Ended, Event, Layers, Level, Record, Said, Started, Steps, Values, Watching

NAN, INF = math.nan, math.inf
NUMBERS = st.integers(0, 2**62 - 1)


def there_and_back(event: Event, n: int = 0) -> Event:
    record = decode_event(encode_event(n, event)[:-1])
    assert record is not None
    assert record.n == n
    return record.event


def as_json(event: Event) -> dict[str, object]:
    return dict(json.loads(encode_event(0, event)))


# What is written is what is read


def test_every_kind_of_event_and_command_is_known_by_its_name() -> None:
    assert {event.kind for event in SAMPLE} == set(events.KINDS)
    assert set(events_of_every_kind()) == set(events.KINDS)
    assert set(commands.KINDS) == {"set", "scale", "step", "stop", "checkpoint"}


@given(any_event, NUMBERS)
def test_an_event_of_any_kind_is_read_as_it_was_written(event: Event, n: int) -> None:
    assert same(decode_event(encode_event(n, event)[:-1]), Record(n, event))


@given(any_command)
def test_a_command_of_any_kind_is_read_as_it_was_written(command: commands.Command) -> None:
    assert same(decode_command(encode_command(command)), command)


@given(any_event, NUMBERS)
def test_a_line_is_plain_json_that_begins_with_its_number_and_ends_with_its_checksum(event: Event, n: int) -> None:
    line = encode_event(n, event)
    data = json.loads(line, parse_constant=pytest.fail)
    assert list(data)[:2] == ["n", "kind"]
    assert list(data)[-1] == "crc"
    assert (data["n"], data["kind"]) == (n, event.kind)
    body, crc = line[: -len(',"crc":"00000000"}\n')], data["crc"]
    assert f"{zlib.crc32(body):08x}" == crc
    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]


# Columns


plain = st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
odd = st.sampled_from([True, False, None, "1", "NaN", [1.0], {}, 0, 1, -1, 2**62 - 1, 2**62, 2**63, -(2**62)])


def is_step(value: object) -> bool:
    """Whether one number may stand in a column of steps."""
    return type(value) is int and abs(value) < 2**62


def is_number(value: object) -> bool:
    """Whether one number may stand in a column of values."""
    return type(value) in (int, float)


@given(st.lists(plain | odd, min_size=1, max_size=8) | st.lists(st.integers(0, 9)).map(sorted), st.data())
def test_a_column_is_taken_if_each_of_its_numbers_is_and_then_number_by_number(
    column: list[object], data: st.DataObject
) -> None:
    numbers = [value for value in column if is_number(value) and -(2**63) <= value < 2**64]  # type: ignore[operator]
    for kept in (column, numbers, [value for value in column if is_step(value)]):
        values = data.draw(st.permutations(kept))
        line = {"n": 0, "kind": "steps", "branch": 0, "split": "batch", "at": [], "t": [], "values": {}}
        for name, fits, of in (("at", is_step, int), ("t", is_number, float)):
            try:
                body = sealed({**line, **{other: [2] * len(values) for other in ("at", "t")}, name: values})
            except TypeError:  # no JSON holds such a number
                continue
            if all(map(fits, values)):
                record = decode_event(body)
                assert record is not None
                taken, expected = getattr(record.event, name), tuple(map(of, values))  # type: ignore[arg-type]
                assert same(taken, expected) and [*map(type, taken)] == [of] * len(values)
            else:
                with pytest.raises(BadLine):
                    decode_event(body)


# Values that JSON has no word for


def test_nan_and_both_infinities_stay_distinct_in_the_metrics_of_steps() -> None:
    column = (1.0, NAN, INF, -INF, -0.0, 5e-324, 1e308)
    event = Steps(
        branch=0, split="batch", at=tuple(range(7)), t=(0.0,) * 7, values={"loss": column, "lr": (1.0,) * 7}
    )
    assert same(there_and_back(event), event)
    assert as_json(event)["values"] == {"loss": [1.0, None, None, None, -0.0, 5e-324, 1e308], "lr": [1.0] * 7}
    assert as_json(event)["nonfinite"] == [["loss", 1, "NaN"], ["loss", 2, "inf"], ["loss", 3, "-inf"]]


def test_infinities_that_cancel_in_a_sum_are_found() -> None:
    event = Steps(branch=0, split="batch", at=(1, 2), t=(0.0, 0.0), values={"loss": (INF, -INF)})
    assert same(there_and_back(event), event)


def test_finite_values_whose_sum_is_infinite_are_no_infinities() -> None:
    event = Steps(branch=0, split="batch", at=(1, 2), t=(0.0, 0.0), values={"loss": (1.7e308, 1.7e308)})
    assert same(there_and_back(event), event)
    assert "nonfinite" not in as_json(event)


def test_nan_and_both_infinities_stay_distinct_in_values() -> None:
    event = Values(branch=0, split="test", at=1, t=0.0, values={"a": NAN, "b": INF, "c": -INF, "d": 0.5})
    assert same(there_and_back(event), event)
    assert as_json(event)["values"] == {"a": None, "b": None, "c": None, "d": 0.5}


def test_nan_and_both_infinities_stay_distinct_from_nothing_in_looks_at_layers() -> None:
    look = ((NAN, None, INF), (-INF, 1.0, None))
    event = Layers(
        branch=0,
        at=(1, 2),
        t=(0.0, 0.1),
        lr=(None, 0.1),
        values={"value": look, "gradient": look[::-1], "change": ((None,) * 3,) * 2},
    )
    assert same(there_and_back(event), event)
    assert as_json(event)["values"]["value"] == [[None, None, None], [None, 1.0, None]]  # type: ignore[index]


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_the_summary_of_a_training_that_diverged_says_so(value: float) -> None:
    event = Ended(branch=0, at=1, t=0.0, how="done", summary={"w": value})
    assert same(there_and_back(event), event)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_a_level_that_is_not_finite_can_be_read(value: float) -> None:
    event = Level(split="train", name="loss", value=value, label="floor")
    assert same(there_and_back(event), event)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_a_learning_rate_that_is_not_finite_is_not_taken_for_none(value: float) -> None:
    event = Layers(
        branch=0, at=(1,), t=(0.0,), lr=(value,), values={"value": ((),), "gradient": ((),), "change": ((),)}
    )
    assert same(there_and_back(event), event)


def test_a_non_finite_value_can_not_stand_where_a_number_is() -> None:
    data = {"n": 0, "kind": "values", "branch": 0, "split": "a", "at": 1, "t": 0.0, "values": {"loss": 1.0}}
    with pytest.raises(BadLine):
        decode_event(sealed(data | {"nonfinite": [["loss", "NaN"]]}))


@pytest.mark.parametrize(
    "nonfinite",
    [
        [[]],
        [""],
        [["NaN"]],
        ["loss"],
        5,
        None,
        {"loss": 0},
        [["loss", "none"]],
        [["other", "NaN"]],
        [["loss", 0, "NaN"]],
        [["loss", [], "NaN"]],
        [["loss", {}]],
        [[None, "NaN"]],
    ],
    ids=repr,
)
def test_a_list_of_non_finite_values_that_fits_nothing_makes_a_bad_line(nonfinite: object) -> None:
    data = {"n": 0, "kind": "values", "branch": 0, "split": "a", "at": 1, "t": 0.0, "values": {"loss": None}}
    with pytest.raises(BadLine):
        decode_event(sealed(data | {"nonfinite": nonfinite}))


# Damage


def test_a_flipped_bit_is_never_a_silently_changed_value() -> None:
    for n, event in enumerate(SAMPLE):
        line = encode_event(n, event)[:-1]
        for bit in range(8 * len(line)):
            damaged = bytearray(line)
            damaged[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BadLine):
                decode_event(bytes(damaged))


def test_a_line_cut_short_anywhere_is_a_bad_line() -> None:
    for event in SAMPLE:
        line = encode_event(0, event)[:-1]
        for end in range(len(line)):
            with pytest.raises(BadLine):
                decode_event(line[:end])


@given(st.binary(max_size=200))
@example(b"")
@example(b',"crc":"00000000"}')
def test_random_bytes_are_a_bad_line(data: bytes) -> None:
    with pytest.raises(BadLine):
        decode_event(data)
    with pytest.raises(BadLine):
        decode_command(data)


# Lines of other versions, and lines that lie


def test_a_kind_that_is_not_known_is_skipped() -> None:
    assert decode_event(sealed({"n": 4, "kind": "hologram", "depth": [1, 2]})) is None


def test_a_kind_that_is_not_known_may_have_any_fields() -> None:
    assert decode_event(sealed({"n": 4, "kind": "hologram", "values": {"a": 1}, "nonfinite": "elsewhere"})) is None


@pytest.mark.parametrize("event", SAMPLE, ids=lambda event: event.kind)
def test_a_field_that_is_not_known_is_skipped(event: Event) -> None:
    data = orjson.loads(encode_event(3, event))
    del data["crc"]
    assert same(decode_event(sealed(data | {"colour": {"deep": [1, {"x": None}]}})), Record(3, event))


def test_a_field_with_a_default_may_be_missing() -> None:
    data = {"n": 0, "kind": "run", "name": "a", "created": "", "pid": 1, "host": "h", "config": {}}
    assert decode_event(sealed(data)) == Record(0, Started(name="a", created="", pid=1, host="h", config={}))


@pytest.mark.parametrize("event", SAMPLE, ids=lambda event: event.kind)
def test_a_field_of_another_type_makes_a_bad_line_and_a_missing_one_does_or_has_a_default(event: Event) -> None:
    data = orjson.loads(encode_event(3, event))
    del data["crc"]
    for name in data:
        if name == "kind":
            continue
        for wrong in ({"a": {}}, [[[]]], [1, [2]], [{"a": 1}]):
            with pytest.raises(BadLine):
                decode_event(sealed(data | {name: wrong}))
        try:
            record = decode_event(sealed({key: value for key, value in data.items() if key != name}))
        except BadLine:
            continue
        assert record is not None
        assert isinstance(record.event, type(event))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("at", [1.5]),
        ("at", [True]),
        ("at", 1),
        ("at", ["1"]),
        ("at", [2**62]),
        ("t", ["0"]),
        ("t", [None]),
        ("t", [True]),
        ("branch", 0.0),
        ("branch", True),
        ("branch", None),
        ("split", 3),
        ("split", None),
        ("values", []),
        ("values", {"loss": 1.0}),
        ("values", {"loss": [None]}),
        ("values", {"loss": ["1"]}),
        ("values", {"loss": [True]}),
    ],
)
def test_a_value_of_another_type_is_refused_and_not_converted(field: str, wrong: object) -> None:
    data = {"n": 0, "kind": "steps", "branch": 0, "split": "a", "at": [1], "t": [0.0], "values": {"loss": [1.0]}}
    assert decode_event(sealed(data)) is not None
    with pytest.raises(BadLine):
        decode_event(sealed(data | {field: wrong}))


@pytest.mark.parametrize("number", [None, -1, 1.0, True, "0", [], 2**62])
def test_a_line_without_a_proper_number_is_refused(number: object) -> None:
    with pytest.raises(BadLine):
        decode_event(sealed({"n": number, "kind": "said", "t": 0.0, "level": "info", "text": ""}))


@pytest.mark.parametrize("body", [b"[1", b"1", b'"text', b"", b"{", b'{"n":0,"n":1', b'{"n":0,"kind":7', b"\xff\xfe"])
def test_what_is_no_record_is_refused_even_with_a_right_checksum(body: bytes) -> None:
    with pytest.raises(BadLine):
        decode_event(sealed(body))
    with pytest.raises(BadLine):
        decode_command(sealed(body))


def test_columns_of_different_lengths_are_refused() -> None:
    steps = {"n": 0, "kind": "steps", "branch": 0, "split": "a", "at": [1, 2], "t": [0.0, 0.1]}
    layers = {"n": 0, "kind": "layers", "branch": 0, "at": [1], "t": [0.0]}
    for data in (
        steps | {"values": {"loss": [1.0]}},
        steps | {"values": {"loss": [1.0, 2.0], "norm": []}},
        steps | {"t": [0.0], "values": {}},
        layers | {"lr": [], "values": {}},
        layers | {"lr": [None], "values": {"value": []}},
        {"n": 0, "kind": "watching", "names": ["w"], "shapes": [], "whole": [True]},
    ):
        with pytest.raises(BadLine):
            decode_event(sealed(data))


json_things = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_line_it_is_an_event_or_unknown_or_a_bad_line(data: st.DataObject) -> None:
    line = orjson.loads(encode_event(0, data.draw(st.sampled_from(SAMPLE))))
    del line["crc"]
    changed = copy.deepcopy(line)
    names = st.sampled_from([*line, "nonfinite"])
    for name in data.draw(st.lists(names, min_size=1, max_size=3)):
        changed[name] = data.draw(json_things)
    try:
        record = decode_event(sealed(changed))
    except BadLine:
        return
    assert record is None or record.event.kind == changed["kind"]


# Size


def test_a_line_as_long_as_a_line_may_be_is_read_and_a_longer_one_refused_both_ways() -> None:
    def with_padding(count: int) -> bytes:
        return sealed({"n": 0, "kind": "said", "t": 0.0, "level": "info", "text": "", "more": "x" * count})

    room = MAX_LINE - len(with_padding(0))
    assert decode_event(with_padding(room)) is not None
    with pytest.raises(BadLine, match="longer"):
        decode_event(with_padding(room + 1))
    at = tuple(range(MAX_LINE // 4))
    with pytest.raises(ValueError, match="longer"):
        encode_event(0, Steps(branch=0, split="batch", at=at, t=(0.0,) * len(at), values={}))


@pytest.mark.parametrize("text", ["x" * 3 * MAX_LINE, "ж\n" * MAX_LINE, "\x00" * MAX_LINE], ids=["x", "ж", "NUL"])
def test_a_text_longer_than_a_line_may_be_is_written_as_far_as_it_fits(text: str) -> None:
    said = there_and_back(Said(t=0.0, level=text, text=text))
    assert isinstance(said, Said)
    assert said.text.startswith(clean_text(text[:100]))
    assert said.level.startswith(clean_line(text[:100]))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("place", [b'{"n":0,"kind":"said","more":', b""])
def test_a_nesting_of_a_hundred_thousand_is_a_bad_line_and_no_crash(opening: bytes, place: bytes) -> None:
    with pytest.raises(BadLine):
        decode_event(sealed(place + opening * 100_000))
    closing = {b"[": b"]", b'{"a":': b"}"}[opening]
    with pytest.raises(BadLine):
        decode_event(sealed(place + opening * 100_000 + b"1" + closing * 100_000))


# Text from outside


@given(any_hostile_event)
def test_no_text_that_was_decoded_can_command_a_terminal(event: Event) -> None:
    for text in all_texts(there_and_back(event)):
        assert not {c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)}
        assert not {c for c in text if 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069}
        assert len(text) <= 64 * 1024


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_are_one_short_line_and_only_long_texts_have_several(text: str) -> None:
    watching = there_and_back(Watching(names=(text,), shapes=("",), whole=(True,)))
    assert isinstance(watching, Watching)
    assert "\n" not in watching.names[0]
    assert len(watching.names[0]) <= 256
    ended = there_and_back(Ended(branch=0, at=0, t=0.0, how="failed", traceback="one\ntwo\x1b[2J", summary={}))
    assert isinstance(ended, Ended)
    assert ended.traceback == "one\ntwo␛[2J"


def test_a_command_from_outside_is_cleaned_too() -> None:
    command = decode_command(encode_command(commands.Set(id="1", by="\x1b[31mme", knob="lr", value="\x9b1")))
    assert isinstance(command, commands.Set)
    assert (command.by, command.value) == ("␛[31mme", "�1")


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb", "\udfff" * 3], ids=ascii)
def test_half_a_surrogate_pair_does_not_keep_an_event_from_being_written(text: str) -> None:
    # File names that are not UTF-8 come with them, and so does what an exception says about such a file.
    for event in (
        Said(t=0.0, level="info", text=text),
        Values(branch=0, split="a", at=0, t=0.0, values={text: 1.0}),
        Started(name=text, created="", pid=1, host="h", config={"argument": text}),
    ):
        assert all(t.isprintable() for t in all_texts(there_and_back(event)))
