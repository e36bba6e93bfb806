"""What histograms add to watching: processor time a step of an MLP, watched with them ÷ watched without.

In turns in one process, each side with a run of its own. A turn is about as long as there is between two samples
of the weights and gradients; "without" is the very same `watch` with the sampler taken away. The time is that of
all threads, so what is counted off the training's thread counts as well.
"""

import os
import sys
import tempfile
import time

import torch
from torch import nn
from turns import in_turns, ratio, spread, verdict

from lintui import rundir
from lintui.run import Run

SECONDS = 1.2
"""Of a turn."""
LAYERS, WIDTH, BATCH = 8, 256, 128


class Side:
    """A training that goes on whenever it is its turn."""

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        self.X = torch.randn(BATCH, WIDTH)
        self.model = nn.Sequential(*[one for _ in range(LAYERS) for one in (nn.Linear(WIDTH, WIDTH), nn.ReLU())])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.run = Run(name, rundir.create(name))
        self.run.watch(self.model, self.optimizer)

    def turn(self) -> float:
        """Seconds of processor time that a step takes."""
        end, first, began = time.perf_counter() + SECONDS, self.run.at, time.process_time()
        while time.perf_counter() < end:
            self.optimizer.zero_grad()
            loss = self.model(self.X).square().mean()
            loss.backward()
            self.optimizer.step()
            self.run.step({"loss": loss.item()})
            self.run.safe_point()
        return (time.process_time() - began) / (self.run.at - first)


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LINTUI_DIR"] = folder
        sides = {"with histograms": Side("with"), "without": Side("without")}
        sides["without"].run._sampler = None
        found = in_turns({name: side.turn for name, side in sides.items()}, rounds=rounds)
        for side in sides.values():
            side.run.finish()
        said = sides["with histograms"].run.directory.log.read_bytes().count(b'"kind":"histogram"')
    for name, values in found.items():
        print(f"{name}: {spread([1e3 * value for value in values])} ms a step")
    print(f"{said / (rounds + 1):.1f} histograms a turn")
    return not verdict("with histograms ÷ without", ratio(found, "with histograms", "without"), 1.02, at_least=False)


if __name__ == "__main__":
    sys.exit(main())
