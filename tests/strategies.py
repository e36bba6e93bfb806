"""Events and commands of every kind to draw from, and the few tools that several tests share."""

import dataclasses
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

import lintui
from lintui import commands, events
from lintui.events import Record
from lintui.log import LogReader, LogWriter
from lintui.series import Series

PATIENCE = 30.0
"""Seconds after which something that was waited for is taken not to come; nothing is timed by it."""

HOSTILE = {
    "sets the title": "\x1b]0;title\x07",
    "sets the clipboard": "\x1b]52;c;c2VjcmV0\x07",
    "clears the screen": "\x9b2J",
    "reads backwards": "a\u202ereversed",
    "has no width": "zero\u200bwidth\ufeff",
    "piles up marks": "e" + "\u0301" * 50,
    "can be clicked": "[@click=app.quit]press[/]",
    "has several lines": "two\nlines\r\n\tand a tab",
    "has control characters": "\x00\x7f\x85\u2028\u2029",
    "never ends": "x" * 100_000,
}
"""Texts that mean harm; each of them is valid UTF-8."""

# Plain text: what `clean_line` has nothing to say against, so that it comes back as it went.
words = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=12)
texts = st.lists(words, max_size=3).map("\n".join)
wild = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40), st.sampled_from(list(HOSTILE.values()))
)
"""Any text that can be written as UTF-8."""

integers = st.integers(-(2**53), 2**53)
steps = st.integers(0, 2**40)
finite = st.floats(allow_nan=False, allow_infinity=False)
floats = st.floats()
seconds = st.floats(0, 1e9)
holes = st.none() | floats
scalars = st.one_of(st.none(), st.booleans(), integers, finite, words)
configs = st.dictionaries(words, scalars, max_size=4)


def _column(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=size, max_size=size).map(tuple)


@st.composite
def steps_events(draw: st.DrawFn, text: st.SearchStrategy[str] = words) -> events.Steps:
    """Metrics of up to five steps, in up to three columns."""
    size = draw(st.integers(0, 5))
    return events.Steps(
        branch=draw(steps),
        split=draw(text),
        rank=draw(steps),
        at=draw(_column(steps, size)),
        t=draw(_column(seconds, size)),
        values=draw(st.dictionaries(text, _column(floats, size), max_size=3)),
    )


@st.composite
def layers_events(draw: st.DrawFn) -> events.Layers:
    """Up to three looks at up to three parameters."""
    size, rows = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    look = _column(_column(holes, rows), size)
    return events.Layers(
        branch=draw(steps),
        at=draw(_column(steps, size)),
        t=draw(_column(seconds, size)),
        lr=draw(_column(st.none() | finite, size)),
        values={name: draw(look) for name in ("before", "value", "gradient", "change")},
    )


@st.composite
def watching_events(draw: st.DrawFn, text: st.SearchStrategy[str] = words) -> events.Watching:
    """Up to three rows."""
    rows = draw(st.integers(0, 3))
    return events.Watching(
        names=draw(_column(text, rows)), shapes=draw(_column(text, rows)), whole=draw(_column(st.booleans(), rows))
    )


