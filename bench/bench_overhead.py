"""Watching somebody's own loop ÷ the same loop bare, seconds a step, in turns in one process; and peers beside it.

Every side has a model and an optimizer of its own, and makes its steps in blocks, each beside a block of the
bare loop, before it or after it by turns. What counts is the median of the ratios of two that lie side by side, for
the speed of a shared machine changes. Ours records the loss of every step and the statistics of every layer, as often
as its budget of 2 % allows and at least every 50 steps, as many as a block holds or more; the peers do their usual
job, the loss alone but where it says so, and take as many blocks as ours all together. Those that are not installed
are left out. `--alone` leaves out all of them.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median

import torch
from overhead_peers import PEERS, Watcher, bare, ours
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from turns import spread, verdict

LEAST_STEPS = 50
BLOCK = 0.5
"""Seconds of a block at least: several times what a side may leave to its threads at its end."""


class Transformer(nn.Module):
    """A causal language model of some 10 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(2_000, 320), nn.Embedding(64, 320)
        layer = nn.TransformerEncoderLayer(320, 5, 1280, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 7, enable_nested_tensor=False)
        self.head = nn.Linear(320, 2_000)

    def forward(self, X: Tensor) -> Tensor:
        """Logits of the next token, for tokens of shape (batch, length)."""
        places = torch.arange(X.shape[1])
        mask = nn.Transformer.generate_square_subsequent_mask(X.shape[1])
        return self.head(self.layers(self.tokens(X) + self.places(places), mask=mask, is_causal=True)).flatten(0, 1)


def linear() -> tuple[nn.Module, Tensor, Tensor, Callable[..., Tensor]]:
    """Two weights and a bias."""
    X = torch.randn(10, 2)
    return nn.Linear(2, 1), X, X.sum(1, keepdim=True), mse_loss


def softmax() -> tuple[nn.Module, Tensor, Tensor, Callable[..., Tensor]]:
    """784 → 10, batches of 256."""
    return nn.Linear(784, 10), torch.randn(256, 784), torch.randint(10, (256,)), cross_entropy


def mlp() -> tuple[nn.Module, Tensor, Tensor, Callable[..., Tensor]]:
    """Eight layers of 256."""
    layers = [part for _ in range(8) for part in (nn.Linear(256, 256), nn.ReLU())]
    return (
        nn.Sequential(*layers, nn.Linear(256, 10)),
        torch.randn(256, 256),
        torch.randint(10, (256,)),
        cross_entropy,
    )


def transformer() -> tuple[nn.Module, Tensor, Tensor, Callable[..., Tensor]]:
    """Ten million parameters, batches of 4 × 32 tokens."""
    X = torch.randint(2_000, (4, 33))
    return Transformer(), X[:, :-1], X[:, 1:].flatten(), cross_entropy


MODELS = {
    "linear": (linear, 1.15),
    "softmax": (softmax, 1.02),
    "mlp": (mlp, 1.02),
    "transformer": (transformer, 1.02),
}


class Side:
    """One loop, as anybody writes it, and what records it."""

    def __init__(
        self,
        make: Callable[[], tuple[nn.Module, Tensor, Tensor, Callable[..., Tensor]]],
        watch: Callable[[nn.Module, torch.optim.Optimizer, Path], Watcher],
        folder: Path,
    ) -> None:
        torch.manual_seed(0)
        self.model, self.X, self.y, self.loss = make()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-3, momentum=0.9)
        self.watcher = watch(self.model, self.optimizer, folder)
        self.made = 0
        self._left = time.perf_counter()

    def steps(self, count: int) -> float:
        """Make so many steps; returns the seconds of one."""
        record = self.watcher.record
        began = time.perf_counter()
        self.watcher.rested(began - self._left)
        for _ in range(count):
            loss = self.loss(self.model(self.X), self.y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.made += 1
            record(self.made, loss)
        self._left = time.perf_counter()
        return (self._left - began) / count


def measure(name: str, seconds: float, peers: list[str]) -> bool:
    """Print the figures of one model; whether ours are as they should be."""
    make, target = MODELS[name]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINTUI_DIR"] = folder
        watchers = {"bare": bare, "lintui": ours, **{peer: PEERS[peer][1] for peer in peers}}
        sides = {called: Side(make, watch, Path(folder)) for called, watch in watchers.items()}
        for side in sides.values():
            # Where the data lies in memory makes a difference of its own.
            side.X, side.y = sides["bare"].X, sides["bare"].y
        sides["bare"].steps(20)  # the first ones take many times as long
        count = max(LEAST_STEPS, int(BLOCK / sides["bare"].steps(20)))
        pairs = in_pairs(sides, count, seconds)
        for side in sides.values():
            side.watcher.close()
    print(f"\n{name}: {make.__doc__} {count} steps a block")
    ratios = {called: median([one / beside for one, beside in found]) for called, found in pairs.items()}
    for called, found in pairs.items():
        micros = spread([1e6 * one for one, _ in found])
        print(f"  {called:<30} {ratios[called]:.3f}   {micros} µs a step, {len(found)} blocks")
    reached = verdict("  lintui ÷ bare", ratios["lintui"], target, at_least=False)
    for peer in peers:
        reached &= verdict(f"  lintui ÷ {peer}", ratios["lintui"] / ratios[peer], 1.0, at_least=False)
    return reached


def in_pairs(sides: dict[str, Side], count: int, seconds: float) -> dict[str, list[tuple[float, float]]]:
    """For each side, the seconds a step of its blocks and of the bare blocks beside them, until time is up.

    The bare loop beside itself shows how much of a ratio is noise.
    """
    our, *others = [called for called in sides if called != "bare"]
    for side in sides.values():
        side.steps(count)
    found: dict[str, list[tuple[float, float]]] = {called: [] for called in ("bare", our, *others)}
    order = [step for other in (others or ["bare"]) for step in (our, other)] + ["bare"]
    end = time.perf_counter() + seconds
    for turn, called in enumerate(cycle(order)):
        if time.perf_counter() > end and all(found.values()):
            return found
        bare_first = turn // len(order) % 2 == 0
        first, second = ("bare", called) if bare_first else (called, "bare")
        one, other = sides[first].steps(count), sides[second].steps(count)
        found[called].append((other, one) if bare_first else (one, other))
    raise AssertionError


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[[], *MODELS], default=[])
    parser.add_argument("--seconds", type=float, default=75, help="for each model")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--threads", type=int, default=2, help="torch's; on a busy machine 1 makes less noise")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    there = [peer for peer, (package, _) in PEERS.items() if importlib.util.find_spec(package) is not None]
    if missing := [peer for peer in PEERS if peer not in there]:
        print(f"not installed here, and left out: {', '.join(missing)}")
    peers = [] if chosen.alone else there
    reached = [measure(name, chosen.seconds, peers) for name in chosen.models or MODELS]
    return not all(reached)


if __name__ == "__main__":
    sys.exit(main())
