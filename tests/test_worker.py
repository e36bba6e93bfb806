"""Specifies that a run which is trained on a thread of its own is closed with the truth however the training ends."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import brief, read, settings, table, trained, weights

from lintui import rundir
from lintui.commands import Command, Set, Stop
from lintui.events import Applied, Declared, Ended, Epoch, Level, Record, Refused, Steps
from lintui.run import Run
from lintui.rundir import RunDirectory
from trainer.catalog import CATALOG, Settings, find
from trainer.experiments.linreg_scratch import LinregScratch
from trainer.loop import NoSuchDevice, build, check_device
from trainer.worker import Worker

NO_DEVICES = ["cuda:99", "cuda:-1", "nonsense", "", "meta", "privateuseone"]
EVERY_ID = [entry.id for entry in CATALOG]
PATIENCE = 120
"""Seconds after which a thread counts as hung."""


@dataclass
class Worked:
    """A worker that has come to its end, and what is in its log."""

    worker: Worker
    directory: RunDirectory
    records: list[Record]
    problems: list[str]

    @property
    def ended(self) -> Ended:
        """The last record."""
        event = self.records[-1].event
        assert isinstance(event, Ended), f"the log ends with {event}"
        return event


def work(id: str = "linreg-scratch", *, commands: Sequence[Command] = (), **changes: Any) -> Worked:
    """Train on a worker to the end; the commands are there before the first step."""
    chosen: Settings = settings(id, **changes)
    directory = rundir.create(id)
    worker = Worker(find(id), chosen, Run(id, directory))
    for command in commands:
        worker.training.post(command)
    worker.start()
    worker.join(PATIENCE)
    assert not worker.is_alive()
    return Worked(worker, directory, *read(directory))


def break_at(monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> None:
    """Let the method `place` of the experiment raise `error`."""

    def out_of_order(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(LinregScratch, place, out_of_order)


def break_at_step(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException) -> None:
    """Let the experiment learn `step` − 1 times and then raise `error`."""
    learn = LinregScratch.learn
    calls = 0

    def tired(self: LinregScratch, X: torch.Tensor, y: torch.Tensor) -> float:
        nonlocal calls
        calls += 1
        if calls == step:
            raise error
        return learn(self, X, y)

    monkeypatch.setattr(LinregScratch, "learn", tired)


def may_be_written_again(directory: RunDirectory) -> bool:
    """Whether the run's directory was given up."""
    try:
        directory.lock().release()
    except rundir.RunDirectoryError:
        return False
    return True


# To the end


@pytest.mark.parametrize("id", EVERY_ID)
def test_a_training_that_comes_to_its_end_is_done_and_has_a_summary(id: str) -> None:
    worked = work(id, **brief(id))
    assert worked.worker.error is None
    assert (worked.ended.how, worked.ended.traceback) == ("done", "")
    assert worked.ended.at == max(e.at[-1] for _, e in worked.records if isinstance(e, Steps)) >= 6
    assert worked.ended.summary
    assert worked.problems == []
    assert may_be_written_again(worked.directory)


@pytest.mark.parametrize("id", EVERY_ID)
def test_a_worker_comes_to_the_same_numbers_as_a_loop_without_a_thread(id: str) -> None:
    changes = {**brief(id), "seed": 6}
    assert table(work(id, **changes).records) == table(trained(id, **changes).records)


def test_two_workers_side_by_side_do_not_disturb_each_other() -> None:
    entry = find("linreg-concise")
    pairs = []
    for seed in (1, 2):
        directory = rundir.create(f"seed {seed}")
        worker = Worker(entry, replace(entry.defaults, seed=seed), Run(entry.id, directory))
        pairs.append((worker, directory, seed))
    for worker, _, _ in pairs:
        worker.start()
    for worker, _, _ in pairs:
        worker.join(PATIENCE)
        assert not worker.is_alive()
    for _, directory, seed in pairs:
        assert table(read(directory)[0]) == table(trained("linreg-concise", seed=seed).records)


def test_a_worker_does_not_keep_the_process_alive() -> None:
    entry = find("linreg-scratch")
    run = Run("waits", rundir.create("waits"))
    assert Worker(entry, entry.defaults, run).daemon
    run.finish()


# Gone wrong


