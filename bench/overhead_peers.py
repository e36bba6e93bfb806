"""What is recorded of a step in `bench_overhead.py`: by lintui, and by peers at their usual job, if installed."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

import lintui


class Watcher(NamedTuple):
    """What is done beside a loop."""

    record: Callable[[int, Tensor], None]
    """Called after each step, with its number and its loss."""
    close: Callable[[], None]
    rested: Callable[[float], None] = lambda seconds: None
    """Called before a block, with the seconds in which other loops had their turns."""


def bare(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """Nothing is recorded."""
    return Watcher(lambda step, loss: None, lambda: None)


def ours(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step, every layer's statistics within the budget, and everything steered."""
    run = lintui.init("bench")
    run.watch(model, optimizer)

    def rested(seconds: float) -> None:
        # A budget is a share of the training's own time.
        run._cost.waited += seconds

    return Watcher(lambda step, loss: run.log({"loss": loss}), run.finish, rested)


def tensorboard(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step alone."""
    SummaryWriter = importlib.import_module("torch.utils.tensorboard").SummaryWriter
    writer = SummaryWriter(str(folder / "tensorboard"))
    return Watcher(lambda step, loss: writer.add_scalar("loss", loss, step), writer.close)


def _wandb(folder: Path, **more: str) -> Any:
    wandb = importlib.import_module("wandb")
    settings = wandb.Settings(silent=True, console="off")
    return wandb.init(project="bench", mode="offline", dir=str(folder), settings=settings, **more)


def wandb_log(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step alone."""
    run = _wandb(folder, reinit="create_new")
    return Watcher(lambda step, loss: run.log({"loss": loss}), run.finish)


def wandb_watch(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step, and histograms of all weights and gradients every 100 steps."""
    run = _wandb(folder)  # the one that its hooks log to
    run.watch(model, log="all", log_freq=100)
    return Watcher(lambda step, loss: run.log({"loss": loss}), run.finish)


def trackio(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step alone."""
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    one = importlib.import_module("trackio")
    one.init(project="bench")
    return Watcher(lambda step, loss: one.log({"loss": loss.item()}), one.finish)


def aim(model: nn.Module, optimizer: Optimizer, folder: Path) -> Watcher:
    """The loss of every step alone."""
    run = importlib.import_module("aim").Run(repo=str(folder), system_tracking_interval=None)
    return Watcher(lambda step, loss: run.track(loss.item(), name="loss", step=step), run.close)


PEERS = {
    "tensorboard add_scalar": ("tensorboard", tensorboard),
    # In this order: a run that is made for the hooks of watch gives back any that there is already.
    "wandb offline, log and watch": ("wandb", wandb_watch),
    "wandb offline, log": ("wandb", wandb_log),
    "trackio": ("trackio", trackio),
    "aim": ("aim", aim),
}
"""By what they are called: the package that each needs, and what it does."""
