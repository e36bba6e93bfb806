"""Specifies what is shown of the data before it is learnt from: a table of samples, and one minibatch as it comes."""

import numpy as np
import pytest
import torch
from runs import Trained, brief, left_alone

from lintui import artifacts
from lintui.events import Array
from trainer.catalog import CATALOG, find

IDS = [entry.id for entry in CATALOG if not {"data", "csv"} & {*entry.options}]
"""Of the others, a table is shown in its own units, and images as images."""
COLUMNS = {"softmax-blobs": ("x[0]", "x[1]", "label")} | dict.fromkeys(
    ("l1-line", "exact-line", "wrong-label", "wrong-label-bias", "wrong-label-bend"), ("x", "y")
)


def shown(run: Trained, name: str) -> tuple[Array, np.ndarray]:
    """The picture of this name, of which there is one, and what was kept of it."""
    (event,) = (event for event in run.events(Array) if event.name == name)
    return event, np.frombuffer(artifacts.load(run.directory.artifacts, event), "<f4").reshape(event.shape)


def together(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hstack([X, y.reshape(-1, 1).astype(np.float32)])


@pytest.mark.parametrize("id", IDS)
def test_the_data_is_shown_as_a_table_of_at_most_2_000_evenly_chosen_samples(id: str) -> None:
    run = left_alone(id, **brief(id))
    event, rows = shown(run, "data")
    data = run.experiment.train if hasattr(run.experiment, "train") else run.experiment.data
    every = together(*(part.numpy() for part in data))
    chosen = np.round(np.linspace(0, len(every) - 1, min(len(every), 2_000))).astype(int)
    assert np.array_equal(rows, every[chosen])
    assert (event.at, event.dtype, event.shows) == (0, "float32", "table")
    assert event.axes == COLUMNS.get(id, ("x[0]", "x[1]", "y"))
    count = find(id).samples
    assert event.text == ("2,000 of 10,000 samples, evenly chosen" if count == 10_000 else f"{count:,} samples")


@pytest.mark.parametrize("id", IDS)
def test_the_minibatch_that_is_shown_is_the_one_that_is_learnt_from_first(id: str) -> None:
    run = left_alone(id, **brief(id))
    event, rows = shown(run, "one minibatch")
    first = run.learnt[0]
    assert np.array_equal(rows, together(first.X, first.y))
    assert event.axes == shown(run, "data")[0].axes
    sizes = ["×".join(map(str, part.shape)) for part in (first.X, first.y)]
    assert event.text == f"X {sizes[0]}, {event.axes[-1]} {sizes[1]}"


def test_with_several_inputs_each_has_a_column() -> None:
    event, rows = shown(left_alone("l1-line", inputs=3, epochs=1), "data")
    assert event.axes == ("x[0]", "x[1]", "x[2]", "y")
    assert np.array_equal(rows[:, :3] @ np.array([1, 2, 4], np.float32), rows[:, 3])
    assert rows[:, :3].min() >= 1
    assert rows[:, :3].max() <= 100_000
    assert np.array_equal(rows, np.round(rows))


def test_shapes_are_told_as_they_are_written_down() -> None:
    assert shown(left_alone("linreg-scratch"), "one minibatch")[0].text == "X 10×2, y 10×1"
    assert shown(left_alone("softmax-blobs"), "one minibatch")[0].text == "X 30×2, label 30"
    assert torch.tensor(shown(left_alone("exact-line"), "one minibatch")[1].copy()).shape == (1, 2)
