"""A run of millions of steps: what is known of it takes no more memory than a shorter one's."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from strategies import child_environment

MEGABYTE = 2**20

FOLLOWS = """
import sys
from lintui.events import Applied, Declared, Epoch, Layers, Record, Said, Steps, Values, Watched, Watching
from lintui.known import Key
from lintui.state import RunState

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))

BATCH = 100
state, n, at = RunState(), 0, 0
sizes = []

def apply(event):
    global n
    state.apply(Record(n, event))
    n += 1

apply(Declared(knob="lr", label="learning rate", shape="number", value=1.0))
apply(Watching(names=("w", "b"), shapes=("2", "1"), whole=(True, False)))
for stop in map(int, sys.argv[1:]):
    while at < stop:
        steps = tuple(range(at + 1, at + BATCH + 1))
        at += BATCH
        t = tuple(step / 1e4 for step in steps)
        values = {"loss": tuple(1e3 / step for step in steps), "norm": tuple(float(step % 97) for step in steps)}
        apply(Steps(branch=0, split="batch", at=steps, t=t, values=values))
        apply(Values(branch=0, split="train", at=at, t=at / 1e4, values={"accuracy": 0.5}))
        apply(Epoch(branch=0, number=at // BATCH, at=at, t=at / 1e4))
        row = ((1.0 / at, float(at)),)
        looks = {"value": row, "gradient": row, "change": row}
        apply(Layers(branch=0, at=(at,), t=(at / 1e4,), lr=(0.1,), values=looks))
        apply(Watched(branch=0, at=at, t=at / 1e4, share=0.01))
        apply(Applied(id=f"{n}", by="me", branch=0, at=at, t=at / 1e4, knob="lr", old=1.0, new=float(n)))
        apply(Said(t=at / 1e4, level="info", text=f"step {at}"))
    print(resident(), flush=True)
assert state.at == at
assert state.series[Key("batch", "loss")].total == at
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize(
    "steps", [(500_000, 1_000_000), pytest.param((1_000_000, 10_000_000), marks=pytest.mark.long)], ids=str
)
def test_the_memory_of_a_screen_stays_flat_however_long_the_run(
    steps: tuple[int, int], figure: Callable[[str], None]
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", FOLLOWS, *map(str, steps)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stderr == ""
    before, after = map(int, child.stdout.split())
    sizes = [f"{size / MEGABYTE:.1f} MiB after {at:,} steps" for size, at in zip((before, after), steps, strict=True)]
    figure(f"{', '.join(sizes)}: {100 * (after / before - 1):+.1f} %")
    assert after <= 1.1 * before
