"""A person's own loop: its optimizer counts the steps, commands come between them, and nothing is raised into it."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import types
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import child_environment, read_log, wait_until
from test_run import a_set, logged, of_kind
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.optim import LBFGS, SGD, Adam, SparseAdam
from torch.utils._python_dispatch import TorchDispatchMode

import lintui
from lintui.commands import Scale, Set, Step, Stop
from lintui.events import Applied, Declared, Ended, Layers, Refused, Said, Started, Steps, Watching
from lintui.knobs import Choice
from lintui.known import Key
from lintui.own import BadInput, OwnRun
from lintui.state import RunState
from lintui.tensors import read, read_all
from tuiapp.prepare import mark_label


@pytest.fixture
def made() -> Iterator[list[OwnRun]]:
    runs: list[OwnRun] = []
    yield runs
    for run in runs:
        run.finish()


@pytest.fixture
def init(made: list[OwnRun]) -> Callable[..., OwnRun]:
    def begin(name: str = "mine", **settings: Any) -> OwnRun:
        made.append(lintui.init(name, **settings))
        return made[-1]

    return begin


@pytest.fixture
def run(init: Callable[..., OwnRun]) -> OwnRun:
    return init()


class Script:
    """A training script as anybody writes it: a module, an optimizer, and a step that knows nothing of lintui."""

    def __init__(self, make: Callable[..., Any] = SGD, model: nn.Module | None = None, **settings: Any) -> None:
        torch.manual_seed(0)
        self.model = model or nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
        self.optimizer = make(self.model.parameters(), **{"lr": 0.01, **settings})
        self.X = torch.randn(20, 3)
        self.y = self.X.sum(1, keepdim=True)

    def loss(self) -> Tensor:
        return nn.functional.mse_loss(self.model(self.X), self.y)

    def step(self) -> Tensor:
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss.detach()


def series(run: OwnRun, name: str = "loss", split: str = "batch") -> dict[int, list[float]]:
    """The values of a metric by step, each as often as it was logged."""
    found: dict[int, list[float]] = {}
    for event in of_kind(Steps, run):
        if event.split == split and name in event.values:
            for at, value in zip(event.at, event.values[name], strict=True):
                found.setdefault(at, []).append(value)
    return found


def warnings(run: OwnRun) -> list[str]:
    return [said.text for said in of_kind(Said, run) if said.level == "warning"]


def looked_at(run: OwnRun) -> list[int]:
    return [at for event in of_kind(Layers, run) for at in event.at]


# Counting steps


def test_a_step_is_a_call_of_the_optimizer_s_step_and_what_is_logged_after_it_is_of_that_step(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    losses = []
    for _ in range(30):
        losses.append(script.step().item())
        run.log({"loss": losses[-1]})
    run.finish()
    assert run.at == 30
    assert series(run) == {at: [loss] for at, loss in enumerate(losses, 1)}


def test_what_is_logged_twice_within_a_step_counts_it_once(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    for i in range(10):
        script.step()
        run.log({"loss": 1.0})
        run.log({"accuracy": i / 10})
    run.finish()
    assert run.at == 10
    assert list(series(run, "accuracy")) == list(range(1, 11))


def test_without_an_optimizer_each_log_is_a_step(run: OwnRun) -> None:
    for i in range(10):
        run.log({"loss": float(i)})
    run.finish()
    assert series(run) == {at: [at - 1.0] for at in range(1, 11)}


def test_a_loop_that_numbers_its_steps_has_its_numbers_with_an_optimizer_or_without(
    init: Callable[..., OwnRun],
) -> None:
    for watches in (True, False):
        run, script = init(), Script()
        if watches:
            run.watch(script.model, script.optimizer)
        for i in range(10):
            script.step()
            run.log({"loss": float(i)}, step=i * 100)
            run.log({"accuracy": float(i)}, step=i * 100)
        run.finish()
        assert series(run) == series(run, "accuracy") == {i * 100: [float(i)] for i in range(10)}
        assert run.at == 900


def test_a_loop_that_calls_step_itself_is_not_counted_twice(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer, every=1)
    for i in range(1, 8):
        script.step()
        run.step({"loss": float(i)})
        run.safe_point()
    run.finish()
    assert run.at == 7
    assert series(run) == {i: [float(i)] for i in range(1, 8)}


def test_what_is_said_of_a_step_is_taken_as_what_is_logged(
    init: Callable[..., OwnRun], capfd: pytest.CaptureFixture[str]
) -> None:
    run, strict = init("easy"), init("strict", strict=True)
    run.step({"loss": 0.5, "val/loss": 0.75, "train/accuracy": 0.25})
    for mistake in ([1.0, 2.0], np.zeros(2), "loss"):
        run.step(mistake)  # type: ignore[arg-type]
    run.step({"loss": torch.tensor(0.125)}, split="train")
    run.step()
    run.step({})
    run.finish()
    assert series(run) == {1: [0.5]}
    assert (series(run, "loss", "val"), series(run, "accuracy", "train")) == ({1: [0.75]}, {1: [0.25]})
    assert series(run, "loss", "train") == {5: [0.125]}
    assert run.at == 7
    assert len(warnings(run)) == capfd.readouterr().err.count("needs a mapping") == 3
    with pytest.raises(BadInput, match="needs a mapping"):
        strict.step([1.0])  # type: ignore[arg-type]


def test_accumulated_gradients_are_one_step(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    for i in range(20):
        (script.loss() / 4).backward()
        if i % 4 == 3:
            script.optimizer.step()
            script.optimizer.zero_grad()
            run.log({"loss": 1.0})
    assert run.at == 5


def test_of_several_optimizers_the_first_counts(run: OwnRun) -> None:
    one, other = Script(), Script()
    run.watch([one.model, other.model], [one.optimizer, other.optimizer], every=1)
    for _ in range(6):
        one.step()
        other.step()
        other.step()
        run.log({"loss": 1.0})
    run.finish()
    assert run.at == 6
    (watching,) = of_kind(Watching, run)
    assert watching.names[0].startswith("0.") and watching.names[-1].startswith("1.")
    changes = [row for event in of_kind(Layers, run) for row in event.values["change"]][1:]
    assert all(change is not None and change > 0 for row in changes for change in row)


def test_a_step_that_a_gradient_scaler_skips_is_none(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for i in range(10):
        script.optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = script.loss()
        scaler.scale(loss * (float("inf") if i % 5 == 0 else 1.0)).backward()
        scaler.step(script.optimizer)
        scaler.update()
        run.log({"loss": loss})
    run.finish()
    assert run.at == 8
    assert len(series(run)) == 9  # what is logged of a step that was skipped is of the one before


def test_a_step_of_lbfgs_is_one_step_however_often_it_asks_for_the_loss(run: OwnRun) -> None:
    script, asked = Script(LBFGS, lr=0.5), 0
    run.watch(script.model, script.optimizer, every=1)

    def closure() -> Tensor:
        nonlocal asked
        asked += 1
        script.optimizer.zero_grad()
        loss = script.loss()
        loss.backward()
        return loss

    for _ in range(4):
        run.log({"loss": script.optimizer.step(closure)})
    run.finish()
    assert (run.at, looked_at(run)) == (4, [1, 2, 3, 4])
    assert asked > 8


def test_a_step_that_calls_that_of_its_parent_is_one_and_one_that_raised_is_none(run: OwnRun) -> None:
    class Mine(SGD):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    Script(SGD)  # the first of its class, which is hooked for good
    script = Script(Mine)
    run.watch(script.model, script.optimizer)
    for i in range(5):
        if i == 2:
            with pytest.raises(MemoryError):
                script.optimizer.step(lambda: (_ for _ in ()).throw(MemoryError))
        script.step()
        run.log({"loss": 1.0})
    assert run.at == 5


# What can be logged


class Counting(TorchDispatchMode):
    """Counts what would make a step wait for its device, on this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.calls = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += 1
        if any(word in str(func) for word in ("_local_scalar_dense", "nonzero", "_to_copy", "is_nonzero", "equal")):
            self.waits.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("rate", [0.01, torch.tensor(0.01)], ids=["a number", "a tensor"])
