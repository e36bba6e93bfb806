"""What other tools call a metric, and its split and name here, so that runs of different tools overlay."""

import pytest

from lintui.readers.names import split_and_name, tensor_and_kind


@pytest.mark.parametrize(
    ("raw", "split", "name"),
    [
        ("loss", "train", "loss"),
        ("Loss", "train", "loss"),
        ("train/loss", "train", "loss"),
        ("loss/train", "train", "loss"),
        ("Loss/train", "train", "loss"),
        ("train_loss", "train", "loss"),
        ("training.loss", "train", "loss"),
        ("val_loss", "val", "loss"),
        ("loss/val", "val", "loss"),
        ("validation/accuracy", "val", "accuracy"),
        ("valid_acc", "val", "accuracy"),
        ("val_acc", "val", "accuracy"),
        ("dev/acc", "val", "accuracy"),
        ("eval_loss", "eval", "loss"),
        ("eval/loss", "eval", "loss"),
        ("Accuracy/test", "test", "accuracy"),
        ("test_accuracy", "test", "accuracy"),
        ("acc", "train", "accuracy"),
        ("train_loss_step", "batch", "loss"),
        ("train_loss_epoch", "train", "loss"),
        ("loss_step", "batch", "loss"),
        ("val_loss_step", "val", "loss"),
        ("batch/loss", "batch", "loss"),
        ("learning_rate", "train", "lr"),
        ("lr-Adam", "train", "lr-Adam"),
        ("grad_norm", "train", "grad_norm"),
        ("train", "train", "train"),
        ("train_steps_per_second", "train", "steps_per_second"),
        ("model/block_3/mlp", "train", "model/block_3/mlp"),
        ("", "train", ""),
    ],
)
def test_a_metric_has_the_split_and_name_that_ours_have(raw: str, split: str, name: str) -> None:
    assert split_and_name(raw) == (split, name)


def test_what_the_row_says_about_its_split_comes_before_what_the_name_says() -> None:
    assert split_and_name("loss", "val") == ("val", "loss")
    assert split_and_name("loss", "anything else") == ("train", "loss")


@pytest.mark.parametrize(
    ("raw", "name", "of"),
    [
        ("fc.weight", "fc.weight", "weights"),
        ("weights/fc", "fc", "weights"),
        ("gradients/fc.weight", "fc.weight", "gradients"),
        ("fc.weight.grad", "fc.weight", "gradients"),
        ("fc.weight/grad", "fc.weight", "gradients"),
        ("grad_fc", "grad_fc", "gradients"),
        ("activations/fc", "activations/fc", ""),
    ],
)
def test_a_histogram_says_of_which_parameter_it_is_and_whether_of_its_gradients(raw: str, name: str, of: str) -> None:
    assert tensor_and_kind(raw) == (name, of)
