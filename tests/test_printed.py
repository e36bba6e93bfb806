"""Metrics are read out of what scripts print, and nothing else is taken for one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import promptly

from lintui.printed import read

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.mark.parametrize(
    ("line", "metrics", "step"),
    [
        ("step 42 loss 0.69", {"loss": 0.69}, 42),
        ("iter 0: loss 10.9886, time 1202.33ms, mfu -100.00%", {"loss": 10.9886}, 0),
        ("step 250: train loss 2.0, val loss 2.1", {"train/loss": 2.0, "val/loss": 2.1}, 250),
        (
            "{'loss': 0.6931, 'grad_norm': 1.25, 'learning_rate': 5e-05, 'epoch': 0.5}",
            {"loss": 0.6931, "grad_norm": 1.25, "learning_rate": 5e-05},
            None,
        ),
        (" 42%|████▏     | 42/100 [00:01<00:02, 30.0it/s, loss=0.69, acc=93.5%]", {"loss": 0.69, "acc": 0.935}, None),
        ("Epoch 3/10 - train_loss: 0.34 - val_acc=0.91", {"train/loss": 0.34, "val/acc": 0.91}, None),
        ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 1.735849", {"train/loss": 1.735849}, None),
        (
            "Test set: Average loss: 0.0543, Accuracy: 9829/10000 (98%)",
            {"test/loss": 0.0543, "test/accuracy": 0.9829},
            None,
        ),
        ("Epoch [1/5], Step [100/600], Loss: 0.2457", {"loss": 0.2457}, 100),
        (
            "train: step: 37 | loss: 4.1895 | norm: 2.4918 | dt: 74.57ms",
            {"train/loss": 4.1895, "train/norm": 2.4918},
            37,
        ),
        ("Accuracy: 64.9%, Avg loss: 1.08", {"accuracy": 0.649, "loss": 1.08}, None),
        ("val loss is 3.2 after step 1,000", {"val/loss": 3.2}, 1000),
        ("perplexity of 17", {"perplexity": 17.0}, None),
    ],
)
def test_a_line_as_people_print_it_gives_its_metrics_and_its_step(
    line: str, metrics: dict[str, float], step: int | None
) -> None:
    assert read(line) == (pytest.approx(metrics), step)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "loading shard 3 of 12",
        "Downloading: 100%|██████████| 9912422/9912422 [00:00<00:00, 29.5MB/s]",
        "num decayed parameter tensors: 26, with 10,740,096 parameters",
        "lossless compression 9 of 10",
        "seed 1337, batch size 32, epochs 3",
        "glossary: 12",
    ],
)
def test_a_number_that_is_no_metric_is_left_alone(line: str) -> None:
    assert read(line).metrics == {}


def test_what_is_not_finite_is_told_apart() -> None:
    nan, above, below = (read(f"loss: {word}").metrics["loss"] for word in ("nan", "inf", "-inf"))
    assert math.isnan(nan)
    assert (above, below) == (math.inf, -math.inf)


@given(
    NUMBERS, st.sampled_from(["loss", "val_loss", "train/acc", "eval_perplexity"]), st.sampled_from([": ", "=", " "])
)
def test_a_number_comes_back_as_it_was_printed(number: float, name: str, sign: str) -> None:
    (value,) = read(f"{name}{sign}{number!r}").metrics.values()
    assert value == number


@pytest.mark.parametrize("of", ["1" * 400, "9" * 3_900])
def test_a_share_of_more_than_there_can_be_is_no_error(of: str) -> None:
    assert read(f"loss 0.5/{of}").step is None


@pytest.mark.parametrize(
    "line",
    [
        "loss " + "1" * 3_990 + "b",
        "loss " + "1," * 1_990 + "b",
        "a-" * 2_000,
        "x/" * 2_000 + "b",
        "train-" * 600 + "!",
    ],
    ids=["digits", "digits and commas", "dashes", "slashes", "splits"],
)
def test_no_line_takes_many_times_as_long_as_others(line: str) -> None:
    # Tried at every place in every length, each of these would hold the training up for a good part of a second.
    promptly(lambda: [read(line) for _ in range(100)])


@given(st.text())
def test_whatever_is_printed_never_raises(text: str) -> None:
    metrics, step = read(text)
    assert all(isinstance(value, float) for value in metrics.values())
    assert step is None or step >= 0