def test_no_step_waits_for_a_device(run: OwnRun, rate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, script = Script(SGD, lr=rate, momentum=0.9), Script(SGD, lr=rate, momentum=0.9)
    run.watch(script.model, script.optimizer, every=3)
    asked: list[str] = []
    count = torch.tensor(3)  # kept as it is on a device, where the others are read in memory
    for name in ("item", "tolist", "cpu", "numpy", "__float__", "__bool__"):
        there = getattr(Tensor, name)

        def spy(self: Tensor, *args: Any, _name: str = name, _there: Any = there, **more: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                asked.append(_name)
            return _there(self, *args, **more)

        monkeypatch.setattr(Tensor, name, spy)
    # The safe point looks at the schedule a few times a second: here at none of the steps.
    run._intake._come = float("inf")
    run.safe_point()
    asked.clear()
    with Counting() as bare:
        for _ in range(20):
            alone.step()
    with Counting() as counting:
        for _ in range(20):
            loss = script.step()
            run.log({"loss": loss, "norm": loss * 2, "count": count})
    monkeypatch.undo()
    run.finish()
    assert counting.calls > bare.calls + 60
    assert asked == []
    # With a rate that is a tensor, torch's own step waits.
    assert counting.waits == bare.waits
    assert len(series(run)) == 20
    assert len(looked_at(run)) > 5


def test_a_tensor_that_is_changed_after_it_was_logged_was_logged_as_it_was(run: OwnRun) -> None:
    total = torch.zeros(())
    for _ in range(50):
        total += 1
        run.log({"total": total})
    run.finish()
    assert series(run, "total") == {at: [float(at)] for at in range(1, 51)}


@given(st.floats(), st.sampled_from([torch.float32, torch.float64]))
def test_a_number_in_memory_is_read_as_torch_reads_it(number: float, dtype: torch.dtype) -> None:
    among_others = torch.tensor([1.0, number, 2.0], dtype=dtype)[1]
    there = [among_others, among_others.clone().requires_grad_(), (among_others.clone().requires_grad_() * 1)]
    assert list(map(repr, map(read, there))) == [repr(float(among_others))] * 3
    assert repr(read_all(there)) == repr([float(among_others)] * 3)


def test_what_only_stands_for_a_number_in_memory_is_not_read() -> None:
    stood = [
        torch._efficientzerotensor(()),
        torch.ones(3, dtype=torch.complex64).conj().imag[0],
        torch.ones((), device="meta"),
        torch.ones(()).to_sparse(),
        torch.ones(1),
        torch.tensor(1),
    ]
    with FakeTensorMode():
        stood.append(torch.ones(()))
    assert [read(tensor) for tensor in stood] == [None] * 7
    stood[4] = torch.ones(6)[::2]
    assert [read_all([torch.ones(2), tensor]) for tensor in stood] == [None] * 7
    read_within: list[object] = []

    def traced(one: Tensor) -> Tensor:
        read_within.extend([read(one), read_all([one])])
        return one * 1

    torch.vmap(traced)(torch.ones(2))
    torch.func.grad(traced)(torch.ones(()))
    assert read_within == [None] * 4


def test_numbers_of_every_kind_come_out_as_the_floats_that_they_are(run: OwnRun) -> None:
    kinds = {
        "float": 0.1,
        "int": 3,
        "bool": True,
        "numpy": np.float32(0.1),
        "array of no dimension": np.array(2.5),
        "float32": torch.tensor(0.1),
        "float64": torch.tensor(0.1, dtype=torch.float64),
        "half": torch.tensor(0.1, dtype=torch.float16),
        "bfloat16": torch.tensor(0.1, dtype=torch.bfloat16),
        "int64": torch.tensor(2**40 + 1),
        "yes": torch.tensor(True),
        "of one": torch.tensor([[7.0]]),
        "with history": nn.Parameter(torch.ones(())) * 2,
        "infinite": torch.tensor(float("inf")),
    }
    run.log(kinds)
    with torch.inference_mode():
        run.log({"in inference": torch.ones(()) * 3})
    run.finish()
    for name, value in kinds.items():
        assert series(run, name) == {1: [float(value.detach() if isinstance(value, Tensor) else value)]}, name
    assert series(run, "in inference") == {2: [3.0]}


def test_a_name_with_a_known_split_before_its_slash_is_of_that_split(run: OwnRun) -> None:
    run.log({"loss": 1.0, "train/loss": 2.0, "val/loss": 3.0, "optim/norm": 4.0, "test/a/b": 5.0, "val/": 6.0})
    run.finish()
    found = {(e.split, name): column for e in of_kind(Steps, run) for name, column in e.values.items()}
    assert found == {
        ("batch", "loss"): (1.0,),
        ("train", "loss"): (2.0,),
        ("val", "loss"): (3.0,),
        ("batch", "optim/norm"): (4.0,),
        ("test", "a/b"): (5.0,),
        ("batch", "val/"): (6.0,),
    }


# Steering


def test_a_number_and_a_choice_that_the_loop_reads_change_between_two_steps(run: OwnRun) -> None:
    temperature = run.tune("temperature", 1.0, low=0.1, high=10.0)
    loss = run.tune("loss", {"mse": nn.functional.mse_loss, "l1": nn.functional.l1_loss})
    assert (temperature.value, loss.value) == (1.0, nn.functional.mse_loss)
    run.post(a_set("temperature", 2.0))
    run.post(a_set("temperature", 20.0))
    run.post(a_set("loss", "l1"))
    assert temperature.value == 1.0
    run.log({"loss": 1.0})
    assert (temperature.value, loss.value) == (2.0, nn.functional.l1_loss)
    run.finish()
    assert len(of_kind(Applied, run)) == 2
    assert len(of_kind(Refused, run)) == 1


def test_a_command_takes_effect_at_the_step_s_end_in_a_loop_that_logs_nothing(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    script.step()
    run.post(Set(id="a", by="me", knob="lr", value=0.5))
    script.step()
    run.finish()
    (applied,) = of_kind(Applied, run)
    assert (applied.at, applied.knob, applied.new) == (2, "lr.factor", 50.0)


class Loop:
    """A script on a thread of its own, watched."""

    def __init__(self, run: OwnRun, script: Script, *, logs: bool) -> None:
        self.run, self.script, self.logs = run, script, logs
        run.watch(script.model, script.optimizer)
        self.thread = threading.Thread(target=self._train, daemon=True)
        self.thread.start()

    def _train(self) -> None:
        while not self.run.should_stop:
            loss = self.script.step()
            if self.logs:
                self.run.log({"loss": loss})

    def answered(self, command: Any) -> Applied:
        self.run.post(command)
        return wait_until(
            lambda: [a for a in of_kind(Applied, self.run) if a.id == command.id], f"an answer to {command}"
        )[0]


@pytest.mark.parametrize("logs", [True, False], ids=["logging", "saying nothing"])
def test_a_paused_loop_makes_no_step_and_as_many_as_are_asked_for_and_stops(run: OwnRun, logs: bool) -> None:
    loop = Loop(run, Script(), logs=logs)
    at = loop.answered(Set(id="pause", by="me", knob="paused", value=True)).at
    assert loop.answered(Step(id="steps", by="me", count=3)).at == at
    wait_until(lambda: run.at == at + 3, "three steps")
    assert loop.answered(Set(id="rate", by="me", knob="lr", value=0.5)).at == at + 3
    assert run.at == at + 3
    if logs:
        # The loss of the step after which it waits is there to be seen.
        assert wait_until(lambda: at + 3 in series(run), "the loss of the last step")
    assert loop.answered(Stop(id="stop", by="me", reason="enough")).at == at + 3
    wait_until(lambda: not loop.thread.is_alive(), "the end of the loop")
    run.finish()
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, ended.reason) == ("stopped", "enough")


def test_watching_and_steering_back_again_leaves_a_training_as_it_would_have_been_to_the_last_bit(
    init: Callable[..., OwnRun],
) -> None:
    def weights(watched: bool) -> list[Tensor]:
        script = Script(Adam, lr=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(script.optimizer, T_max=40)
        run = init(overhead=1.0)
        if watched:
            run.watch(script.model, script.optimizer, every=1)
        for i in range(40):
            loss = script.step()
            schedule.step()
            if watched and i == 20:
                run.post(Set(id="there", by="me", knob="lr.factor", value=3.0))
                run.post(Set(id="back", by="me", knob="lr.factor", value=1.0))
            run.log({"loss": loss})
        run.finish()
        return [p.detach() for p in script.model.parameters()]

    assert all(torch.equal(one, other) for one, other in zip(weights(True), weights(False), strict=True))


# All kinds of models


def test_the_looks_see_what_the_loop_did(init: Callable[..., OwnRun]) -> None:
    run = init(overhead=1.0)
    model = nn.Linear(2, 1)
    script = Script(SGD, nn.Sequential(nn.Linear(3, 2), model))
    run.watch(script.model, script.optimizer, every=1)
    seen = []
    for _ in range(5):
        before = model.bias.item()
        script.step()
        assert model.bias.grad is not None
        seen.append((before, model.bias.item(), model.bias.grad.item()))
        run.log({"loss": 1.0})
    run.finish()
    (watching,) = of_kind(Watching, run)
    place = watching.names.index("1.bias")
    looks = of_kind(Layers, run)
    columns = [
        [row[place] for look in looks for row in look.values[name]] for name in ("before", "value", "gradient")
    ]
    assert list(zip(*columns, strict=True)) == seen
    assert looked_at(run) == [1, 2, 3, 4, 5]
    assert {lr for look in looks for lr in look.lr} == {0.01}


def test_a_second_optimizer_takes_back_what_the_first_was_to_remember(run: OwnRun) -> None:
    one, other = Script(), Script()
    run.watch(one.model, one.optimizer, every=1)
    run.watch(other.model, other.optimizer, every=1)
    one.step()
    other.step()
    run.finish()
    (first, *_) = of_kind(Layers, run)
    assert set(first.values["change"][0]) != {0.0}


def test_looks_come_before_metrics_of_later_steps_however_long_the_log_was_held_up(
    run: OwnRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script()
    run.watch(script.model, script.optimizer, every=20)
    held = threading.Event()
    append = run._outbox._writer.append
    monkeypatch.setattr(run._outbox._writer, "append", lambda events: (held.wait(30), append(events))[1])
    for _ in range(1_200):
        loss = script.step()
        run.log(dict.fromkeys("abcd", loss))
    held.set()
    run.finish()
    newest = 0
    assert len(of_kind(Steps, run)) > 2
    for _, event in read_log(run.directory.log)[0]:
        if isinstance(event, Steps):
            newest = event.at[-1]
        if isinstance(event, Layers):
            # At most what one batch holds beside them.
            assert event.at[-1] >= newest - 2_000 / 4


def test_a_schedule_inside_the_step_has_the_last_word_and_the_rate_recorded_is_the_step_s(run: OwnRun) -> None:
    script = Script(lr=1.0)
    made = [0]

    def schedule(*_: Any) -> None:
        made[0] += 1
        script.optimizer.param_groups[0]["lr"] = 1.0 / (made[0] + 1)

    script.optimizer.register_step_post_hook(schedule)
    run.watch(script.model, script.optimizer, every=1)
    for _ in range(6):
        script.step()
    a_set_rate = Set(id="1", by="me", knob="lr.factor", value=0.5)
    run.post(a_set_rate)
    run.safe_point()
    for _ in range(4):
        script.step()
    run.finish()
    assert script.optimizer.param_groups[0]["lr"] == 1.0 / 11
    rates = {at: lr for look in of_kind(Layers, run) for at, lr in zip(look.at, look.lr, strict=True)}
    assert rates == {at: (1.0 if at <= 6 else 0.5) / at for at in rates}
    assert max(rates) > 6


def test_what_is_frozen_is_not_looked_at_and_what_is_shared_once(run: OwnRun) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.frozen = nn.Linear(3, 3).requires_grad_(False)
            self.one = nn.Linear(3, 3, bias=False)
            self.same = nn.Linear(3, 3, bias=False)
            self.same.weight = self.one.weight
            self.lazy = nn.LazyLinear(1)

        def forward(self, X: Tensor) -> Tensor:
            return self.lazy(self.same(self.one(self.frozen(X))))

    script = Script(SGD, Tied())
    run.watch(script.model, script.optimizer)
    script.step()
    run.watch(script.model)  # the lazy layer has its weights now
    run.log({"loss": script.step()})
    run.finish()
    assert [w.names for w in of_kind(Watching, run)] == [
        ("one.weight",),
        ("one.weight", "lazy.weight[0]", "lazy.weight[1]", "lazy.weight[2]", "lazy.bias"),
    ]
    assert warnings(run) == []


def test_sparse_gradients_and_gradients_that_are_gone_are_no_trouble(run: OwnRun) -> None:
    embedding = nn.Embedding(20, 4, sparse=True)
    unused = nn.Parameter(torch.ones(9))
    optimizer = SparseAdam(embedding.parameters(), lr=0.1)
    run.watch({"embedding": embedding.weight, "unused": unused}, optimizer, every=1)
    for _ in range(4):
        embedding(torch.tensor([1, 1, 7])).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        run.log({"loss": 1.0})
    run.finish()
    looks = [row for event in of_kind(Layers, run) for row in event.values["gradient"]]
    # The rms over 80 entries of two rows, one of which was met twice.
    assert looks == [(pytest.approx(((4 * 2**2 + 4) / 80) ** 0.5), None)] * 4
    assert warnings(run) == []


def test_a_compiled_module_keeps_the_names_of_its_parameters(run: OwnRun) -> None:
    script = Script()
    names = [name for name, _ in script.model.named_parameters()]
    plain = script.model
    script.model = torch.compile(plain, backend="eager", fullgraph=True)  # type: ignore[assignment]
    run.watch(script.model, script.optimizer)
    for _ in range(3):
        run.log({"loss": script.step()})
    run.finish()
    (watching,) = of_kind(Watching, run)
    assert list(dict.fromkeys(name.split("[")[0] for name in watching.names)) == names
    assert (run.at, len(series(run)), warnings(run)) == (3, 3, [])


# Several runs


def test_several_runs_at_once_and_one_after_another_are_kept_apart(init: Callable[..., OwnRun]) -> None:
    scripts, runs = [Script(), Script()], [init("a"), init("b")]
    for run, script in zip(runs, scripts, strict=True):
        run.watch(script.model, script.optimizer)
    runs[0].post(Set(id="only a", by="me", knob="lr", value=0.5))
    for i in range(5):
        for place, (run, script) in enumerate(zip(runs, scripts, strict=True)):
            if place == 0 or i % 2:
                script.step()
                run.log({"loss": float(place)})
    assert [run.at for run in runs] == [5, 2]
    runs[0].finish()
    later = init("c")
    later.watch(scripts[0].model, scripts[0].optimizer)
    later.log({"loss": scripts[0].step()})
    later.finish()
    assert [knob.value for knob in of_kind(Declared, later) if knob.knob == "lr.factor"] == [1.0]
    assert [later.at, runs[0].at] == [1, 5]
    runs[1].finish()
    assert {loss for values in series(runs[1]).values() for loss in values} == {1.0}
    assert warnings(later) == []


def test_an_optimizer_that_one_run_steers_is_left_alone_by_another(init: Callable[..., OwnRun]) -> None:
    script, first, second = Script(), init("first"), init("second")
    first.watch(script.model, script.optimizer)
    second.watch(script.model, script.optimizer)
    first.post(Set(id="a", by="me", knob="lr.factor", value=0.5))
    for _ in range(3):
        script.step()
        first.log({"loss": 1.0})
    assert script.optimizer.param_groups[0]["lr"] == 0.01
    second.finish()
    (told,) = warnings(second)
    assert "another run steers" in told


# The end


def test_a_block_that_ends_is_done_and_one_that_raised_has_failed_and_raises_on() -> None:
    with lintui.init("done") as done:
        done.log({"loss": 1.0})
    with pytest.raises(ZeroDivisionError), lintui.init("failed") as failed:
        _ = 1 / 0
    with pytest.raises(KeyboardInterrupt), lintui.init("stopped") as stopped:
        raise KeyboardInterrupt
    with pytest.raises(SystemExit), lintui.init("left") as left:
        sys.exit(0)
    ends = [logged(run)[-1] for run in (done, failed, stopped, left)]
    assert [end.how for end in ends if isinstance(end, Ended)] == ["done", "failed", "stopped", "done"]
    assert "ZeroDivisionError" in str(ends[1])


@pytest.mark.parametrize(
    ("last", "how"), [("", "done"), ("raise ValueError('no')", "failed"), ("raise KeyboardInterrupt", "stopped")]
)
def test_a_script_that_ends_without_a_word_leaves_a_log_that_says_how(runs: Path, last: str, how: str) -> None:
    code = f"import lintui\nrun = lintui.init('quiet')\nrun.log({{'loss': 0.5}})\n{last}\n"
    subprocess.run([sys.executable, "-c", code], env=child_environment(), capture_output=True, check=False)
    (log,) = runs.glob("*-quiet/log.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["at"], line["values"]) for line in lines if line["kind"] == "steps"] == [([1], {"loss": [0.5]})]
    assert lines[-1]["how"] == how


def test_after_the_end_the_optimizer_is_the_script_s_alone(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    run.post(Set(id="a", by="me", knob="lr.factor", value=0.0))
    run.log({"loss": script.step()})
    run.finish()
    before = [p.detach().clone() for p in script.model.parameters()]
    script.step()
    assert run.at == 1
    assert not any(torch.equal(one, p) for one, p in zip(before, script.model.parameters(), strict=True))
    assert script.optimizer.param_groups[0]["lr"] == 0.01


# Bad input


def the_mistakes(run: OwnRun) -> list[tuple[str, Callable[[], Any]]]:
    """What loops do wrong, and words of what they are told."""
    return [
        ("given something of type str", lambda: run.watch("model")),
        ("given something of type generator", lambda: run.watch(nn.Linear(1, 1).parameters())),
        ("no module", lambda: run.watch([nn.Linear(1, 1), 3])),
        ("needs an optimizer", lambda: run.watch(nn.Linear(1, 1), "adam")),
        ("'text' is left out", lambda: run.log({"text": "0.5"})),
        ("'list' is left out", lambda: run.log({"list": [1.0] * 1_000_000})),
        ("'array' is left out", lambda: run.log({"array": np.zeros(1_000_000)})),
        ("'tensor' is left out", lambda: run.log({"tensor": torch.zeros(1_000_000)})),
        ("'complex' is left out", lambda: run.log({"complex": torch.tensor(1j)})),
        ("'none' is left out", lambda: run.log({"none": None})),
        ("needs a mapping", lambda: run.log(0.5)),  # type: ignore[arg-type]
        ("whole number", lambda: run.log({"loss": 1.0}, step=1.5)),  # type: ignore[arg-type]
        ("before the newest", lambda: run.log({"loss": 1.0}, step=-1)),
        ("before the newest", lambda: run.log({"loss": 1.0}, step=10**30)),
        ("can't be above", lambda: run.tune("temperature", 5.0, low=0.0, high=1.0)),
        ("must be a number", lambda: run.tune("temperature", "warm")),  # type: ignore[call-overload]
        ("there is no loss", lambda: run.tune("loss", {"mse": 1}, chosen="l1")),
        ("there is no loss", lambda: run.tune("loss", {})),
    ]


@pytest.mark.parametrize("place", range(18))
def test_a_mistake_is_told_once_in_a_line_and_changes_nothing_and_a_strict_run_raises(
    init: Callable[..., OwnRun], capfd: pytest.CaptureFixture[str], place: int
) -> None:
    run, strict = init("easy"), init("strict", strict=True)
    words, mistake = the_mistakes(run)[place]
    for _ in range(3):
        mistake()
    run.log({"loss": 0.5})
    run.finish()
    (told,) = warnings(run)
    assert words in told
    assert capfd.readouterr().err == f"lintui: {told}\n"
    assert list(series(run).values()) == [[0.5]]
    with pytest.raises(BadInput, match=words):
        the_mistakes(strict)[place][1]()


@pytest.mark.parametrize("overhead", ["0.02", None, [1], -1, float("nan"), float("inf")])
def test_an_overhead_that_is_no_share_is_told_and_the_usual_one_is_kept_to(
    init: Callable[..., OwnRun], overhead: Any
) -> None:
    run = init(overhead=overhead)
    run.log({"loss": 1.0})
    run.finish()
    (told,) = warnings(run)
    assert told.startswith("overhead needs to be a share such as 0.02")
    assert list(series(run).values()) == [[1.0]]


@pytest.mark.parametrize("split", [["x"], None, 7])
def test_a_split_that_is_no_text_is_one_by_what_it_is_called(run: OwnRun, split: Any) -> None:
    for _ in range(3):
        run.log({"loss": 1.0})
        run.log({"loss": 2.0}, split=split)
    run.finish()
    steps = of_kind(Steps, run)
    assert {one.split for one in steps} == {"batch", str(split)}
    assert sum(len(one.at) for one in steps) == 6


def test_numbers_are_recorded_while_another_thread_has_loaded_half_of_torch(
    run: OwnRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    for i in range(3):
        run.log({"reward": i})
    monkeypatch.undo()
    run.finish()
    assert list(series(run, "reward").values()) == [[0.0], [1.0], [2.0]]


def test_a_step_that_goes_backwards_is_left_out(run: OwnRun) -> None:
    for step in (1, 2, 5, 3, 6):
        run.log({"loss": float(step)}, step=step)
    run.finish()
    assert list(series(run)) == [1, 2, 5, 6]
    assert len(warnings(run)) == 1


def test_what_was_handed_over_is_what_the_loop_reads_where_it_can_not_be_offered(run: OwnRun) -> None:
    assert run.tune("temperature", 5.0, low=0.0, high=1.0).value == 5.0
    chosen = run.tune("loss", {"mse": 1, "l1": 2}, chosen="huber")
    assert chosen.value == 1
    assert not isinstance(chosen, Choice)
    run.finish()
    assert [knob.knob for knob in of_kind(Declared, run)] == ["paused"]


def test_a_name_with_escape_sequences_reaches_no_screen_as_one(run: OwnRun) -> None:
    run.log({"\x1b]0;x\x07": 1.0})
    run.finish()
    state = RunState()
    for record in read_log(run.directory.log)[0]:
        state.apply(record)
    (key,) = state.series
    assert key.split == "batch"
    assert "\x1b" not in key.name and "\x07" not in key.name
    assert Key("batch", "\x1b]0;x\x07") not in state.series


def test_finishing_twice_and_logging_after_the_end_is_told_once_and_raises_nothing(
    run: OwnRun, capfd: pytest.CaptureFixture[str]
) -> None:
    run.log({"loss": 1.0})
    run.finish()
    before = run.directory.log.read_bytes()
    for _ in range(3):
        run.finish()
        run.log({"loss": 1.0})
        run.watch(nn.Linear(1, 1))
    assert run.directory.log.read_bytes() == before
    assert capfd.readouterr().err.count("has finished") == 1


def test_settings_come_as_a_mapping_or_from_argparse_and_anything_else_is_told(init: Callable[..., OwnRun]) -> None:
    for config, kept in (({"lr": 0.1}, {"lr": 0.1}), (Namespace(lr=0.1, net="a"), {"lr": 0.1, "net": "a"}), (3, {})):
        run = init(config=config)
        run.finish()
        (started,) = of_kind(Started, run)
        assert started.config == kept
        assert len(warnings(run)) == (config == 3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_writes_nothing_answers_nothing_and_does_not_give_the_run_away(run: OwnRun) -> None:
    script = Script()
    run.watch(script.model, script.optimizer)
    run.log({"loss": script.step()})
    wait_until(lambda: series(run), "the first loss")
    child = os.fork()
    if child == 0:
        run.post(Stop(id="stop", by="me"))
        for _ in range(3):
            run.log({"loss": 9.0})
            run.safe_point()
        run.finish()
        os._exit(7 if run.should_stop else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run.directory.is_written()
    run.log({"loss": script.step()})
    run.finish()
    assert list(series(run)) == [1, 2]
    assert not any(value == 9.0 for values in series(run).values() for value in values)
    assert len(of_kind(Ended, run)) == 1


def test_the_workers_of_a_loader_that_hold_the_run_do_not_write_it(run: OwnRun) -> None:
    class Data(torch.utils.data.Dataset[float]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, place: int) -> float:
            run.log({"from a worker": 1.0})
            return float(place)

    loader = torch.utils.data.DataLoader(Data(), num_workers=1, multiprocessing_context="fork")
    assert sorted(float(x) for x in loader) == [0.0, 1.0, 2.0, 3.0]
    run.log({"loss": 1.0})
    run.finish()
    assert series(run, "from a worker") == {}
    assert list(series(run)) == [1]


# The budget


def test_a_tighter_budget_looks_less_often_and_every_so_many_steps_at_least(init: Callable[..., OwnRun]) -> None:
    looks = {}
    for overhead in (1e-9, 0.5):
        run, script = init(overhead=overhead), Script()
        run.watch(script.model, script.optimizer)
        for _ in range(300):
            time.sleep(0.002)  # a step is not made in no time at all
            run.log({"loss": script.step()})
        run.finish()
        assert len(series(run)) == 300  # of the losses, none is dropped
        looks[overhead] = looked_at(run)
        assert max(b - a for a, b in zip(looks[overhead], looks[overhead][1:], strict=False)) <= 50
    assert looks[1e-9] == [1, 11, 61, 111, 161, 211, 261]
    assert len(looks[0.5]) >= len(looks[1e-9])


# A monitor that breaks


def test_an_exception_of_the_monitor_s_own_is_told_once_and_the_training_goes_on(
    init: Callable[..., OwnRun], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, script = init(), Script()
    run.watch(script.model, script.optimizer, every=1)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(run._outbox, "add", breaks)
    for _ in range(10):
        run.log({"loss": script.step()})
    assert run.at == 10
    run.finish()
    assert capfd.readouterr().err.count("lintui:") == 1
    strict, script = init(strict=True), Script()
    monkeypatch.setattr(strict._outbox, "add", breaks)
    with pytest.raises(RuntimeError, match="broken"):
        strict.log({"loss": script.step()})


def test_a_look_that_breaks_within_the_optimizer_s_step_does_not_break_the_step(
    run: OwnRun, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script, alone = Script(), Script()
    run.watch(script.model, script.optimizer, every=1)

    def breaks() -> None:
        raise MemoryError("no room for a copy")

    assert run._probe is not None
    monkeypatch.setattr(run._probe, "remember", breaks)
    for _ in range(5):
        assert torch.equal(script.step(), alone.step())
        run.log({"loss": 1.0})
    assert capfd.readouterr().err.count("lintui:") == 1


def test_a_run_whose_directory_is_removed_is_given_up_with_one_warning_and_the_training_goes_on(
    run: OwnRun, capfd: pytest.CaptureFixture[str]
) -> None:
    script, alone = Script(Adam), Script(Adam)
    run.watch(script.model, script.optimizer)
    run.log({"loss": script.step()})
    alone.step()
    # A beat may come in between, and leave a file in a folder that was just emptied.
    path = run.directory.path
    wait_until(lambda: (shutil.rmtree(path, ignore_errors=True), not path.exists())[1], "that it is gone")
    wait_until(lambda: (run.log({"loss": 1.0}), run._broken)[1], "that it is noticed")
    for _ in range(20):
        assert torch.equal(script.step(), alone.step())
        run.log({"loss": 1.0})
    run.finish()
    assert capfd.readouterr().err.count("lintui:") == 1


def test_an_inbox_full_of_garbage_is_passed_over_even_by_a_strict_run(init: Callable[..., OwnRun]) -> None:
    run, script = init(strict=True), Script()
    run.watch(script.model, script.optimizer)
    for i in range(200):
        (run.directory.inbox / f"{i:03}").write_bytes(b"\x00garbage" * i)
    wait_until(lambda: (run.log({"loss": script.step()}), not os.listdir(run.directory.inbox))[1], "an empty inbox")
    run.post(Scale(id="good", by="me", knob="lr", factor=2.0))
    run.log({"loss": script.step()})
    run.finish()
    assert [answer.id for answer in of_kind(Applied, run)] == ["good"]


# On the screen


def test_a_number_that_the_loop_declared_stands_among_the_settings_that_can_be_typed(run: OwnRun) -> None:
    script = Script(SGD, momentum=0.9)
    run.watch(script.model, script.optimizer)
    run.tune("temperature", 0.7, low=0.0)
    run.tune("loss", {"mse": 1, "l1": 2})
    run.log({"loss": script.step()})
    run.finish()
    state = RunState()
    for record in read_log(run.directory.log)[0]:
        state.apply(record)
    assert state.settings() == {"momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "temperature": 0.7}
    assert state.learning_rate() == 0.01


def test_a_rate_of_one_group_or_one_optimizer_is_marked_as_a_rate() -> None:
    at = {"id": "1", "by": "me", "branch": 0, "at": 1, "t": 0.0}
    for knob, label in (("lr.factor[head]", "lr[head] ×2"), ("generator.lr.factor", "generator.lr ×2")):
        assert mark_label(Applied(**at, knob=knob, old=1.0, new=2.0)) == label  # type: ignore[arg-type]
