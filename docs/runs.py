"""Trains the runs that the pictures are drawn from, each with something of its own to be seen."""

import dataclasses
import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from torch import nn

import lintui
from lintui import rundir
from lintui.commands import Command, Scale, Set
from lintui.run import Run
from trainer.catalog import find
from trainer.loop import build, train

AUTHOR = "you"

Script = Mapping[int, Command]


class ScriptedRun(Run):
    """A run whose commands come after known steps, as if somebody had pressed a key just then."""

    script: Script = MappingProxyType({})

    def safe_point(self) -> None:
        """Pass the safe point with the commands that are due."""
        if self.at in self.script:
            self.post(self.script[self.at])
        super().safe_point()


def trained(
    name: str, script: Script = MappingProxyType({}), *, speed: float | None = 400.0, **changes: object
) -> Path:
    """The log of one training of a built-in experiment, with what was done to it after which steps."""
    entry = find(name)
    settings = dataclasses.replace(entry.defaults, **changes)  # type: ignore[arg-type]
    experiment = build(entry, settings)
    run = ScriptedRun(
        name,
        rundir.create(name),
        task=entry.task,
        config=entry.config(settings),
        steps=entry.steps(settings),
        epochs=settings.epochs,
        speed=speed,
    )
    run.script = script
    train(experiment, run, settings)
    run.finish(summary=experiment.summary())
    return run.directory.log


def steered() -> Path:
    """A linear regression with six interventions."""
    return trained(
        "linreg-scratch",
        {
            60: Scale(id="1", by=AUTHOR, knob="lr", factor=2.0),
            110: Set(id="2", by=AUTHOR, knob="loss", value="l1"),
            150: Set(id="3", by=AUTHOR, knob="lr", value=0.003),
            190: Set(id="4", by=AUTHOR, knob="loss", value="half-squared"),
            220: Scale(id="5", by="a script", knob="lr", factor=0.5),
            250: Set(id="6", by=AUTHOR, knob="lr", value=0.003, undoes="5"),
        },
    )


def diverged() -> Path:
    """The same with a learning rate that is far too large from step 120 on: infinite, then no number at all."""
    return trained("linreg-scratch", {120: Set(id="1", by=AUTHOR, knob="lr", value=300.0)})


def accurate() -> Path:
    """A classification."""
    return trained("softmax-blobs")


def downhill() -> Path:
    """A path over the surface of the loss, of which every step is kept."""
    return trained("descent-path")


def turning() -> Path:
    """The loss around the weights in every direction, at every step."""
    return trained("steepest")


def coarse() -> list[Path]:
    """The same loss at three learning rates, side by side."""
    rates = (1e-6, 1e-7, 1e-8)
    return [trained("l1-line", lr=lr, epochs=20, speed=None) for lr in rates]


def clothes() -> Path:
    """Pictures of clothes, from the slice beside the checkout where there is one, or else as they are fetched."""
    slice = Path(__file__).parents[2] / "shared/data/fashion-mnist"
    return trained("softmax-scratch", data=str(slice) if slice.is_dir() else "", speed=None)


def deep(layers: int = 200) -> Path:
    """A model of 200 layers in a loop of one's own, which also prints something."""
    torch.manual_seed(0)
    model = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for _ in range(layers // 2)))
    for parameter in model.parameters():
        if parameter.dim() == 2:
            nn.init.orthogonal_(parameter, gain=1.05)  # so that gradients reach the first layer
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    directory = rundir.create("deep")
    directory.output.write_text("loading data … done\nepoch 1: a first checkpoint would go here\n", encoding="utf-8")
    run = Run("deep", directory, config={"optimizer": "sgd", "layers": layers}, steps=120)
    run.watch(model, optimizer)
    X = torch.randn(64, 8)
    for _ in range(120):
        run.safe_point()
        loss = (model(X) - X).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        value = loss.item()
        run.step({"loss": value if math.isfinite(value) else math.nan})
    run.finish()
    return directory.log


def wide() -> Path:
    """A small network whose weights spread while it learns."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 5))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    X = torch.randn(512, 20)
    y = (X[:, :5] + 0.3 * torch.randn(512, 5)).argmax(1)
    run = lintui.init("wide", steps=600, overhead=0.5)
    run.watch(model, optimizer)
    for _ in range(600):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log({"loss": loss})
        time.sleep(0.01)
    run.finish()
    return run.directory.log


def swept() -> list[Path]:
    """The same regression at four settings."""
    rates = ((0.03, 10), (0.01, 10), (0.003, 10), (0.003, 50))
    return [trained("linreg-scratch", lr=lr, batch_size=size, speed=None) for lr, size in rates]


SCRIPT = """
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 5))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
X = torch.randn(2000, 20)
y = (X[:, :5] + 0.5 * torch.randn(2000, 5)).argmax(1)
for step in range(1, 401):
    batch = torch.randint(0, 2000, (64,))
    loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        accuracy = (model(X).argmax(1) == y).float().mean()
        print(f"step {step}/400 loss {loss:.4f} val acc {accuracy:.3f}", flush=True)
"""


def script() -> Path:
    """A script that knows nothing of lintui, under `lintui run`."""
    file = rundir.root().parent / "train.py"
    file.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "lintui", "run", "--headless", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return rundir.find("train").log


def mixed() -> Path:
    """A folder with what several tools wrote."""
    folder = rundir.root().parent / "logs"
    for name in ("lightning/version_0", "lightning/version_1", "bert", "sweep"):
        (folder / name).mkdir(parents=True)
    for version, rate in enumerate((0.02, 0.05)):
        lines = [f"{i},{i // 50},{math.exp(-rate * i / 10):.5f}" for i in range(500)]
        table = "\n".join(["step,epoch,train_loss", *lines])
        (folder / f"lightning/version_{version}/metrics.csv").write_text(table, encoding="utf-8")
    history = [{"step": i, "epoch": i / 40, "loss": 2 / (1 + i / 9)} for i in range(1, 121)]
    state = {"log_history": history, "global_step": 120, "max_steps": 120, "num_train_epochs": 3}
    (folder / "bert/trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    for n in range(3):
        rows = (json.dumps({"step": i, "train/loss": math.exp(-i * (n + 1) / 300)}) for i in range(200))
        (folder / f"sweep/trial-{n}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder
