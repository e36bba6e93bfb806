"""Run: what the loop says is in the log, commands take effect at the safe point alone, and nothing here stops it."""

import dataclasses
import math
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from strategies import HOSTILE, child_environment, read_log, sealed, wait_until
from torch import nn

import lintui
from lintui import artifacts, outbox, rundir
from lintui.codec import encode_command
from lintui.commands import Command, Scale, Set, Step, Stop, new_id
from lintui.events import (
    Applied,
    Array,
    Declared,
    Ended,
    Epoch,
    Event,
    Layers,
    Level,
    Record,
    Refused,
    Said,
    Scalar,
    Started,
    Steps,
    Values,
    Watched,
    Watching,
)
from lintui.inbox import leave
from lintui.knobs import Unfit
from lintui.log import LogWriter
from lintui.mailbox import Mailbox
from lintui.run import Run
from lintui.rundir import RunDirectoryError
from lintui.state import RunState

Answer = Applied | Refused
Kind = TypeVar("Kind")


def logged(run: Run) -> list[Event]:
    """What is in the run's log, which must not be damaged."""
    records, problems = read_log(run.directory.log)
    assert problems == []
    return [event for _, event in records]


def of_kind(kind: type[Kind], run: Run) -> list[Kind]:
    return [event for event in logged(run) if isinstance(event, kind)]


def steps_in(run: Run) -> list[int]:
    return [at for event in of_kind(Steps, run) for at in event.at]


def a_set(knob: str, value: Scalar, id: str = "") -> Set:
    return Set(id=id or new_id(), by="someone", knob=knob, value=value)


@pytest.fixture
def runs_made() -> Iterator[list[Run]]:
    made: list[Run] = []
    yield made
    for run in made:
        run.finish()


@pytest.fixture
def start(runs_made: list[Run]) -> Callable[..., Run]:
    def begin(name: str = "a run", **settings: Any) -> Run:
        run = Run(name, rundir.create(name), **settings)
        runs_made.append(run)
        return run

    return begin


@pytest.fixture
def run(start: Callable[..., Run]) -> Run:
    return start()


class Training:
    """An endless loop on a thread of its own, with a learning rate to turn, and the answers that it gives."""

    def __init__(self, start: Callable[..., Run], **settings: Any) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.run = start(on_record=self._hear, **settings)
        self.lr = self.run.tune("lr", 0.1, low=0.0)
        self.over = False
        self.thread = threading.Thread(target=self._train, daemon=True)
        self.thread.start()

    def _hear(self, record: Record) -> None:
        if isinstance(record.event, Applied | Refused):
            self.answers.setdefault(record.event.id, []).append(record.event)

    def _train(self) -> None:
        while not (self.over or self.run.should_stop):
            self.run.step({"loss": 1.0})
            self.run.safe_point()

    def ask(self, command: Command) -> Answer:
        self.run.post(command)
        return self.answer(command)

    def answer(self, command: Command) -> Answer:
        (answer,) = wait_until(lambda: self.answers.get(command.id), f"an answer to {command}")
        return answer

    def pause(self) -> int:
        """Pause, and return after which step."""
        return self.ask(a_set("paused", True)).at

    def reaches(self, at: int) -> None:
        wait_until(lambda: self.run.at >= at, f"step {at}")

    def stop(self) -> None:
        self.over = True  # where the run is broken, it stops at no command
        self.run.post(Stop(id=new_id(), by="someone"))
        wait_until(lambda: not self.thread.is_alive(), "the end of the training")


@pytest.fixture
def training(start: Callable[..., Run]) -> Iterator[Training]:
    one = Training(start)
    yield one
    one.stop()


# What the loop says


def test_a_run_says_first_which_it_is_and_last_how_it_ended(start: Callable[..., Run]) -> None:
    run = start("first", task="regression", config={"lr": 0.1, "seed": None}, steps=10, epochs=2)
    run.finish(summary={"loss": 0.5})
    first, *_, last = logged(run)
    assert isinstance(first, Started)
    assert (first.name, first.task, first.config) == ("first", "regression", {"lr": 0.1, "seed": None})
    assert (first.steps, first.epochs, first.pid) == (10, 2, os.getpid())
    assert isinstance(last, Ended)
    assert (last.how, last.reason, last.traceback, last.summary) == ("done", "", "", {"loss": 0.5})


def test_every_step_is_in_the_log_once_and_in_order(run: Run) -> None:
    for i in range(5_000):
        run.step({"loss": i / 2, "norm": -float(i)})
    run.finish()
    steps = of_kind(Steps, run)
    assert steps_in(run) == list(range(1, 5_001))
    assert [value for event in steps for value in event.values["loss"]] == [i / 2 for i in range(5_000)]
    assert [value for event in steps for value in event.values["norm"]] == [-float(i) for i in range(5_000)]
    times = [t for event in steps for t in event.t]
    assert times == sorted(times)
    assert times[0] >= 0
    assert len(steps) < 500


def test_a_series_is_in_the_order_of_steps_also_where_its_company_changes(run: Run) -> None:
    for i in range(1, 40):
        run.step({"loss": float(i)} if i % 5 else {"loss": float(i), "norm": 1.0})
    run.finish()
    loss = [pair for e in of_kind(Steps, run) for pair in zip(e.at, e.values["loss"], strict=True)]
    assert loss == [(i, float(i)) for i in range(1, 40)]