def events_of_every_kind(
    text: st.SearchStrategy[str] = words, long: st.SearchStrategy[str] = texts
) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each kind of event, with `text` in the lines of text and `long` in the longer ones."""
    bounds = st.none() | finite
    return {
        "run": st.builds(
            events.Started,
            name=text,
            task=text,
            created=text,
            pid=steps,
            host=text,
            group=text,
            parent=text,
            steps=st.none() | steps,
            epochs=st.none() | steps,
            config=configs,
        ),
        "knob": st.builds(
            events.Declared,
            knob=text,
            label=text,
            shape=text,
            value=scalars,
            low=bounds,
            high=bounds,
            below=bounds,
            choices=st.lists(text, max_size=3).map(tuple),
            words=st.lists(text, max_size=3).map(tuple),
            base=bounds,
        ),
        "level": st.builds(events.Level, split=text, name=text, value=finite, label=text, under=text),
        "steps": steps_events(text),
        "values": st.builds(
            events.Values,
            branch=steps,
            split=text,
            rank=steps,
            at=steps,
            t=seconds,
            values=st.dictionaries(text, floats, max_size=3),
        ),
        "epoch": st.builds(events.Epoch, branch=steps, number=steps, at=steps, t=seconds),
        "watching": watching_events(text),
        "layers": layers_events(),
        "array": st.builds(
            events.Array,
            branch=steps,
            name=text,
            at=steps,
            t=seconds,
            file=text,
            shape=st.lists(steps, max_size=3).map(tuple),
            dtype=text,
            crc32=text,
            shows=text,
            axes=st.lists(text, max_size=3).map(tuple),
            low=st.lists(finite, max_size=3).map(tuple),
            high=st.lists(finite, max_size=3).map(tuple),
            labels=st.lists(text, max_size=3).map(tuple),
            text=long,
        ),
        "plan": st.builds(events.Planned, steps=st.none() | steps, epochs=st.none() | steps),
        "profile": st.builds(
            events.Profile,
            branch=steps,
            name=text,
            at=steps,
            t=seconds,
            x_name=text,
            low=finite,
            high=finite,
            y_name=text,
            y=st.lists(floats, max_size=5).map(tuple),
            marks=st.dictionaries(text, finite, max_size=3),
        ),
        "histogram": st.builds(
            events.Histogram,
            branch=steps,
            name=text,
            of=st.sampled_from(("weights", "gradients", "")) | text,
            at=steps,
            t=seconds,
            low=floats,
            high=floats,
            counts=st.lists(st.floats(0, 1e9) | floats, max_size=6).map(tuple),
            nonfinite=steps,
        ),
        "applied": st.builds(
            events.Applied,
            id=text,
            by=text,
            branch=steps,
            at=steps,
            t=seconds,
            knob=text,
            old=scalars,
            new=scalars,
            note=long,
            undoes=text,
            redoes=text,
        ),
        "refused": st.builds(
            events.Refused, id=text, by=text, branch=steps, at=steps, t=seconds, knob=text, reason=long
        ),
        "branched": st.builds(events.Branched, branch=steps, parent=steps, from_step=steps, why=text, t=seconds),
        "watched": st.builds(events.Watched, branch=steps, at=steps, t=seconds, share=finite),
        "said": st.builds(events.Said, t=seconds, level=text, text=long),
        "ended": st.builds(
            events.Ended,
            branch=steps,
            at=steps,
            t=seconds,
            how=text,
            reason=long,
            traceback=long,
            summary=configs,
        ),
    }


any_event: st.SearchStrategy[events.Event] = st.one_of(*events_of_every_kind().values())
any_hostile_event: st.SearchStrategy[events.Event] = st.one_of(*events_of_every_kind(wild, wild).values())

any_command: st.SearchStrategy[commands.Command] = st.one_of(
    st.builds(commands.Set, id=words, by=words, knob=words, value=scalars, undoes=words, redoes=words),
    st.builds(commands.Scale, id=words, by=words, knob=words, factor=finite),
    st.builds(commands.Step, id=words, by=words, count=integers),
    st.builds(commands.Stop, id=words, by=words, reason=texts),
    st.builds(commands.Checkpoint, id=words, by=words),
)


def same(one: Any, other: Any) -> bool:
    """Equality in which NaN equals NaN, 0.0 differs from -0.0, and nothing else is bent."""
    if isinstance(one, Series) and isinstance(other, Series):
        _ = one.buckets, other.buckets  # what is read only where somebody looks has been read
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        return type(one) is type(other) and all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one) if f.compare
        )
    if isinstance(one, Mapping):
        return isinstance(other, Mapping) and list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple | deque):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return repr(one) == repr(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def sealed(line: Any) -> bytes:
    """The bytes of a record with a right checksum, whatever is in it, without its newline."""
    body = line if isinstance(line, bytes) else orjson.dumps(line)[:-1]
    return b'%s,"crc":"%08x"}' % (body, zlib.crc32(body))


def all_texts(thing: Any) -> Iterator[str]:
    """Every string in an event, keys of mappings included."""
    if isinstance(thing, str):
        yield thing
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from all_texts(getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from all_texts(key)
            yield from all_texts(value)
    elif isinstance(thing, list | tuple):
        for inner in thing:
            yield from all_texts(inner)


def a_log(path: Path, said: Iterable[events.Event]) -> list[Record]:
    """Write a log with these events, and return its records."""
    writer = LogWriter.create(path)
    records = writer.append(said)
    writer.close()
    return records


def read_all(reader: LogReader) -> list[Record]:
    """All that can be read now."""
    records = []
    while some := reader.read():
        records += some
    return records


def read_log(path: Path) -> tuple[list[Record], list[str]]:
    """A log's records and problems, read from its start."""
    reader = LogReader(path)
    try:
        return read_all(reader), reader.problems
    finally:
        reader.close()


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Ask again and again until the answer is true, and return it; fails when that never happens."""
    end = time.monotonic() + PATIENCE
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"this never came: {what}")
        time.sleep(0.002)
    return answer


def promptly(call: Callable[[], Any]) -> Any:
    """What the call returns or raises; fails where it never does either, as one that opens a FIFO may."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again below
            answers.append((None, error))

    threading.Thread(target=ask, daemon=True).start()
    answer, error = wait_until(lambda: answers, "an answer")[0]
    if error is not None:
        raise error
    return answer


