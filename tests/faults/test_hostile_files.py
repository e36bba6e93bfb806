"""Other tools' files that are damaged or mean harm: no reader fails, all text is clean, memory is bounded."""

import json
import math
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import hostile
import pytest
from foreign import (
    event,
    event_file,
    histogram,
    items,
    message,
    scalar,
    varint,
    wandb_exit,
    wandb_file,
    wandb_history,
    wandb_run,
)
from strategies import all_texts

from lintui.clean import TEXT_LIMIT, clean_line, clean_text
from lintui.events import Ended, Event, Said, Steps
from lintui.known import MAX_SERIES
from lintui.sources import Unreadable, find_runs, open_source
from lintui.state import RunState
from lintui.tfrecord import frame

MEGABYTE = 2**20
NUMBERS = (0, 1, -1, 0.5, math.nan, math.inf, -math.inf, 1e308, -0.0, 2**53, 2**63, -(2**63), 1e18, 10**400)
DEEP = "[" * 70 + "]" * 70


def number(random: Random) -> Any:
    return random.choice(NUMBERS) if random.random() < 0.3 else random.uniform(-1, 1)


def small(random: Random) -> float:
    """One that fits into four bytes."""
    value = number(random)
    return value if isinstance(value, float) and not 3e38 < abs(value) < math.inf else 0.5


def anything(random: Random, depth: int = 2) -> Any:
    """A value of any type that JSON has."""
    draw = random.randrange(8 if depth else 6)
    if draw == 6:
        return [anything(random, depth - 1) for _ in range(random.randrange(3))]
    if draw == 7:
        return {hostile.text(random): anything(random, depth - 1) for _ in range(random.randrange(3))}
    return (None, True, "", number(random), number(random), hostile.text(random))[draw]


def row(random: Random) -> dict[str, Any]:
    names = ("step", "epoch", "loss", "val_loss", "_timestamp", "mode", "time", hostile.text(random))
    return {
        name: anything(random) if random.random() < 0.2 else number(random)
        for name in random.sample(names, random.randrange(1, len(names)))
    }


def an_event_file(random: Random, folder: Path) -> Path:
    def value() -> bytes:
        tag = hostile.text(random) if random.random() < 0.5 else "train/loss"
        match random.randrange(5):
            case 0:
                edges = sorted(random.uniform(-9, 9) for _ in range(random.randrange(5)))
                return histogram(tag, edges, [float(random.randrange(9)) for _ in edges], -9.0, small(random))
            case 1:
                shape = message(2, message(2, b"\x08" + varint(random.choice((1, 3, 2**40)))))
                content = struct.pack("<d", small(random))
                return message(1, tag) + message(
                    8, b"\x08" + varint(random.randrange(25)) + shape + message(4, content)
                )
            case 2:
                setting = message(1, hostile.text(random)) + message(2, message(3, hostile.text(random)))
                content = message(3, message(1, setting))
                return message(1, "_hparams_/session_start_info") + message(9, message(1, message(2, content)))
            case _:
                return scalar(tag, small(random))

    events = [
        event(random.choice((1.7e9 + i, math.nan, -1e300)), random.choice((i, i, i, 0, 2**63, 2**64 - 1)), value())
        for i in range(random.randrange(12))
    ]
    return event_file(folder, events)


def a_table(random: Random, folder: Path) -> Path:
    names = ["step", *dict.fromkeys(hostile.text(random) for _ in range(3)), "loss"]
    lines = [names, *([str(anything(random, 0)) for _ in names] for _ in range(random.randrange(9)))]
    path = folder / "metrics.csv"
    path.write_bytes(b"\n".join(random.choice(",;\t").join(line).encode() for line in lines) + b"\n")
    (folder / "hparams.yaml").write_bytes(f"lr: {hostile.text(random)}\nx: {DEEP}\n".encode())
    return path


def some_json_lines(random: Random, folder: Path) -> Path:
    path = folder / "out.jsonl"
    lines = [json.dumps(row(random)) for _ in range(random.randrange(12))]
    path.write_text("\n".join(["{}", *lines, DEEP]) + "\n")
    return path


def a_trainers_state(random: Random, folder: Path) -> Path:
    state = {name: anything(random) for name in ("global_step", "max_steps", "num_train_epochs", "train_batch_size")}
    history = [row(random) if random.random() < 0.9 else anything(random) for _ in range(random.randrange(9))]
    path = folder / "trainer_state.json"
    path.write_text(json.dumps(state | {"log_history": history}))
    return path