def test_what_is_said_stands_in_the_log_between_the_steps_between_which_it_was_said(run: Run) -> None:
    run.step({"loss": 1.0})
    run.step({"loss": 2.0})
    run.say("between")
    run.step({"loss": 3.0})
    run.level("train", "loss", 0.5, "floor", under="mse")
    run.log({"loss": 1.5})
    run.step({"loss": 4.0})
    run.epoch(1, train={"accuracy": 0.25}, test={"accuracy": 0.125})
    run.finish()
    _, _, *events, _ = logged(run)
    first, said, third, level, *log_and_fourth, train, test, epoch = events
    assert isinstance(first, Steps)
    assert (first.at, first.split, first.values) == ((1, 2), "batch", {"loss": (1.0, 2.0)})
    assert isinstance(said, Said)
    assert (said.level, said.text) == ("info", "between")
    assert isinstance(third, Steps)
    assert third.at == (3,)
    assert level == Level(split="train", name="loss", value=0.5, label="floor", under="mse")
    assert {(e.split, e.at) for e in log_and_fourth if isinstance(e, Steps)} == {("train", (3,)), ("batch", (4,))}
    assert isinstance(train, Values)
    assert (train.split, train.at, train.values) == ("train", 4, {"accuracy": 0.25})
    assert isinstance(test, Values)
    assert (test.split, test.values) == ("test", {"accuracy": 0.125})
    assert isinstance(epoch, Epoch)
    assert (epoch.number, epoch.at) == (1, 4)


def test_what_was_said_is_in_the_log_soon_without_anything_more_being_said(run: Run) -> None:
    run.step({"loss": 1.0})
    wait_until(lambda: steps_in(run) == [1], "the step in the log")


def test_a_mailbox_gets_what_the_log_gets(start: Callable[..., Run]) -> None:
    mailbox = Mailbox()
    run = start(mailbox=mailbox)
    run.step({"loss": 0.5})
    run.post(a_set("paused", False))
    run.safe_point()
    run.finish(summary={"at": 1})
    assert mailbox.drain() == read_log(run.directory.log)[0]


def test_a_step_without_metrics_counts_and_says_nothing(run: Run) -> None:
    run.step()
    run.step({})
    run.finish()
    assert run.at == 2
    assert of_kind(Steps, run) == []
    assert logged(run)[-1].at == 2  # type: ignore[union-attr]


def test_a_picture_is_kept_beside_the_log_and_comes_back_checked(run: Run) -> None:
    data = bytes(range(12))
    run.step()
    run.picture("decision regions", (3, 4), "uint8", data)
    run.finish()
    (array,) = of_kind(Array, run)
    assert (array.name, array.at, array.shape, array.dtype) == ("decision regions", 1, (3, 4), "uint8")
    assert artifacts.load(run.directory.artifacts, array) == data
    (run.directory.artifacts / array.file).write_bytes(data[::-1])
    with pytest.raises(ValueError, match="damaged"):
        artifacts.load(run.directory.artifacts, array)


@pytest.mark.parametrize("name", ["x" * 300, "../../etc/passwd", "", ".", "-", "ä ö", "a\0b", "..-"], ids=range(8))
def test_a_picture_of_any_name_comes_back_from_its_own_folder(run: Run, name: str) -> None:
    run.picture(name, (3,), "uint8", b"abc")
    run.finish()
    (array,) = of_kind(Array, run)
    assert artifacts.load(run.directory.artifacts, array) == b"abc"
    assert os.listdir(run.directory.artifacts) == [array.file]


@pytest.mark.parametrize("file", ["../log.jsonl", "/etc/passwd", "..", "a/b", ""])
def test_a_picture_is_never_looked_for_elsewhere(run: Run, file: str) -> None:
    array = Array(branch=0, name="x", at=0, t=0.0, file=file, shape=(1,), dtype="uint8", crc32="00000000")
    with pytest.raises((ValueError, OSError)):
        artifacts.load(run.directory.artifacts, array)


def test_init_makes_a_directory_and_a_run_in_one_go(runs: Path, runs_made: list[Run]) -> None:
    run = lintui.init("my model", config={"depth": 3})
    runs_made.append(run)
    run.finish()
    assert run.directory.path.parent == runs
    (started,) = of_kind(Started, run)
    assert (started.name, started.config) == ("my model", {"depth": 3})


# Looking at parameters


def test_parameters_are_looked_at_every_so_many_steps_with_the_rate_of_the_step(run: Run) -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run.watch(model, optimizer, every=4)
    run.post(a_set("lr.factor", 0.5))
    run.safe_point()
    weights, biases = [], []
    for _ in range(10):
        optimizer.zero_grad()
        model(torch.ones(5, 3)).pow(2).mean().backward()
        before = model.bias.item()
        optimizer.step()
        run.step({"loss": 1.0})
        weights.append(model.weight.tolist()[0])
        assert model.bias.grad is not None
        biases.append((model.bias.item(), model.bias.grad.item(), abs(model.bias.item() - before) / abs(before)))
    run.finish()
    (watching,) = of_kind(Watching, run)
    assert watching.names == ("weight[0]", "weight[1]", "weight[2]", "bias")
    looks = of_kind(Layers, run)
    assert [at for look in looks for at in look.at] == [1, 4, 8], "the first shows where they began"
    assert {lr for look in looks for lr in look.lr} == {0.05}
    seen = {name: [row for look in looks for row in look.values[name]] for name in ("value", "gradient", "change")}
    assert [list(row[:3]) for row in seen["value"]] == [weights[0], weights[3], weights[7]]
    for place, at in enumerate((1, 4, 8)):
        bias = tuple(seen[name][place][3] for name in ("value", "gradient", "change"))
        assert bias == pytest.approx(biases[at - 1], rel=1e-5)


