"""A checkpoint holds the training as it stands at its step, and is there whole or not at all."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from strategies import child_environment, read_log, wait_until
from torch import nn

import lintui
from lintui import checkpoint
from lintui.commands import Checkpoint, new_id
from lintui.events import Applied, Refused
from lintui.own import OwnRun


def keep(run: OwnRun) -> str:
    """Ask for a checkpoint; the id of the command."""
    command = Checkpoint(id=new_id(), by="me")
    run.post(command)
    return command.id


def answer(run: OwnRun, id: str) -> Applied | Refused:
    """What the run, which has finished, answered."""
    events = [event for _, event in read_log(run.directory.log)[0]]
    (found,) = (event for event in events if isinstance(event, Applied | Refused) and event.id == id)
    return found


def trained(run: OwnRun, steps: int, at: int) -> tuple[str, dict[str, torch.Tensor]]:
    """A model trained for some steps, a checkpoint asked for after one: its id, and the weights at that step."""
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    run.watch(model, optimizer)
    asked, weights = "", {}
    for step in range(1, steps + 1):
        model(torch.randn(8, 3)).square().mean().backward()
        if step == at:
            asked = keep(run)
        optimizer.step()
        if step == at:
            weights = {name: p.detach().clone() for name, p in model.state_dict().items()}
        time.sleep(0.06)  # the run looks for commands some twenty times a second
    return asked, weights


def test_a_checkpoint_is_what_the_training_was_at_its_step(runs: Path) -> None:
    with lintui.init("kept") as run:
        asked, weights = trained(run, steps=4, at=2)
    done = answer(run, asked)
    assert isinstance(done, Applied)
    assert (done.at, done.new) == (2, "step-000000002.pt")
    kept = torch.load(run.directory.checkpoints / str(done.new), weights_only=True)
    assert kept["step"] == 2
    assert kept["model"].keys() == weights.keys()
    assert all(torch.equal(kept["model"][name], weights[name]) for name in weights)
    assert kept["optimizer"]["state"][0]["step"].item() == 2


def test_a_run_that_was_handed_no_model_refuses_to_keep_one(runs: Path) -> None:
    with lintui.init("none") as run:
        asked = keep(run)
        run.log({"loss": 1.0})
    refused = answer(run, asked)
    assert isinstance(refused, Refused)
    assert "handed no model" in refused.reason


def test_where_it_cannot_be_written_that_is_said_and_the_training_goes_on(runs: Path) -> None:
    with lintui.init("full") as run:
        run.directory.checkpoints.write_text("a file where the folder should be")
        asked, _ = trained(run, steps=3, at=2)
    refused = answer(run, asked)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the checkpoint can't be written: ")
    assert run.at == 3


SAVES = """
import sys, torch
from pathlib import Path
from lintui import checkpoint
weights = {"w": torch.arange(200_000.0)}
for at in range(1_000_000):
    checkpoint.save(Path(sys.argv[1]), at % 5, {"model": weights, "step": at})
"""


@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.long)])
def test_whenever_it_is_killed_every_checkpoint_can_be_read(kills: int, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    chance = random.Random(kills)
    read = 0
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", SAVES, str(folder)], env=child_environment())
        try:
            before = {path: path.stat().st_mtime_ns for path in folder.glob("step-*.pt")} if folder.exists() else {}
            wait_until(
                lambda before=before: any(before.get(p) != p.stat().st_mtime_ns for p in folder.glob("step-*.pt")),
                "a checkpoint",
            )
            time.sleep(chance.uniform(0, 0.1))
        finally:
            process.kill()
            process.wait()
        for path in folder.glob("step-*.pt"):
            assert torch.load(path, weights_only=True)["model"]["w"].sum() == torch.arange(200_000.0).sum()
            read += 1
    assert read >= kills


def test_a_checkpoint_is_its_owners_alone(tmp_path: Path) -> None:
    name = checkpoint.save(tmp_path / "checkpoints", 7, {"step": 7})
    assert name == "step-000000007.pt"
    assert os.listdir(tmp_path / "checkpoints") == [name]
    assert (tmp_path / "checkpoints" / name).stat().st_mode & 0o777 == 0o600
