"""Any bytes at the keyboard: the screen goes on, or it was left, and then it was left properly."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import streams
from monkey import Monkey
from strategies import SAMPLE, a_log

SEED = 13


def typed_into(arguments: list[str], name: str, runs: Path, seed: int, count: int) -> Monkey:
    """So many streams of bytes, each followed by a close look at the screen."""
    random = Random(seed)
    with Monkey(arguments, name, runs, random) as monkey:
        for _ in range(count):
            data = streams.stream(random)
            for piece in streams.cut(random, data):
                monkey.type(piece)
            monkey.read(0.05)
            monkey.is_well()
            monkey.calm()
        monkey.leaves()
    return monkey


DEMO = ["demo", "softmax-blobs", "--speed", "30", "--epochs", "1000"]


def report(figure: Callable[[str], None], monkey: Monkey, count: int) -> None:
    figure(f"{count} streams from seed {SEED}: 0 crashes, left and started again {monkey.starts - 1} times")


@pytest.mark.parametrize("count", [12, pytest.param(600, marks=pytest.mark.long)])
def test_a_training_survives_any_bytes_at_the_keyboard(runs: Path, count: int, figure: Callable[[str], None]) -> None:
    report(figure, typed_into(DEMO, "softmax-blobs", runs, SEED, count), count)


@pytest.mark.parametrize("count", [8, pytest.param(400, marks=pytest.mark.long)])
def test_a_log_that_is_looked_at_survives_them_too(
    runs: Path, tmp_path: Path, count: int, figure: Callable[[str], None]
) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, SAMPLE)
    report(figure, typed_into(["view", str(path)], "sample", runs, SEED + 1, count), count)