def test_looking_after_every_step_shows_every_change(run: Run) -> None:
    w = torch.ones(1)
    run.watch({"w": w}, every=1)
    for _ in range(3):
        w *= 2
        run.step()
    run.finish()
    looks = of_kind(Layers, run)
    assert [row for look in looks for row in look.values["change"]] == [(1.0,)] * 3
    assert [row for look in looks for row in look.values["value"]] == [(2.0,), (4.0,), (8.0,)]


@pytest.mark.parametrize("tensor", [False, True], ids=["a number", "a tensor"])
def test_the_rate_of_a_look_is_the_one_that_its_step_took_though_the_schedule_has_moved_on(
    run: Run, tensor: bool
) -> None:
    p = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([p], lr=torch.tensor(0.5, dtype=torch.float64) if tensor else 0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    run.watch({"p": p}, optimizer, every=1)
    taken = []
    for at in range(1, 7):
        if at == 4:
            run.post(a_set("lr.factor", 3.0))
            run.safe_point()
        p.data.zero_()
        p.grad = -torch.ones_like(p)
        optimizer.step()
        taken.append(p.item())
        schedule.step()
        run.step({"loss": 1.0})
    run.finish()
    assert [lr for look in of_kind(Layers, run) for lr in look.lr] == taken


def test_the_script_s_own_rate_is_told_again_when_a_schedule_has_changed_it(start: Callable[..., Run]) -> None:
    mailbox, state = Mailbox(), RunState()
    run = start(mailbox=mailbox)
    p = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([p], lr=0.5)
    run.watch({"p": p}, optimizer, every=10)
    p.grad = torch.ones_like(p)
    optimizer.param_groups[0]["lr"] = 0.25
    for _ in range(200):
        optimizer.step()
        run.step({"loss": 1.0})
        run.safe_point()
        time.sleep(0.002)  # a step is not made in no time at all
    run.finish()
    for record in mailbox.drain():
        state.apply(record)
    assert state.learning_rate() == 0.25


def test_what_can_not_be_looked_at_switches_watching_off_and_not_the_training(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    run.watch({"w": torch.ones(20, device="meta")}, every=2)
    for _ in range(10):
        run.step({"loss": 1.0})
        run.safe_point()
    run.finish()
    assert run.at == 10
    assert reports(capfd) == 1


# The safe point


def test_every_command_is_answered_exactly_once_with_its_id_and_author(run: Run) -> None:
    lr = run.tune("lr", 0.1, low=0.0)
    run.choose("loss", {"mse": 1, "l1": 2}, "mse")
    run.step()
    commands: list[tuple[Command, type[Answer]]] = [
        (Set(id="a", by="me", knob="lr", value=0.2), Applied),
        (Scale(id="b", by="you", knob="lr", factor=2.0), Applied),
        (Set(id="c", by="me", knob="lr", value=-1), Refused),
        (Set(id="d", by="me", knob="loss", value="l1", undoes="x", redoes="y"), Applied),
        (Scale(id="e", by="me", knob="loss", factor=2.0), Refused),
        (Set(id="f", by="me", knob="ghost", value=1), Refused),
        (Step(id="g", by="me", count=0), Refused),
        (Step(id="h", by="me", count=5), Applied),
        (Set(id="i", by="me", knob="paused", value="yes"), Refused),
        (Scale(id="j", by="me", knob="lr", factor=math.nan), Refused),
        (Stop(id="k", by="me", reason="enough"), Applied),
        (Set(id="l", by="me", knob="lr", value=0.3), Applied),
    ]
    for command, _ in commands:
        run.post(command)
    run.safe_point()
    run.safe_point()
    run.finish()
    answers = [event for event in logged(run) if isinstance(event, Applied | Refused)]
    assert [(a.id, a.by, a.knob, type(a)) for a in answers] == [(c.id, c.by, c.knob, kind) for c, kind in commands]
    assert {(a.at, a.branch) for a in answers} == {(1, 0)}
    assert all(a.reason for a in answers if isinstance(a, Refused))
    applied = {a.id: a for a in answers if isinstance(a, Applied)}
    assert [(applied[id].old, applied[id].new) for id in "abdl"] == [
        (0.1, 0.2),
        (0.2, 0.4),
        ("mse", "l1"),
        (0.4, 0.3),
    ]
    assert (applied["d"].undoes, applied["d"].redoes) == ("x", "y")
    assert lr.value == 0.3


def test_nothing_changes_before_the_safe_point(run: Run) -> None:
    lr = run.tune("lr", 0.1)
    run.post(a_set("lr", 0.2))
    leave(run.directory.inbox, Stop(id="stop", by="me"))
    for _ in range(100):
        run.step({"loss": 1.0})
    assert (lr.value, run.should_stop) == (0.1, False)
    run.safe_point()
    assert lr.value == 0.2


def test_a_command_that_comes_again_is_answered_once_and_applied_once(run: Run) -> None:
    lr = run.tune("lr", 1.0)
    command = Scale(id="again", by="me", knob="lr", factor=2.0)
    for _ in range(3):
        run.post(command)
    leave(run.directory.inbox, command)
    wait_until(lambda: (run.safe_point(), not os.listdir(run.directory.inbox))[1], "an empty inbox")
    leave(run.directory.inbox, dataclasses.replace(command, factor=3.0))
    wait_until(lambda: (run.safe_point(), not os.listdir(run.directory.inbox))[1], "an empty inbox")
    run.post(command)
    run.safe_point()
    run.finish()
    assert lr.value == 2.0
    assert len(of_kind(Applied, run)) == 1


def test_a_refused_command_that_comes_again_is_refused_once(run: Run) -> None:
    for _ in range(3):
        run.post(a_set("ghost", 1, id="again"))
        run.safe_point()
    run.finish()
    assert len(of_kind(Refused, run)) == 1


def test_a_command_from_another_process_comes_through_the_inbox(training: Training) -> None:
    script = """
import sys
from pathlib import Path
from lintui.commands import Scale
from lintui.inbox import leave
for i in range(3):
    leave(Path(sys.argv[1]), Scale(id=f"from afar {i}", by="afar", knob="lr", factor=2.0))
"""
    inbox = str(training.run.directory.inbox)
    subprocess.run([sys.executable, "-c", script, inbox], env=child_environment(), check=True)
    wait_until(lambda: "from afar 2" in training.answers, "the last answer")
    assert training.lr.value == 0.8
    assert [(training.answers[f"from afar {i}"][0].by) for i in range(3)] == ["afar"] * 3


def test_commands_from_many_threads_and_from_the_inbox_are_each_answered_once(training: Training) -> None:
    def give(who: str, how: Callable[[Command], None]) -> None:
        for i in range(200):
            how(Scale(id=f"{who} {i}", by=who, knob="lr", factor=2.0 if i % 2 else 0.5))

    ways: list[Callable[[Command], None]] = [
        training.run.post,
        training.run.post,
        lambda command: leave(training.run.directory.inbox, command),
    ]
    givers = [threading.Thread(target=give, args=(str(i), way)) for i, way in enumerate(ways)]
    for giver in givers:
        giver.start()
    for giver in givers:
        giver.join()
    wait_until(lambda: len(training.answers) == 600, "600 answers")
    assert {len(answers) for answers in training.answers.values()} == {1}
    assert training.lr.value == 0.1


def test_of_a_thousand_malformed_commands_none_is_applied_and_a_valid_one_among_them_is(run: Run) -> None:
    lr = run.tune("lr", 0.1)
    good = Set(id="good", by="me", knob="lr", value=0.2)
    malformed = [
        b"",
        b"{}",
        encode_command(a_set("lr", 9.0))[:-5],
        encode_command(a_set("lr", 9.0)).replace(b"9.0", b"8.0"),
        sealed({"kind": "set", "id": 1, "by": "me", "knob": "lr", "value": 9.0}),
        sealed({"kind": "set", "id": "1", "knob": "lr", "value": 9.0}),
        sealed({"kind": "set", "id": "1", "by": "me", "knob": "lr", "value": [9.0]}),
        sealed({"kind": "scale", "id": "1", "by": "me", "knob": "lr", "factor": None}),
        sealed({"kind": "sudo", "id": "1", "by": "me"}),
        b"[" * 60_000,
    ]
    for i in range(1_000):
        (run.directory.inbox / f"{i:04}").write_bytes(malformed[i % len(malformed)])
    leave(run.directory.inbox, good)
    wait_until(lambda: (run.safe_point(), not os.listdir(run.directory.inbox))[1], "an empty inbox")
    run.finish()
    assert lr.value == 0.2
    assert [answer.id for answer in of_kind(Applied, run)] == ["good"]
    assert of_kind(Refused, run) == []
    told = [said.text for said in of_kind(Said, run) if "is no command" in said.text]
    assert 0 < len(told) <= 1_000
    assert len(told) == len(set(told))


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are always text")
def test_a_file_whose_name_is_no_text_does_not_silence_the_run(run: Run) -> None:
    run.step({"loss": 1.0})
    Path(os.fsdecode(os.fsencode(run.directory.inbox) + b"/\xff\x1b[2J")).write_bytes(b"garbage")
    wait_until(lambda: (run.safe_point(), not os.listdir(run.directory.inbox))[1], "an empty inbox")
    run.step({"loss": 2.0})
    run.finish()
    assert steps_in(run) == [1, 2]
    assert any("is no command" in said.text for said in of_kind(Said, run))


# Pause, step, speed, stop


def test_a_paused_run_makes_no_step_and_keeps_answering(training: Training) -> None:
    training.reaches(3)
    at = training.pause()
    assert isinstance(training.ask(a_set("lr", 0.5)), Applied)
    assert isinstance(training.ask(a_set("lr", -0.5)), Refused)
    command = a_set("lr", 0.25)
    leave(training.run.directory.inbox, command)
    assert isinstance(training.answer(command), Applied)
    assert training.lr.value == 0.25
    assert {answer.at for answers in training.answers.values() for answer in answers} == {at}
    assert training.run.at == at
    training.ask(a_set("paused", False))
    training.reaches(at + 10)


def test_in_the_midst_of_something_long_a_paused_run_answers_and_waits_for_nothing(start: Callable[..., Run]) -> None:
    run = start(paused=True)
    lr = run.tune("lr", 0.1)
    run.answer()
    run.post(a_set("lr", 0.5))
    run.answer()
    assert lr.value == 0.5
    run.post(Stop(id="stop", by="me"))
    run.answer()
    assert run.should_stop
    run.finish()
    assert [event.knob for event in of_kind(Applied, run)] == ["lr", "stop"]


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_a_paused_run_makes_exactly_as_many_steps_as_are_asked_for_and_pauses_again(
    training: Training, count: int
) -> None:
    at = training.pause()
    assert training.ask(Step(id=new_id(), by="me", count=count)).at == at
    training.reaches(at + count)
    for _ in range(3):
        assert training.ask(Scale(id=new_id(), by="me", knob="lr", factor=2.0)).at == at + count
    assert training.run.at == at + count


def test_steps_that_are_asked_for_in_a_row_add_up(training: Training) -> None:
    at = training.pause()
    for _ in range(5):
        training.run.post(Step(id=new_id(), by="me"))
    last = Step(id=new_id(), by="me", count=4)
    training.run.post(last)
    training.answer(last)
    training.reaches(at + 9)
    assert training.ask(a_set("lr", 0.5)).at == at + 9


def test_a_running_run_that_is_asked_for_steps_makes_them_and_pauses(training: Training) -> None:
    at = training.ask(Step(id=new_id(), by="me", count=6)).at
    training.reaches(at + 6)
    assert training.ask(a_set("lr", 0.5)).at == at + 6


def test_a_run_that_goes_on_owes_no_steps_any_more(training: Training) -> None:
    training.pause()
    training.ask(Step(id=new_id(), by="me", count=10**6))
    at = training.ask(a_set("paused", False)).at
    training.reaches(at + 10)
    at = training.pause()
    training.ask(a_set("paused", False))
    training.reaches(at + 10)


def test_a_pause_while_steps_are_owed_holds_at_once(training: Training) -> None:
    training.pause()
    training.ask(Step(id=new_id(), by="me", count=10**9))
    at = training.pause()
    assert training.ask(a_set("lr", 0.5)).at == at


def test_a_paused_run_can_be_stopped(training: Training) -> None:
    training.pause()
    stop = Stop(id="stop", by="me", reason="enough")
    training.run.post(stop)
    wait_until(lambda: not training.thread.is_alive(), "the end of the training")
    training.run.finish()
    ended = logged(training.run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, ended.reason) == ("stopped", "enough")


def test_a_run_that_is_held_back_answers_and_goes_on_when_the_limit_is_lifted(start: Callable[..., Run]) -> None:
    training = Training(start, speed=0.001)
    try:
        training.reaches(1)
        assert isinstance(training.ask(a_set("lr", 0.5)), Applied)
        assert training.run.at <= 2
        training.ask(a_set("speed", 1e6))
        training.reaches(50)
        assert isinstance(training.ask(a_set("speed", 0)), Refused)
    finally:
        training.stop()
    knobs = [knob for knob in of_kind(Declared, training.run) if knob.knob == "speed"]
    assert [knob.value for knob in knobs] == [0.001]


def test_a_run_that_is_held_back_can_be_stopped(start: Callable[..., Run]) -> None:
    training = Training(start, speed=0.001)
    training.reaches(1)
    training.stop()
    assert training.run.at <= 3


def test_what_watching_costs_is_told_as_a_share(start: Callable[..., Run]) -> None:
    run = start()
    events = wait_until(lambda: (run.step(), run.safe_point(), of_kind(Watched, run))[2], "the cost")
    assert all(0 <= event.share < 1.5 for event in events)


# The end


def test_finishing_twice_is_finishing_once(run: Run) -> None:
    run.step({"loss": 1.0})
    run.finish(reason="first")
    run.finish(reason="second")
    run.fail(ValueError("third"))
    (ended,) = of_kind(Ended, run)
    assert (ended.how, ended.reason) == ("done", "first")


def test_a_run_that_has_ended_holds_no_file_open(run: Run) -> None:
    def open_files() -> list[Path]:
        links = [Path("/dev/fd") / name for name in os.listdir("/dev/fd")]
        return [link for link in links if link.exists() and link.samefile(run.directory.log)]

    wait_until(lambda: logged(run), "the first line")
    assert len(open_files()) == 1
    run.finish()
    assert open_files() == []


def test_the_log_says_what_it_is_of_before_any_thread_has_had_its_turn(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.Outbox, "_run", lambda *_: None)
    run = start("a run", config={"lr": 0.1})
    (started,) = logged(run)
    assert isinstance(started, Started)
    assert started.config == {"lr": 0.1}


def test_commands_are_taken_while_a_disk_takes_its_time(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    lr = run.tune("lr", 0.1)
    disk = threading.Event()
    append = LogWriter.append

    def append_late(writer: LogWriter, events: list[Event]) -> list[Record]:
        disk.wait(60)
        return append(writer, events)

    monkeypatch.setattr(LogWriter, "append", append_late)
    try:
        leave(run.directory.inbox, a_set("lr", 0.2))
        wait_until(lambda: [run.step({"loss": 1.0}), run.safe_point(), lr.value == 0.2][-1], "the new learning rate")
    finally:
        disk.set()
    run.finish()
    assert len(of_kind(Applied, run)) == 1
    assert steps_in(run) == [*range(1, run.at + 1)]


@pytest.mark.parametrize("calls", [40, 3_000], ids=["few enough for a batch", "more than a batch"])
def test_of_each_metric_the_values_stand_in_the_order_in_which_they_were_said(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    monkeypatch.setattr(outbox, "WAIT", 1e3)  # all of it is handed on at once
    for seed in range(5):
        chance = random.Random(seed)
        run = start(f"seed {seed}")
        said: dict[tuple[str, str], list[tuple[int, float]]] = {}
        overlapping = seed % 2 == 0
        for value in range(calls):
            run.step({"loss": float(value)})
            said.setdefault(("batch", "loss"), []).append((run.at, float(value)))
            split = chance.choice(["train", "val"])
            names = chance.choice([["a"], ["a", "b"], ["b", "c"]] if overlapping else [["a"], ["b", "c"]])
            run.log({name: torch.tensor(value) if name == "c" else float(value) for name in names}, split=split)
            for name in names:
                said.setdefault((split, name), []).append((run.at, float(value)))
        run.finish()
        found: dict[tuple[str, str], list[tuple[int, float]]] = {}
        for event in of_kind(Steps, run):
            for name, column in event.values.items():
                found.setdefault((event.split, name), []).extend(zip(event.at, column, strict=True))
        assert found == said


def test_an_epoch_without_a_number_is_told_and_leaves_the_log_whole(run: Run) -> None:
    for number in ("three", 2.5, None, 2**80, True):
        run.step({"loss": 1.0})
        run.epoch(number)  # type: ignore[arg-type]
    run.epoch(7)
    run.finish()
    assert [epoch.number for epoch in of_kind(Epoch, run)] == [7]
    assert steps_in(run) == [1, 2, 3, 4, 5]


def test_a_loop_that_goes_on_after_the_end_raises_nothing_and_says_nothing(run: Run) -> None:
    run.finish()
    before = run.directory.log.read_bytes()
    for _ in range(100):
        run.step({"loss": 1.0})
        run.log({"loss": 1.0})
        run.safe_point()
    run.epoch(1, train={"accuracy": 1.0})
    run.say("too late")
    run.post(a_set("paused", True))
    run.finish()
    assert run.directory.log.read_bytes() == before


def test_an_exception_is_recorded_with_its_cause_and_traceback(run: Run) -> None:
    run.step({"loss": 1.0})
    try:
        try:
            raise KeyError("weights")
        except KeyError as cause:
            raise RuntimeError("no such layer") from cause
    except RuntimeError as error:
        run.fail(error)
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, ended.at, ended.reason) == ("failed", 1, "RuntimeError: no such layer")
    assert "KeyError: 'weights'" in ended.traceback
    assert "direct cause" in ended.traceback
    assert Path(__file__).name in ended.traceback


@pytest.mark.parametrize(
    "text",
    [*HOSTILE.values(), "\ud800", "x" * 3_000_000, "line\n" * 300_000],
    ids=[*HOSTILE.keys(), "half a surrogate pair", "three megabytes", "many lines"],
)
def test_an_exception_is_recorded_whatever_it_says(run: Run, text: str) -> None:
    run.step({"loss": 1.0})
    try:
        raise ValueError(text)
    except ValueError as error:
        run.fail(error)
    assert steps_in(run) == [1]
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert ended.how == "failed"
    assert ended.traceback.startswith("Traceback")


def test_an_exception_that_can_not_even_say_what_it_is_is_recorded(run: Run) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    run.fail(MuteError())
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, "Mute" in ended.reason) == ("failed", True)


def test_a_failure_in_words_is_recorded_as_it_was_said_without_a_traceback(run: Run) -> None:
    run.step({"loss": 1.0})
    run.fail("there are no data; connect to the network")
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, ended.at, ended.traceback) == ("failed", 1, "")
    assert ended.reason == "there are no data; connect to the network"


def test_an_interrupt_is_recorded_too(run: Run) -> None:
    run.fail(KeyboardInterrupt())
    ended = logged(run)[-1]
    assert isinstance(ended, Ended)
    assert (ended.how, ended.reason) == ("failed", "KeyboardInterrupt")


# One writer


def test_a_second_run_on_a_directory_is_refused_and_the_first_goes_on(run: Run) -> None:
    with pytest.raises(RunDirectoryError, match="another process is writing"):
        Run("second", run.directory)
    run.step({"loss": 1.0})
    run.finish()
    assert steps_in(run) == [1]
    assert len(of_kind(Started, run)) == 1


def test_a_second_run_from_another_process_is_refused(run: Run) -> None:
    script = """
import sys
from pathlib import Path
from lintui.run import Run
from lintui.rundir import RunDirectory, RunDirectoryError
path = Path(sys.argv[1])
try:
    Run("second", RunDirectory(path, path / "log.jsonl"))
except RunDirectoryError as error:
    print(error)
"""
    child = subprocess.run(
        [sys.executable, "-c", script, str(run.directory.path)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout == f"another process is writing the run in {run.directory.path}\n"


def test_a_run_is_not_written_over_one_that_has_ended(run: Run) -> None:
    run.finish()
    before = run.directory.log.read_bytes()
    with pytest.raises(FileExistsError):
        Run("second", run.directory)
    assert run.directory.log.read_bytes() == before


def test_a_run_that_could_not_begin_does_not_keep_its_directory(run: Run) -> None:
    run.finish()
    with pytest.raises(FileExistsError) as caught:
        Run("second", run.directory)
    run.directory.lock().release()
    assert caught.value.filename == str(run.directory.log)


def test_a_directory_is_free_again_when_its_run_has_ended_however_it_did(start: Callable[..., Run]) -> None:
    for end in (Run.finish, lambda run: run.fail(ValueError("no"))):
        run = start()
        end(run)
        run.directory.lock().release()


# A monitor that breaks


def reports(capfd: pytest.CaptureFixture[str]) -> int:
    """How many lines were printed; every one must be a report, and none stands on stdout."""
    out, err = capfd.readouterr()
    assert out == ""
    assert all(line.startswith("lintui: ") for line in err.splitlines()), err
    return len(err.splitlines())


def go_on(run: Run, steps: int = 200) -> None:
    """Train on, with everything that a loop may call."""
    for _ in range(steps):
        run.step({"loss": 1.0})
        run.log({"loss": 1.0})
        run.safe_point()
    run.epoch(1, train={"accuracy": 1.0})
    run.level("train", "loss", 0.5, "floor")
    run.say("still here")
    run.picture("regions", (1,), "uint8", b"x")


def test_a_run_whose_directory_vanishes_reports_it_once_and_trains_on(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    go_on(run)
    wait_until(run.directory.heartbeat.exists, "the first heartbeat, which must not come while files are removed")
    shutil.rmtree(run.directory.path)
    told: list[int] = []
    wait_until(lambda: (go_on(run), told.append(reports(capfd)), sum(told))[2], "a report")
    go_on(run)
    run.fail(ValueError("and this, too"))
    assert sum(told) + reports(capfd) == 1


def test_a_paused_run_whose_directory_vanishes_trains_on(training: Training) -> None:
    at = training.pause()
    shutil.rmtree(training.run.directory.path)
    training.reaches(at + 10)


@pytest.mark.parametrize("method", ["add", "say", "say_now"])
def test_an_outbox_that_raises_never_raises_into_the_loop(
    run: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken\nin two lines")

    monkeypatch.setattr(run._outbox, method, fail)
    go_on(run, 5)
    run.post(a_set("paused", False))
    run.safe_point()
    go_on(run, 5)
    run.log({"loss": 1.0})
    run.finish()
    assert run.at == 10
    assert reports(capfd) == 1


def test_who_listens_and_raises_is_reported_once_and_the_training_goes_on(
    start: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(record: Record) -> None:
        raise RuntimeError("can't listen")

    run = start(on_record=fail)
    go_on(run)
    wait_until(lambda: len(logged(run)) > 3, "the first records")
    go_on(run)
    run.finish()
    assert run.at == 400
    assert reports(capfd) == 1
    run.directory.lock().release()


def test_a_mailbox_that_raises_is_reported_once_and_the_training_goes_on(
    start: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    class Full(Mailbox):
        def put(self, records: list[Record]) -> None:
            raise MemoryError

    run = start(mailbox=Full())
    go_on(run)
    run.finish()
    assert run.at == 200
    assert reports(capfd) == 1
    run.directory.lock().release()


STRANGE = {
    "a tensor": torch.tensor(1.5),
    "a single of numpy": np.float32(1.5),
    "an integer of numpy": np.int64(3),
    "a decimal": Decimal("1.5"),
    "a text": "1.5",
    "half a surrogate pair": "\ud800",
    "an integer of 400 digits": 10**400,
    "nothing": None,
    "a list": [1.0, 2.0],
    "a path": Path("x"),
    "an object": object(),
}


def say_in_step(run: Run, value: Any) -> None:
    run.step({"loss": value})


def say_in_log(run: Run, value: Any) -> None:
    run.log({"loss": value})


def say_in_epoch(run: Run, value: Any) -> None:
    run.epoch(1, train={"accuracy": value})


def say_as_level(run: Run, value: Any) -> None:
    run.level("train", "loss", value, "floor")


def say_as_text(run: Run, value: Any) -> None:
    run.say(value)


def say_in_summary(run: Run, value: Any) -> None:
    run.finish(summary={"loss": value})


@pytest.mark.parametrize("say", [say_in_step, say_in_log, say_in_epoch, say_as_level, say_as_text, say_in_summary])
def test_a_value_that_can_not_be_written_costs_no_step_and_no_line(
    start: Callable[..., Run], capfd: pytest.CaptureFixture[str], say: Callable[[Run, Any], None]
) -> None:
    for what, value in STRANGE.items():
        run = start(what)
        run.step({"loss": 1.0})
        run.safe_point()
        say(run, value)
        for _ in range(3):
            run.step({"loss": 2.0})
            run.safe_point()
        run.finish()
        assert reports(capfd) <= 1, what
        assert steps_in(run)[:1] == [1], what
        run.directory.lock().release()


class Mute:
    """Something that can't even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


MISTAKES: dict[str, Callable[[Any], object]] = {
    "step(5)": lambda run: run.step(5),
    "step of a list": lambda run: run.step([1.0]),
    "log(None)": lambda run: run.log(None),
    "log of something mute": lambda run: run.log({"loss": Mute()}),
    "epoch of None": lambda run: run.epoch(1, train=None),
    "epoch of a list": lambda run: run.epoch(1, train=[1.0]),
    "level of None": lambda run: run.level("train", "loss", None, "floor"),
    "picture of None": lambda run: run.picture("regions", (1,), "uint8", None),
    "picture without a name": lambda run: run.picture(None, (1,), "uint8", b"x"),
    "saying something mute": lambda run: run.say(Mute()),
    "a summary of something mute": lambda run: run.finish(summary={"loss": Mute()}),
    "failing with something mute": lambda run: run.fail(type("Mute", (Exception,), {"__str__": Mute.__str__})()),
}


@pytest.mark.parametrize("call", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_call_that_is_a_mistake_never_raises_into_the_loop(
    run: Run, capfd: pytest.CaptureFixture[str], call: Callable[[Run], object]
) -> None:
    run.step({"loss": 1.0})
    call(run)
    for _ in range(3):
        run.step({"loss": 2.0})
        run.safe_point()
    run.finish()
    assert reports(capfd) <= 1
    assert steps_in(run)[:1] == [1]
    run.directory.lock().release()


def test_a_setting_that_is_no_number_and_no_text_does_not_hide_the_run(
    start: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    for what, value in STRANGE.items():
        run = start(config={"lr": 0.1, "strange": value})
        run.step({"loss": 1.0})
        run.finish()
        assert reports(capfd) <= 1, what
        (started,) = of_kind(Started, run)
        assert started.config["lr"] == 0.1, what
        assert steps_in(run) == [1], what


def test_more_than_a_line_can_hold_is_not_the_end_of_the_log(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    run.step({"loss": 1.0})
    run.step({f"metric {i}": math.nan for i in range(60_000)})
    run.step({"loss": 2.0})
    run.say("x" * 2_000_000)
    run.step({"loss": 3.0})
    run.finish()
    assert {1, 3, 4} <= set(steps_in(run))
    assert isinstance(logged(run)[-1], Ended)
    assert reports(capfd) <= 1


def test_a_picture_that_can_not_be_kept_costs_that_picture_alone(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    run.step({"loss": 1.0})
    shutil.rmtree(run.directory.artifacts)
    run.directory.artifacts.touch()  # as a disk does that is full: nothing can be made in there
    for _ in range(3):
        run.picture("regions", (1,), "uint8", b"x")
        run.step({"loss": 2.0})
        run.safe_point()
    run.directory.artifacts.unlink()
    run.directory.artifacts.mkdir()
    run.picture("regions", (1,), "uint8", b"x")
    run.finish()
    assert steps_in(run) == [1, 2, 3, 4]
    assert len(of_kind(Array, run)) == 1
    assert isinstance(logged(run)[-1], Ended)
    assert reports(capfd) <= 1


A_DISK_THAT_FILLS = """
import resource, sys, time
from lintui import rundir
from lintui.events import Said
from lintui.log import LogReader
from lintui.mailbox import Mailbox
from lintui.run import Run

mailbox, told = Mailbox(), []

def train_until(text):
    end = time.monotonic() + 60
    while not any(text in said for said in told):
        assert time.monotonic() < end, text
        run.step({"loss": 1.0})
        run.safe_point()
        time.sleep(0.001)
        told.extend(event.text for _, event in mailbox.drain() if isinstance(event, Said))

run = Run("full", rundir.create("full"), mailbox=mailbox)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
train_until("can't be written")
for _ in range(500):
    run.step({"loss": 1.0})
    run.safe_point()
    time.sleep(0.001)
assert run.directory.log.read_bytes().endswith(b"\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
train_until("written again")
run.finish()
reader = LogReader(run.directory.log)
records = reader.read()
assert reader.problems == [], reader.problems
assert [at for _, event in records if event.kind == "steps" for at in event.at] == list(range(1, run.at + 1))
assert [t for t in told if "written" in t] == [e.text for _, e in records if e.kind == "said"]
print("trained on")
"""


def test_training_goes_on_while_the_disk_is_full_and_its_steps_are_written_when_there_is_room() -> None:
    child = subprocess.run(
        [sys.executable, "-c", A_DISK_THAT_FILLS],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stdout == "trained on\n", child.stderr
    assert [line.split("(")[0] for line in child.stderr.splitlines()] == [
        "lintui: the log can't be written ",
        "lintui: the log is written again; 0 records were lost",
    ]


# Knobs of the loop


def test_a_knob_is_declared_and_one_that_starts_with_what_it_would_refuse_is_not(run: Run) -> None:
    run.tune("lr", 0.1, label="learning rate", low=0.0, high=1.0)
    run.choose("loss", {"mse": 1, "l1": 2}, "mse")
    with pytest.raises(Unfit):
        run.tune("bad", math.nan)
    with pytest.raises(Unfit):
        run.choose("bad", {"mse": 1}, "l1")
    run.finish()
    paused, lr, loss = of_kind(Declared, run)
    assert (paused.knob, paused.shape, paused.value) == ("paused", "switch", False)
    assert (lr.knob, lr.label, lr.value, lr.low, lr.high) == ("lr", "learning rate", 0.1, 0.0, 1.0)
    assert (loss.knob, loss.shape, loss.value, loss.choices) == ("loss", "choice", "mse", ("mse", "l1"))


def test_metrics_that_the_loop_goes_on_changing_are_recorded_as_they_were(run: Run) -> None:
    metrics: dict[str, float] = {"loss": 1.0}
    handed: Mapping[str, float] = metrics
    run.step(handed)
    run.log(handed)
    run.epoch(1, train=handed)
    metrics["loss"] = 2.0
    metrics["more"] = 3.0
    run.finish()
    said = [event.values for event in logged(run) if isinstance(event, Steps | Values)]
    assert said == [{"loss": (1.0,)}, {"loss": (1.0,)}, {"loss": 1.0}]
