"""Specifies what softmax regression on pictures of clothes comes to, against NumPy, and what a person sees of it.

On the slice of real images where that is beside the checkout, else on made-up ones of ten kinds that straight
borders can tell apart. No figure here is one of Fashion-MNIST itself.
"""

import functools
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clothes import NAMES, SLICE, from_idx, made_up
from runs import read, settings, weights

from lintui import artifacts, rundir
from lintui.commands import Set, Stop
from lintui.events import Applied, Array, Ended, Planned, Record, Steps
from lintui.known import Key
from lintui.run import Run
from lintui.rundir import RunDirectory
from lintui.state import RunState
from trainer import classifier
from trainer.catalog import find
from trainer.experiments.softmax_concise import SoftmaxConcise
from trainer.experiments.softmax_scratch import SoftmaxScratch
from trainer.fashion import CLASSES
from trainer.loop import build, train

IDS = ("softmax-scratch", "softmax-concise")
SEEDS = range(5)
EPOCHS = 20
REAL = SLICE.exists()
ENOUGH = 0.77 if REAL else 0.95
"""Test accuracy: of the slice, what a linear classifier reaches; made-up kinds are easier to tell apart."""


def folder() -> Path:
    """The data: real where it is there."""
    return SLICE if REAL else made_up(1_000, 500)


