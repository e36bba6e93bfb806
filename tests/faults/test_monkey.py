"""A monkey at the terminal: random keys, mice, pastes and sizes, and what must hold on every screen they lead to."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import streams
from monkey import Monkey

DEMO = ["demo", "softmax-blobs", "--speed", "30", "--epochs", "1000"]
KEYS = streams.keys()


def act(monkey: Monkey, random: Random) -> None:
    """One thing that somebody might do, the likelier the more ordinary it is."""
    (what,) = random.choices(
        ("key", "text", "mouse", "wheel", "paste", "size", "garbage"), weights=(40, 10, 15, 5, 8, 12, 10)
    )
    match what:
        case "key":
            monkey.type(random.choice(KEYS))
        case "text":
            monkey.type(random.choice((b"0.05", b"yes", b"jjkk", b"\x15", b"1e9", "ü€".encode(), b"ssn", b"/loss")))
        case "mouse":
            x, y = random.randint(1, monkey.columns), random.randint(1, monkey.rows)
            monkey.type(f"\x1b[<0;{x};{y}M\x1b[<32;{x + 2};{y}M\x1b[<0;{x};{y}m".encode())
        case "wheel":
            monkey.type(f"\x1b[<{random.randint(64, 67)};{monkey.columns // 2};{monkey.rows // 2}M".encode() * 5)
        case "paste":
            monkey.type(streams.paste(random))
        case "size":
            large, small = (
                (random.randint(1, 220), random.randint(1, 70)),
                (random.randint(1, 45), random.randint(1, 14)),
            )
            monkey.resize(*random.choice((large, large, small, (80, 24), (40, 12), (39, 12), (40, 11))))
        case "garbage":
            monkey.type(streams.stream(random))


@pytest.mark.parametrize("seconds", [10, pytest.param(600, marks=pytest.mark.long)])
def test_whatever_a_monkey_does_every_screen_is_whole_and_at_the_end_it_leaves_with_a_whole_log(
    runs: Path, seconds: int, figure: Callable[[str], None]
) -> None:
    # The short one always the same, the long one another every time, and the one that failed again by its seed.
    seed = 13 if seconds < 60 else int(time.time())
    random = Random(seed)
    print(f"the seed is {seed}")
    actions = 0
    end = time.monotonic() + seconds
    with Monkey(DEMO, "softmax-blobs", runs, random) as monkey:
        while time.monotonic() < end:
            act(monkey, random)
            actions += 1
            monkey.read(random.choice((0, 0.01, 0.05)))
            monkey.is_well()
            if actions % 10 == 0:
                monkey.calm()
        monkey.leaves()
    figure(f"{actions} actions from seed {seed}, {monkey.checked} screens looked at, {monkey.starts} starts")
