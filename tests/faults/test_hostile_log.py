"""A log that means harm: it is read in bounded memory and bounded pieces, and refused in one plain line."""

import os
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import HOSTILE, PATIENCE, child_environment, sealed

from lintui.clean import NAME_LIMIT, TEXT_LIMIT, clean_line, clean_text
from lintui.events import Epoch, Level, Record, Values
from lintui.known import MAX_EPOCHS, MAX_LEVELS
from lintui.log import LogReader
from lintui.state import RunState

MEGABYTE = 2**20
PROMISED = 200 * MEGABYTE
"""Bytes by which the memory of a reader may grow."""

STARTED = {"n": 0, "kind": "run", "name": "hostile", "created": "", "pid": 1, "host": "", "config": {}}
Said = dict[str, object]


def lines(said: Iterator[Said] | list[Said]) -> Iterator[bytes]:
    """As lines of a log, numbered, with right checksums."""
    for n, line in enumerate([{key: value for key, value in STARTED.items() if key != "n"}, *said]):
        yield sealed({"n": n, **line}) + b"\n"


def write(path: Path, said: Iterator[Said]) -> None:
    with path.open("wb") as file:
        file.writelines(lines([]))
        for n, line in enumerate(said, start=1):
            file.write(sealed({"n": n, **line}) + b"\n")


# Logs that mean harm


def a_line_of_a_gigabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(lines([]))
        file.truncate(2**30)  # a hole, which reads as zeros
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + sealed({"n": 1, "kind": "said", "t": 0.0, "level": "info", "text": "after it"}) + b"\n")


def a_depth_of_a_hundred_thousand(path: Path) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with path.open("wb") as file:
        file.writelines(lines([]))
        for n in range(1, 50):
            file.write(sealed(b'{"n":%d,"kind":"values","values":' % n + deep) + b"\n")
            file.write(sealed(b'{"n":%d,"kind":"said","more":' % n + deep) + b"\n")


def a_million_series(path: Path) -> None:
    values = ({f"{i}": 1.0 for i in range(k, k + 20_000)} for k in range(0, 1_000_000, 20_000))
    write(path, ({"kind": "values", "branch": 0, "split": "", "at": 1, "t": 0.0, "values": some} for some in values))


def ten_thousand_long_series(path: Path) -> None:
    def column(i: int) -> list[float]:
        return [i * 1.1 + j for j in range(100)]

    at = list(range(0, 100_000_000, 1_000_000))
    write(
        path,
        (
            {"kind": "steps", "branch": 0, "split": "", "at": at, "t": [0.0] * 100, "values": some}
            for k in range(0, 10_000, 250)
            for some in [{f"{i}" + "ж" * 200: column(i) for i in range(k, k + 250)}]
        ),
    )


def everything_without_end(path: Path, many: int = 300) -> None:
    """So many of the largest of whatever is kept."""
    name, text = "ж" * 256, "😀" * 60_000

    def said() -> Iterator[Said]:
        for i in range(many):
            own = f"{i}{name}"
            moment = {"branch": 0, "at": i, "t": 0.0}
            yield {"kind": "said", "t": 0.0, "level": name, "text": text}
            yield {"kind": "epoch", "number": i, **moment}
            yield {"kind": "level", "split": own, "name": own, "value": 0.0, "label": own}
            yield {
                "kind": "applied",
                "id": own,
                "by": own,
                "knob": own,
                "old": own,
                "new": own,
                "note": text,
                **moment,
            }
            if i % 10 == 0:
                yield {
                    "kind": "knob",
                    "knob": own,
                    "label": own,
                    "shape": "choice",
                    "value": "",
                    "choices": [name] * 900,
                    "words": [name] * 900,
                }
                yield {
                    "kind": "array",
                    "name": own,
                    "file": "",
                    "shape": [i] * 90_000,
                    "dtype": "",
                    "crc32": "",
                    **moment,
                }
                yield {
                    "kind": "ended",
                    "how": own,
                    "traceback": text,
                    "summary": {f"{j}": name for j in range(900)},
                    **moment,
                }
        yield {"kind": "watching", "names": [""] * 80_000, "shapes": [""] * 80_000, "whole": [True] * 80_000}

    write(path, said())