@functools.cache
def arrays() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images from 0 to 1, a row each, and labels, of both parts."""
    parts = {part: [from_idx(folder() / name) for name in names] for part, names in NAMES.items()}
    return {part: (X.reshape(len(X), -1) / 255, y.astype(int)) for part, (X, y) in parts.items()}


@dataclass
class Learnt:
    """A run that is over."""

    experiment: Any
    directory: RunDirectory
    records: list[Record]
    state: RunState

    def column(self, split: str, name: str) -> dict[int, float]:
        """A series with its steps, as it was measured."""
        found: dict[int, float] = {}
        for _, event in self.records:
            if hasattr(event, "values") and getattr(event, "split", "") == split and name in event.values:
                many = isinstance(event, Steps)
                found |= dict(
                    zip(event.at, event.values[name], strict=True) if many else [(event.at, event.values[name])]
                )
        return found

    def pictures(self, name: str) -> dict[int, tuple[Array, np.ndarray]]:
        """The arrays of that name by step, read back and checked."""
        return {
            event.at: (
                event,
                np.frombuffer(artifacts.load(self.directory.artifacts, event), event.dtype).reshape(event.shape),
            )
            for _, event in self.records
            if isinstance(event, Array) and event.name == name
        }


def learn(experiment: Any, run: Run, chosen: Any) -> Learnt:
    """Train to the end."""
    train(experiment, run, chosen)
    run.finish(summary=experiment.summary())
    records, problems = read(run.directory)
    assert problems == []
    state = RunState()
    for record in records:
        state.apply(record)
    return Learnt(experiment, run.directory, records, state)


@functools.cache
def learnt(id: str, seed: int) -> Learnt:
    """Trained for twenty epochs with everything else as it comes."""
    chosen = settings(id, data=str(folder()), batch_size=256, epochs=EPOCHS, seed=seed)
    return learn(build(find(id), chosen), Run(id, rundir.create(id)), chosen)


# The figures


@pytest.mark.parametrize("id", IDS)
def test_after_twenty_epochs_most_test_images_are_recognised(id: str) -> None:
    found = []
    for seed in SEEDS:
        column = learnt(id, seed).column("test", "accuracy")
        assert len(column) == EPOCHS + 1
        found.append(column[max(column)])
    assert statistics.median(found) >= ENOUGH


@pytest.mark.parametrize("seed", SEEDS)
def test_by_hand_and_from_library_parts_every_batch_has_the_same_loss_and_every_epoch_the_same_weights(
    seed: int,
) -> None:
    scratch, concise = (learnt(id, seed) for id in IDS)
    one, other = (run.column("batch", "loss") for run in (scratch, concise))
    assert len(one) == EPOCHS * -(-len(arrays()["train"][1]) // 256)
    assert other == pytest.approx(one, abs=1e-5)
    for at, (_, kept) in scratch.pictures("class weights").items():
        np.testing.assert_allclose(concise.pictures("class weights")[at][1], kept, atol=1e-5)


def test_another_seed_starts_elsewhere_and_takes_other_batches() -> None:
    one, other = (learnt("softmax-scratch", seed).column("batch", "loss") for seed in (0, 1))
    assert one != pytest.approx(other, abs=1e-5)


def by_numpy(run: Learnt, seed: int, steps: int) -> Iterator[float]:
    """Every batch loss of descent in double precision, from the weights at the start and the order of the samples."""
    X, y = arrays()["train"]
    W, b = run.pictures("class weights")[0][1].reshape(10, -1).T.astype(float), np.zeros(10)
    order = torch.Generator().manual_seed(3 * seed + 2)
    made = 0
    while made < steps:
        shuffled = torch.randperm(len(y), generator=order).numpy()
        for batch in np.split(shuffled, range(256, len(y), 256)):
            scores = X[batch] @ W + b
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            p = powers / powers.sum(axis=1, keepdims=True)
            yield float(-np.log(p[np.arange(len(batch)), y[batch]]).mean())
            slopes = (p - np.eye(10)[y[batch]]) / len(batch)
            W, b = W - 0.1 * X[batch].T @ slopes, b - 0.1 * slopes.sum(axis=0)
            made += 1


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_descent_agrees_with_one_in_numpy_on_the_same_batches(id: str, seed: int) -> None:
    losses = learnt(id, seed).column("batch", "loss")
    steps = min(len(losses), 30)
    wanted = list(islice(by_numpy(learnt(id, seed), seed, steps), steps))
    assert [losses[at] for at in range(1, steps + 1)] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("id", IDS)
def test_loss_and_accuracy_are_those_that_the_last_weights_give_on_all_the_data(id: str) -> None:
    for seed in SEEDS:
        run = learnt(id, seed)
        W, b = weights(run.experiment)
        assert run.state.ended is not None
        for part, (X, y) in arrays().items():
            scores = X @ W.astype(float) + b
            accuracy = (scores.argmax(axis=1) == y).mean()
            # One image may lie so close to a border that rounding decides.
            assert run.column(part, "accuracy")[run.state.at] == pytest.approx(accuracy, abs=1.5 / len(y))
            assert run.state.ended.summary[f"{part} accuracy"] == run.column(part, "accuracy")[run.state.at]
        X, y = arrays()["train"]
        scores = X @ W.astype(float) + b
        loss = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
        assert run.column("train", "loss")[run.state.at] == pytest.approx(loss.mean(), rel=1e-5)


@pytest.mark.parametrize("id", IDS)
def test_everything_is_measured_before_the_first_and_after_each_epoch_and_the_run_says_how_long_it_will_be(
    id: str,
) -> None:
    run = learnt(id, 0)
    an_epoch = -(-len(arrays()["train"][1]) // 256)
    ends = [an_epoch * epoch for epoch in range(EPOCHS + 1)]
    for split, name in (("train", "loss"), ("train", "accuracy"), ("test", "accuracy")):
        assert list(run.column(split, name)) == ends
    assert run.state.epoch_ends == dict(enumerate(ends))
    (plan,) = [event for _, event in run.records if isinstance(event, Planned)]
    assert (plan.steps, plan.epochs) == (EPOCHS * an_epoch, EPOCHS)


# The pictures


def predicted(run: Learnt, at: int) -> np.ndarray:
    """What each test image is taken for by the weights before the first step or after the last."""
    X, _ = arrays()["test"]
    W = run.pictures("class weights")[at][1].reshape(10, -1).T.astype(float)
    return (X @ W + (weights(run.experiment)[1] if at else 0)).argmax(axis=1)


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_confusion_matrix_counts_the_test_images_by_label_and_by_what_they_were_taken_for(
    id: str, seed: int
) -> None:
    run = learnt(id, seed)
    _, y = arrays()["test"]
    kept = run.pictures("confusion matrix")
    assert list(kept) == list(run.column("test", "accuracy"))
    for at, (event, counts) in kept.items():
        assert (event.shape, event.dtype, event.shows) == ((10, 10), "int32", "counts")
        assert (event.axes, event.labels) == (("label", "predicted"), CLASSES)
        assert re.findall(r"(label|taken for) \((row|column)s\)", event.text) == [
            ("label", "row"),
            ("taken for", "column"),
        ]
        assert counts.sum(axis=1).tolist() == np.bincount(y, minlength=10).tolist()
        assert counts.trace() / len(y) == pytest.approx(run.column("test", "accuracy")[at], rel=1e-9)
    for at in (0, run.state.at):
        wanted = np.zeros((10, 10), int)
        np.add.at(wanted, (y, predicted(run, at)), 1)
        assert abs(kept[at][1] - wanted).sum() <= 2, "but for an image on a border"


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_weights_of_each_class_are_kept_as_an_image(id: str, seed: int) -> None:
    run = learnt(id, seed)
    kept = run.pictures("class weights")
    event, last = kept[run.state.at]
    assert (event.shape, event.dtype, event.shows, event.labels) == ((10, 28, 28), "float32", "images", CLASSES)
    assert event.text
    assert np.array_equal(last, weights(run.experiment)[0].T.reshape(10, 28, 28))
    first = kept[0][1]
    assert first.std() == pytest.approx(0.01, rel=0.05)
    assert abs(first.mean()) < 6 * 0.01 / np.sqrt(7840)


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_mistakes_and_the_first_that_are_right_are_kept_with_what_they_are_and_were_taken_for(
    id: str, seed: int
) -> None:
    run = learnt(id, seed)
    X, y = arrays()["test"]
    pixels = (X * 255).round().astype(np.uint8).reshape(-1, 28, 28)
    for at in (0, run.state.at):
        taken_for = predicted(run, at)
        for name, is_one in (("mistakes", taken_for != y), ("right", taken_for == y)):
            event, kept = run.pictures(name)[at]
            first = np.flatnonzero(is_one)[:16]
            assert (event.shape, event.dtype, event.shows) == ((len(first), 28, 28), "uint8", "images")
            assert event.text.startswith("the first test images that were ")
            assert np.array_equal(kept, pixels[first])
            assert list(event.labels) == [
                CLASSES[y[i]] if name == "right" else f"{CLASSES[y[i]]}, taken for {CLASSES[taken_for[i]]}"
                for i in first
            ]


@pytest.mark.parametrize("id", IDS)
def test_of_the_first_minibatch_some_images_are_kept_with_their_labels_and_its_shapes(id: str) -> None:
    ((at, (event, kept)),) = learnt(id, 0).pictures("one minibatch").items()
    X, y = arrays()["train"]
    pixels = (X * 255).round().astype(np.uint8)
    meant = {image.tobytes(): CLASSES[label] for image, label in zip(pixels, y, strict=True)}
    assert (at, event.shape, event.dtype, event.shows) == (0, (16, 28, 28), "uint8", "images")
    assert event.labels == tuple(meant[image.tobytes()] for image in kept)
    assert "X 256×28×28, y 256" in event.text


# While all the data is looked at


class Interrupted(SoftmaxScratch):
    """Is told something in the middle of its second look at the training data."""

    def __init__(self, chosen: Any, command: Set | Stop) -> None:
        """Know what will be said."""
        super().__init__(chosen)
        self.command = command
        self.looks = 0

    def measure(self) -> dict[str, float]:
        """Count the looks, and the parts of the second."""
        self.looks += 1
        self.parts = 0
        found = super().measure()
        self.looked_at = self.parts
        return found

    def logits(self, X: torch.Tensor) -> torch.Tensor:
        """Let it be said."""
        self.parts = getattr(self, "parts", 0) + 1
        if self.looks == 2 and self.parts == 2:
            self.run.post(self.command)
        return super().logits(X)


def in_parts(monkeypatch: pytest.MonkeyPatch, kind: Any, *command: Set | Stop, epochs: int) -> Learnt:
    """Train on 300 images, thirty steps an epoch, and look at all of them in five parts."""
    chosen = settings("softmax-scratch", epochs=epochs)
    with monkeypatch.context() as patch:
        patch.setattr(classifier, "_PART", 70)
        return learn(kind(chosen, *command), Run("parts", rundir.create("parts")), chosen)


def at_once(kind: Any) -> Learnt:
    """The same for one epoch, looking at all of them at once."""
    chosen = settings("softmax-scratch", epochs=1)
    return learn(kind(chosen), Run("at once", rundir.create("at once")), chosen)


def test_keys_are_answered_while_all_the_data_is_looked_at_and_a_new_loss_counts_for_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = Set(id="x", by="a test", knob="loss", value="squared-error")
    run = in_parts(monkeypatch, Interrupted, other, epochs=2)
    assert run.experiment.looked_at == 5
    (told,) = [(event.at, n) for n, event in run.records if isinstance(event, Applied)]
    measured = [
        n for n, event in run.records if isinstance(event, Steps) and event.split == "train" and 30 in event.at
    ]
    assert told[0] == 30
    assert told[1] < measured[0], "the value comes after the change of loss"
    alone = at_once(SoftmaxScratch)
    with torch.no_grad():
        data = alone.experiment.train
        wanted = alone.experiment.loss.options["squared-error"](alone.experiment.logits(data.X), data.y).mean().item()
    assert run.column("train", "loss")[30] == pytest.approx(wanted, rel=1e-6)
    assert run.column("train", "accuracy")[30] == alone.column("train", "accuracy")[30]
    segments = {bucket.segment for bucket in run.state.series[Key("train", "loss")].buckets if bucket.first >= 30}
    assert segments == {1}


def test_a_stop_that_comes_while_all_the_data_is_looked_at_lets_the_look_end_and_no_step_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = in_parts(monkeypatch, Interrupted, Stop(id="x", by="a test"), epochs=3)
    ended = run.records[-1].event
    assert isinstance(ended, Ended)
    assert (ended.how, ended.at) == ("stopped", 30)
    assert list(run.column("train", "accuracy")) == list(run.column("test", "accuracy")) == [0, 30]
    assert set(ended.summary) == {"train accuracy", "test accuracy"}


@pytest.mark.parametrize("kind", [SoftmaxScratch, SoftmaxConcise])
def test_in_parts_the_numbers_are_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    parts, whole = in_parts(monkeypatch, kind, epochs=1), at_once(kind)
    for split, name in (("train", "loss"), ("train", "accuracy"), ("test", "accuracy")):
        assert parts.column(split, name) == pytest.approx(whole.column(split, name), rel=1e-6)
