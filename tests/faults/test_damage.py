"""A log that was damaged: what is intact is read, nothing is read that was not written, and every gap is told."""

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from strategies import SAMPLE, a_log, read_log, same

from lintui.events import Event, Record
from lintui.log import LogReader

SIXTY = SAMPLE * 3
"""Sixty lines, with every kind of event among them."""
GAP = re.compile(r"before line \d+, record (\d+)(?: to (\d+))? is missing")

a_log_of_twenty_and_sixty_lines = pytest.mark.parametrize(
    "events", [SAMPLE, pytest.param(SIXTY, marks=pytest.mark.long)], ids=["20 lines", "60 lines"]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@a_log_of_twenty_and_sixty_lines
def test_a_log_cut_at_any_byte_is_read_up_to_the_cut(path: Path, events: tuple[Event, ...]) -> None:
    written = a_log(path, events)
    data = path.read_bytes()
    for end in range(len(data), -1, -1):
        os.truncate(path, end)
        records, problems = read_log(path)
        assert len(records) == data[:end].count(b"\n")
        assert all(same(record, whole) for record, whole in zip(records, written, strict=False))
        assert problems == []


@a_log_of_twenty_and_sixty_lines
def test_a_flipped_bit_anywhere_in_a_log_costs_two_lines_at_most_and_changes_none(
    path: Path, events: tuple[Event, ...], figure: Callable[[str], None]
) -> None:
    written = a_log(path, events)
    data = path.read_bytes()
    told = [repr(record) for record in written]
    fewest = len(written)
    with path.open("r+b", buffering=0) as file:
        for bit in range(8 * len(data)):
            place = bit // 8
            os.pwrite(file.fileno(), bytes([data[place] ^ 1 << bit % 8]), place)
            records, problems = read_log(path)
            os.pwrite(file.fileno(), data[place : place + 1], place)
            fewest = min(fewest, len(records))
            assert [repr(record) for record in records] == [told[record.n] for record in records]
            assert_every_gap_is_told(records, problems)
            # A flip in the very last newline makes that line one that is not yet complete.
            assert problems or place == len(data) - 1
    figure(f"{8 * len(data)} bits of {len(written)} lines flipped: at least {fewest} lines were read each time")
    assert fewest >= len(written) - 2


@pytest.mark.parametrize("logs", [500, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_log_damaged_in_any_way_gives_no_record_that_was_not_written_and_tells_every_gap(
    path: Path, logs: int, figure: Callable[[str], None]
) -> None:
    written = {record.n: repr(record) for record in a_log(path, SAMPLE)}
    whole = path.read_bytes()
    choose = random.Random(2)
    read = 0
    for _ in range(logs):
        data = whole
        for _ in range(choose.randint(1, 3)):
            data = choose.choice([with_a_damaged_span, with_lines_lost_or_repeated])(data, choose)
        path.write_bytes(data)
        records, problems = read_log(path)
        assert [repr(record) for record in records] == [written[record.n] for record in records]
        assert_every_gap_is_told(records, problems)
        read += len(records)
    figure(f"{logs} damaged logs: {read} of {logs * len(written)} records read, none of them wrong")


def with_a_damaged_span(data: bytes, choose: random.Random) -> bytes:
    """Cut out, zeroed, doubled, overwritten, turned round or broken in two."""
    start, end = sorted(choose.choices(range(len(data) + 1), k=2))
    if choose.random() < 0.5:
        end = min(end, start + 64)
    part = data[start:end]
    replacements = [b"", b"\0" * len(part), part + part, choose.randbytes(len(part)), part[::-1], part + b"\n"]
    return data[:start] + choose.choice(replacements) + data[end:]


def with_lines_lost_or_repeated(data: bytes, choose: random.Random) -> bytes:
    """Whole lines, one or several."""
    lines = data.splitlines(keepends=True)
    start = choose.randint(0, len(lines))
    end = min(start + choose.randint(1, 4), len(lines))
    return b"".join(lines[:start] + lines[start:end] * choose.choice([0, 2]) + lines[end:])


def assert_every_gap_is_told(records: list[Record], problems: list[str]) -> None:
    """The numbers that are told as missing are exactly those that lie between the records that were read."""
    told: set[int] = set()
    for problem in problems:
        if found := GAP.fullmatch(problem):
            told |= set(range(int(found[1]), int(found[2] or found[1]) + 1))
    numbers = [record.n for record in records]
    assert numbers == sorted(set(numbers))
    assert told == set(range(numbers[-1] if numbers else 0)) - set(numbers)


def test_more_problems_than_anybody_reads_are_counted(path: Path) -> None:
    path.write_bytes(b"damaged\n" * 100_000)
    reader = LogReader(path)
    assert reader.read() == []
    assert (len(reader.problems), reader.more_problems) == (1_000, 99_000)
    reader.close()