def child_environment() -> dict[str, str]:
    """The environment for a Python child process that is to find the package under test."""
    return {**os.environ, "PYTHONPATH": str(Path(lintui.__file__).parent.parent)}


SAMPLE: tuple[events.Event, ...] = (
    events.Started(
        name="sample",
        task="regression",
        created="2024-01-01T00:00:00+00:00",
        pid=7,
        host="here",
        steps=300,
        config={"lr": 0.03, "loss": "mse", "amp": False, "warmup": None, "seed": 0},
    ),
    events.Declared(knob="paused", label="paused", shape="switch", value=False),
    events.Declared(knob="lr", label="learning rate", shape="number", value=0.03, low=0.0),
    events.Declared(knob="loss", label="loss", shape="choice", value="mse", choices=("mse", "l1")),
    events.Level(split="train", name="loss", value=0.0001, label="floor", under="mse"),
    events.Watching(names=("w[0]", "w[1]", "b"), shapes=("2×1", "", "1"), whole=(False, False, False)),
    events.Steps(
        branch=0, split="batch", at=(1, 2, 3), t=(0.1, 0.2, 0.3), values={"loss": (2.5, float("nan"), 1e-9)}
    ),
    events.Values(branch=0, split="train", at=3, t=0.3, values={"loss": float("inf"), "mse": 0.25}),
    events.Layers(
        branch=0,
        at=(2, 3),
        t=(0.2, 0.3),
        lr=(0.03, None),
        values={
            "value": ((0.1, 0.2, 0.3), (0.1, float("-inf"), 0.3)),
            "gradient": ((None, 1.0, 2.0), (1.0, 1.0, float("nan"))),
            "change": ((0.5, 0.25, None), (0.5, 0.25, 0.125)),
        },
    ),
    events.Applied(id="1a", by="someone", branch=0, at=3, t=0.31, knob="lr", old=0.03, new=0.06),
    events.Refused(id="2b", by="someone", branch=0, at=3, t=0.32, knob="lr", reason="it can't be below 0"),
    events.Epoch(branch=0, number=1, at=3, t=0.33),
    events.Array(
        branch=0, name="regions", at=3, t=0.34, file="regions-3.bin", shape=(4, 8), dtype="uint8", crc32="00c0ffee"
    ),
    events.Steps(branch=0, split="batch", rank=1, at=(4,), t=(0.4,), values={"loss": (0.5,), "norm": (1.5,)}),
    events.Profile(
        branch=0,
        name="downhill",
        at=4,
        t=0.4,
        x_name="angle",
        low=0.0,
        high=270.0,
        y_name="change of loss",
        y=(0.5, float("nan"), -0.5, 0.0),
        marks={"−gradient": 180.0},
    ),
    events.Histogram(
        branch=0,
        name="hidden.weight",
        of="gradients",
        at=4,
        t=0.4,
        low=-0.25,
        high=0.5,
        counts=(1.0, 0.0, 12.0),
        nonfinite=2,
    ),
    events.Planned(steps=400, epochs=4),
    events.Watched(branch=0, at=4, t=0.41, share=0.0123),
    events.Said(t=0.42, level="info", text="a word, and ünïcödé"),
    events.Branched(branch=1, parent=0, from_step=3, why="rewind", t=0.43),
    events.Steps(branch=1, split="batch", at=(4, 5), t=(0.5, 0.6), values={"loss": (0.4, 0.3)}),
    events.Applied(id="3c", by="someone", branch=1, at=5, t=0.61, knob="lr", old=0.06, new=0.03, undoes="1a"),
    events.Ended(branch=1, at=5, t=0.7, how="stopped", reason="enough", summary={"loss": 0.3, "kept": True}),
)
"""A short log in which every kind of event stands at least once."""
