"""Specifies under which names a loss is found, and that other names mean the very same loss."""

import pytest
import torch
from torch.nn import functional

from trainer.catalog import CATALOG, CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from trainer.loss_names import WORDS, find
from trainer.losses import LOSSES
from tuiapp.arguments import parser
from tuiapp.cli import _settings
from tuiapp.options import Mistake

ERRORS = torch.linspace(-3, 3, 61, dtype=torch.double)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("l1", "l1"),
        ("L1", "l1"),
        ("MAE", "l1"),
        ("l2", "half-squared"),
        ("Half_Squared", "half-squared"),
        ("MSE", "mse"),
        ("Huber", "huber"),
        ("smooth-l1", "huber"),
        ("SmoothL1", "huber"),
        ("hinge", None),
        ("cross-entropy", None),
        ("", None),
    ],
)
def test_a_loss_of_a_regression_is_found_by_any_of_its_names_however_it_is_written(
    asked: str, name: str | None
) -> None:
    assert find(asked, REGRESSION_LOSSES) == name


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("ce", "cross-entropy"),
        ("CrossEntropy", "cross-entropy"),
        ("cross entropy", "cross-entropy"),
        ("brier", "squared-error"),
        ("mse", None),
    ],
)
def test_so_is_one_of_a_classification(asked: str, name: str | None) -> None:
    assert find(asked, CLASSIFICATION_LOSSES) == name


def test_smooth_l1_as_torch_has_it_is_the_loss_that_is_called_huber_here() -> None:
    smooth = functional.smooth_l1_loss(ERRORS, torch.zeros_like(ERRORS), reduction="none")
    assert torch.allclose(LOSSES["huber"](ERRORS, torch.zeros_like(ERRORS)), smooth, rtol=1e-12, atol=1e-12)


def test_every_loss_has_a_few_words_and_no_name_means_two() -> None:
    assert set(WORDS) == set(LOSSES) == {*REGRESSION_LOSSES, *CLASSIFICATION_LOSSES}
    assert all(words and len(words) <= 50 for words in WORDS.values())
    for entry in CATALOG:
        assert [find(name, entry.losses) for name in entry.losses] == list(entry.losses)


def test_a_run_is_started_under_the_name_that_the_project_has() -> None:
    entry = CATALOG[0]
    assert _settings(entry, parser().parse_args(["demo", entry.id, "--loss", "MAE"])).loss == "l1"
    with pytest.raises(Mistake) as told:
        _settings(entry, parser().parse_args(["demo", entry.id, "--loss", "hinge"]))
    assert str(told.value).endswith(f"; there is {', '.join(entry.losses)}")