def a_wandb_file(random: Random, folder: Path) -> Path:
    spread = {"_type": "histogram", "values": anything(random), "bins": [number(random) for _ in range(3)]}
    records = [
        wandb_run(hostile.text(random), row(random)),
        message(5, items(row(random))),
        *(wandb_history(random.choice((i, 2**63)), row(random)) for i in range(random.randrange(9))),
        wandb_history(9, {hostile.text(random): spread, "x": "y" * random.choice((0, 40_000))}),
        wandb_exit(random.choice((0, 1, 2**40))),
    ]
    return wandb_file(folder / "run.wandb", records)


WRITERS: tuple[Callable[[Random, Path], Path], ...] = (
    an_event_file, a_table, some_json_lines, a_trainers_state, a_wandb_file,
)  # fmt: skip


def damaged(random: Random, data: bytes) -> bytes:
    """The file after something has happened to it."""
    found = bytearray(data)
    for _ in range(random.randrange(3)):
        at, other = (random.randrange(len(found) + 1) for _ in range(2))
        match random.randrange(7):
            case 0 if found:
                found[at % len(found)] ^= 1 << random.randrange(8)
            case 1:
                del found[at:]
            case 2:
                found[at:at] = found[other : other + 50]
            case 3:
                del found[at : at + random.randrange(20)]
            case 4:
                found[at:at] = hostile.text(random).encode()
            case 5:
                found[at:at] = frame(random.randbytes(random.randrange(40)))
            case _:
                found[at:at] = random.randbytes(random.randrange(1, 30))
    return bytes(found)


def said_by(path: Path) -> Iterator[Any]:
    """All events that can be read, applied as the screen does it."""
    state = RunState()
    source = open_source(path)
    try:
        while (records := source.look()) is not None:
            for record in records:
                state.apply(record)
                yield record.event
        assert state.gaps == 0
        for problem in source.problems:
            assert clean_line(problem, TEXT_LIMIT) == problem
    finally:
        source.close()


def is_clean(text: str, said: Event) -> bool:
    """Whether cleaning leaves it as it is: then it was cleaned. Sentences may have several lines."""
    return (clean_text(text) if isinstance(said, Said | Ended) else clean_line(text)) == text


@pytest.mark.parametrize("files", [400, pytest.param(10_000, marks=pytest.mark.long)])
def test_whatever_is_in_a_file_no_reader_fails_and_nothing_uncleaned_comes_out(tmp_path: Path, files: int) -> None:
    opened = 0
    for seed in range(files):
        random = Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = WRITERS[seed % len(WRITERS)](random, folder)
        path.write_bytes(damaged(random, path.read_bytes()))
        find_runs(folder)
        try:
            for said in said_by(path):
                assert all(is_clean(text, said) for text in all_texts(said)), (seed, said)
                if isinstance(said, Steps):
                    assert {*map(len, said.values.values()), len(said.t)} == {len(said.at)}, seed
            opened += 1
        except Unreadable as refusal:
            assert clean_line(str(refusal), 10_000).isprintable()
        finally:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
    assert opened > 0.8 * files


def peak(path: Path) -> int:
    """Bytes that reading a file needs at most."""
    tracemalloc.start()
    try:
        for _ in said_by(path):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_endless_line_is_read_in_bounded_memory(tmp_path: Path) -> None:
    for name, start in (("metrics.csv", b"step,loss\n"), ("out.jsonl", b'{"step": 1, "loss": 2}\n{"a": "')):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(start)
            for _ in range(24):
                file.write(b"1" * MEGABYTE)
            file.write(b"\n2,3\n")
        assert peak(path) < 8 * MEGABYTE


def test_a_length_that_lies_costs_nothing(tmp_path: Path) -> None:
    path = event_file(tmp_path, [event(1.7e9, 1, message(1, "x") + b"\x12" + varint(2**60))])
    assert peak(path) < 4 * MEGABYTE
    tensor = message(8, b"\x08\x01" + message(2, message(2, b"\x08" + varint(2**40)) * 3) + message(5, bytes(4)))
    assert peak(event_file(tmp_path, [event(1.7e9, 1, message(1, "x") + tensor)])) < 4 * MEGABYTE


def test_a_json_file_that_is_too_large_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    with path.open("wb") as file:
        file.write(b'{"log_history": [')
        file.truncate(80 * MEGABYTE)
    with pytest.raises(Unreadable, match="64 MiB"):
        open_source(path)


def test_of_endlessly_many_series_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with path.open("w") as file:
        for i in range(60):
            file.write(json.dumps({"step": i, **{f"m{i}-{j}": 1.0 for j in range(200)}}) + "\n")
    names = {(said.split, name) for said in said_by(path) if isinstance(said, Steps) for name in said.values}
    assert len(names) == MAX_SERIES


def test_steps_that_go_back_and_forth_make_only_so_many_branches(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n" + "9,1\n1,1\n" * 3000)
    assert sum(said.kind == "branched" for said in said_by(path)) == 1000