@pytest.mark.parametrize("place", ["__init__", "begin", "batches", "learn", "measure", "results", "summary"])
def test_an_exception_anywhere_ends_the_log_as_failed_with_the_reason_and_the_traceback(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    error = ValueError("shapes do not fit")
    break_at(monkeypatch, place, error)
    worked = work()
    assert worked.worker.error is error
    assert worked.ended.how == "failed"
    assert worked.ended.reason == "ValueError: shapes do not fit"
    assert worked.ended.traceback.startswith("Traceback (most recent call last):")
    assert "out_of_order" in worked.ended.traceback
    assert worked.ended.traceback.rstrip().endswith("ValueError: shapes do not fit")
    assert worked.problems == []
    assert may_be_written_again(worked.directory)


def test_the_steps_before_the_exception_are_in_the_log_and_none_after(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = trained("linreg-scratch").column("batch", "loss")
    break_at_step(monkeypatch, 58, RuntimeError("at step 58"))
    worked = work()
    assert worked.ended.at == 57
    logged = {
        at: loss
        for _, event in worked.records
        if isinstance(event, Steps) and event.split == "batch"
        for at, loss in zip(event.at, event.values["loss"], strict=True)
    }
    assert logged == {at: alone[at] for at in range(1, 58)}
    assert [event.number for _, event in worked.records if isinstance(event, Epoch)] == [0]


class Unspeakable(Exception):
    """An exception that can't say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError("not even this")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(KeyboardInterrupt(), id="ctrl+c"),
        pytest.param(SystemExit(3), id="exit"),
        pytest.param(MemoryError(), id="memory"),
        pytest.param(StopIteration(), id="iteration"),
        pytest.param(Unspeakable(), id="unspeakable"),
        pytest.param(ExceptionGroup("two things", [ValueError("one"), KeyError("other")]), id="group"),
        pytest.param(OSError("no such file: data\udcff.csv"), id="a file name that is no text"),
        pytest.param(ValueError("two\nlines \x1b]0;title\x07 and a \x00"), id="control characters"),
        pytest.param(ValueError("long " * 500_000), id="endless"),
    ],
)
def test_whatever_is_raised_the_log_says_that_training_failed(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_at_step(monkeypatch, 5, error)
    worked = work()
    assert worked.worker.error is error
    assert (worked.ended.how, worked.ended.at) == ("failed", 4)
    assert worked.ended.reason.startswith(type(error).__name__) or "Unspeakable" in worked.ended.reason
    assert "tired" in worked.ended.traceback
    assert "\x1b" not in worked.ended.reason + worked.ended.traceback
    assert worked.problems == []


def test_what_caused_an_exception_is_in_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("effect")
    error.__cause__ = KeyError("cause")
    break_at_step(monkeypatch, 1, error)
    assert "KeyError: 'cause'" in work().ended.traceback


@pytest.mark.parametrize("changes", [{"loss": "cross-entropy"}, {"lr": -1.0}, {"batch_size": 0}])
def test_settings_that_can_not_be_end_the_run_as_failed(changes: dict[str, Any]) -> None:
    worked = work(**changes)
    assert worked.worker.error is not None
    assert worked.ended.how == "failed"
    assert worked.ended.reason


# Asked to stop


def test_a_stop_ends_the_training_before_its_next_step_with_a_summary() -> None:
    worked = work(commands=[Stop(id="s", by="a test", reason="seen enough")])
    assert worked.worker.error is None
    assert (worked.ended.how, worked.ended.reason, worked.ended.at) == ("stopped", "seen enough", 0)
    assert worked.ended.summary["true b"] == pytest.approx(4.2)
    assert [event.id for _, event in worked.records if isinstance(event, Applied)] == ["s"]
    assert may_be_written_again(worked.directory)


def test_a_stop_reaches_a_training_that_is_paused() -> None:
    pause = Set(id="p", by="a test", knob="paused", value=True)
    worked = work(commands=[pause, Stop(id="s", by="a test")])
    assert (worked.ended.how, worked.ended.at) == ("stopped", 0)
    assert [event.id for _, event in worked.records if isinstance(event, Applied)] == ["p", "s"]


@pytest.mark.parametrize("step", [7, 100, 299])
def test_a_stop_keeps_exactly_the_steps_that_were_made(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    learn = LinregScratch.learn
    experiments = []
    at_the_end: dict[str, Any] = {}

    def spied(self: LinregScratch, X: torch.Tensor, y: torch.Tensor) -> float:
        loss = learn(self, X, y)
        experiments.append(self)
        if len(experiments) == step:
            at_the_end["weights"] = weights(self)
            worker.training.post(Stop(id="s", by="a test"))
        return loss

    monkeypatch.setattr(LinregScratch, "learn", spied)
    entry, directory = find("linreg-scratch"), rundir.create("stopped")
    worker = Worker(entry, entry.defaults, Run("stopped", directory))
    worker.start()
    worker.join(PATIENCE)
    assert not worker.is_alive()
    ended = Worked(worker, directory, *read(directory)).ended
    assert (ended.how, ended.at, len(experiments)) == ("stopped", step, step)
    w, b = at_the_end["weights"]
    assert [ended.summary["w[0]"], ended.summary["w[1]"], ended.summary["b"]] == [*w.reshape(-1), *b]


def test_a_command_that_comes_after_the_last_step_is_answered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(_: LinregScratch) -> dict[str, Any]:
        if worker.training.at == 100:
            worker.training.post(Stop(id="s", by="a test"))
        return {}

    monkeypatch.setattr(LinregScratch, "results", too_late)
    entry, directory = find("linreg-scratch"), rundir.create("late")
    worker = Worker(entry, dataclasses.replace(entry.defaults, epochs=1), Run("late", directory))
    worker.run()
    worked = Worked(worker, directory, *read(directory))
    assert worked.ended.how == "done"
    answers = [event for _, event in worked.records if isinstance(event, Applied | Refused)]
    assert [(answer.kind, answer.id) for answer in answers] == [("refused", "s")]


# Devices


@pytest.mark.parametrize("device", NO_DEVICES)
def test_a_device_that_is_not_there_is_refused_and_those_that_are_there_are_named(device: str) -> None:
    for refused in (
        lambda: check_device(device),
        lambda: build(find("linreg-scratch"), settings("linreg-scratch", device=device)),
    ):
        with pytest.raises(NoSuchDevice) as told:
            refused()
        assert repr(device) in str(told.value)
        assert "there is cpu" in str(told.value)


@pytest.mark.parametrize("device", NO_DEVICES)
def test_a_worker_for_a_device_that_is_not_there_ends_as_failed_before_it_has_begun(device: str) -> None:
    worked = work(device=device)
    assert isinstance(worked.worker.error, NoSuchDevice)
    assert (worked.ended.how, worked.ended.at) == ("failed", 0)
    assert "there is no device" in worked.ended.reason
    said = {event.knob for _, event in worked.records if isinstance(event, Declared)}
    assert said == {"paused"}
    assert not any(isinstance(event, Steps | Level) for _, event in worked.records)


def test_the_processor_is_always_there() -> None:
    check_device("cpu")


def test_the_log_lies_where_runs_live(runs: Path) -> None:
    assert work(epochs=1).directory.log.parent.parent == runs