def nothing_but_line_ends(path: Path, many: int = MEGABYTE) -> None:
    path.write_bytes(next(lines([])) + b"\n" * many)


HARM = {
    "a line of a gigabyte": a_line_of_a_gigabyte,
    "a depth of a hundred thousand": a_depth_of_a_hundred_thousand,
    "a million series": a_million_series,
    "ten thousand long series": ten_thousand_long_series,
    "hundreds of everything": everything_without_end,
    "a million line ends": nothing_but_line_ends,
}
MORE_HARM = {
    "thousands of everything": partial(everything_without_end, many=3_000),
    "sixteen million line ends": partial(nothing_but_line_ends, many=16 * MEGABYTE),
}

READS = """
import resource, sys, time
from pathlib import Path
from lintui.log import LogReader
from lintui.state import RunState

# The peak of a process that was forked begins with what its parent had: what counts is how far it goes beyond.
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

state, slowest = RunState(), 0.0
reader = LogReader(Path(sys.argv[1]))
before = peak()
while True:
    began = time.thread_time()
    records = reader.look()
    if records is None:
        break
    for record in records:
        state.apply(record)
    slowest = max(slowest, time.thread_time() - began)
print(peak() - before, slowest, len(reader.problems), state.started.name, len(state.series))
"""


@pytest.mark.parametrize("harm", [*HARM, *(pytest.param(harm, marks=pytest.mark.long) for harm in MORE_HARM)])
def test_a_log_that_means_harm_is_read_in_bounded_memory(
    tmp_path: Path, harm: str, figure: Callable[[str], None]
) -> None:
    log = tmp_path / "log.jsonl"
    {**HARM, **MORE_HARM}[harm](log)
    child = subprocess.run(
        [sys.executable, "-c", READS, str(log)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    log.unlink()
    assert child.stderr == ""
    grown, slowest, problems, name, _ = child.stdout.split()
    figure(f"{harm}: {int(grown) / MEGABYTE:.0f} MiB more, {1e3 * float(slowest):.0f} ms for the longest look")
    assert int(grown) <= PROMISED
    assert int(problems) <= 1_000
    assert name == "hostile"


# The command


@pytest.mark.parametrize("kind", ["a FIFO", "an endless device", "a folder", "a loop", "nothing"])
@pytest.mark.parametrize("through", ["itself", "a symlink"])
def test_what_is_no_log_is_refused_in_one_plain_line(tmp_path: Path, kind: str, through: str) -> None:
    place = tmp_path / "place"
    match kind:
        case "a FIFO":
            os.mkfifo(place)
        case "an endless device":
            place = Path("/dev/zero")
        case "a folder":
            place.mkdir()
        case "a loop":
            place.symlink_to(place)
    if through == "a symlink":
        (tmp_path / "link").symlink_to(place)
        place = tmp_path / "link"
    done = subprocess.run(
        [sys.executable, "-m", "lintui", "view", str(place)],
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    reasons = {"a folder": "there is no run in", "nothing": "there is nothing at"}
    # A symlink to nothing is something that can't be read.
    reason = "can't read" if kind == "nothing" and through == "a symlink" else reasons.get(kind, "can't read")
    assert line.startswith(f"lintui: {reason} {place}")


def test_a_log_that_is_replaced_by_something_else_is_not_read_on(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(lines([])))
    reader = LogReader(log)
    assert len(reader.read()) == 1
    log.unlink()
    log.symlink_to("/dev/zero")
    assert reader.read() == []
    reader.close()


# What is kept


def test_what_is_kept_of_levels_and_epochs_is_bounded() -> None:
    state = RunState()
    for n in range(MAX_EPOCHS + 100):
        state.apply(Record(2 * n, Epoch(branch=0, number=n, at=n, t=0.0)))
        state.apply(Record(2 * n + 1, Level(split="train", name="loss", value=float(n), label=f"floor {n}")))
    assert state.epoch == MAX_EPOCHS + 99
    # Fewer of them, from the first to the newest, so that the axis by epoch still reaches over the whole run.
    assert MAX_EPOCHS // 2 <= len(state.epoch_ends) <= MAX_EPOCHS
    assert {0, MAX_EPOCHS + 99} <= set(state.epoch_ends)
    assert len(state.levels) == MAX_LEVELS
    state.apply(Record(2 * n + 2, Level(split="train", name="loss", value=-1.0, label=f"floor {n}")))
    assert len(state.levels) == MAX_LEVELS  # it has moved
    assert state.levels[-1].value == -1.0


def test_no_series_loses_its_extremes_when_others_come_and_it_has_to_do_with_less() -> None:
    state = RunState()
    for at in range(3_000):
        state.apply(
            Record(at, Values(branch=0, split="a", at=at, t=0.0, values={"0": 7.0 if at == 1234 else at % 5}))
        )
    for k in range(0, 5_000, 1_000):
        names = {f"{i}": 0.0 for i in range(1 + k, 1_001 + k)}
        state.apply(Record(3_000 + k, Values(branch=0, split="a", at=3_000, t=0.0, values=names)))
    one = next(iter(state.series.values()))
    assert len(one.buckets) <= 64
    assert one.total == sum(bucket.count for bucket in one.buckets) == 3_000
    assert [bucket.high_at for bucket in one.buckets if bucket.high == 7.0] == [1234]
    assert [bucket.first for bucket in one.buckets] == sorted(bucket.first for bucket in one.buckets)


# Text


def cleaned_slowly(text: str, limit: int, keep: str) -> str:
    """What cleaning means, a character at a time."""
    shown: list[str] = []
    marks = 0
    for character in text[: 4 * limit]:
        category = unicodedata.category(character)
        if category in ("Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > 3:
            continue
        if category == "Cc" and character not in keep:
            code = ord(character)
            shown.append(chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�")
        else:
            shown.append(character)
    if len(shown) > limit or len(text) > 4 * limit:
        return "".join(shown[: limit - 1]) + "…"
    return "".join(shown)


some_text = st.one_of(
    st.text(st.characters(max_codepoint=0x7F)),
    st.text(st.characters()),
    st.text(st.sampled_from("ab \t\r\n\x1b\x9b\x7f\u0301\u200b\u202e\u00a0é")),
    st.sampled_from(list(HOSTILE.values())),
).flatmap(lambda text: st.sampled_from([1, 2, 100]).map(lambda times: text * times))


@given(some_text, st.sampled_from([2, 3, 40, NAME_LIMIT]))
def test_text_is_cleaned_as_it_would_be_a_character_at_a_time(text: str, limit: int) -> None:
    assert clean_line(text, limit) == cleaned_slowly(text, limit, "")
    replaced = text[: 4 * limit].replace("\r\n", "\n").replace("\t", "    ")
    assert clean_text(text, limit) == cleaned_slowly(replaced, limit, "\n")


LONG_TEXTS = {
    "plain": "x",
    "controls": "\x1b\x07",
    "no width": "a\u200b",
    "marks": "e" + "\u0301\u200b" * 5,
    "every character": "".join(chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code < 0xE000),
    "private": "".join(map(chr, range(0xF0000, 0xFFFFE))),
    "another script": "学習率",
}


def test_a_long_hostile_text_does_not_take_long_to_clean(figure: Callable[[str], None]) -> None:
    slowest = 0.0
    for text in LONG_TEXTS.values():
        long = text * (4 * TEXT_LIMIT // len(text) + 1)
        for clean in (clean_text, clean_line):
            began = time.thread_time()
            clean(long)
            slowest = max(slowest, time.thread_time() - began)
    figure(f"a long hostile text is clean after {1e3 * slowest:.0f} ms at worst")
    assert slowest < 5 * 0.05
