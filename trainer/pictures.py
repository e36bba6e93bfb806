"""What a classifier of images has learnt, as arrays for a run to keep, without knowing who draws them."""

import struct
from collections.abc import Sequence

from torch import Tensor, bincount

from lintui.run import Run

MOST = 16
"""Images in a picture of examples at most."""


def keep_confusion(run: Run, true: Tensor, predicted: Tensor, classes: Sequence[str]) -> None:
    """How often each label (row) was taken for each class (column); both tensors have shape (n,)."""
    count = len(classes)
    counts = bincount(count * true + predicted, minlength=count * count).tolist()
    run.picture(
        "confusion matrix",
        (count, count),
        "int32",
        struct.pack(f"<{len(counts)}i", *counts),
        shows="counts",
        axes=("label", "predicted"),
        labels=tuple(classes),
        text="test images by their label (rows) and by what they were taken for (columns)",
    )


def keep_weights(run: Run, weights: Tensor, classes: Sequence[str]) -> None:
    """The weights of each class as an image; of shape (classes, rows, columns)."""
    numbers = weights.reshape(-1).tolist()
    run.picture(
        "class weights",
        tuple(weights.shape),
        "float32",
        struct.pack(f"<{len(numbers)}f", *numbers),
        shows="images",
        labels=tuple(classes),
        text="the weight of each pixel: where it is above 0, a bright pixel speaks for the class, below 0 against it",
    )


def keep_minibatch(run: Run, images: Tensor, labels: Tensor, classes: Sequence[str]) -> None:
    """The first images of a minibatch, and its shapes; images as for `keep_examples`, labels of shape (n,)."""
    shape = "×".join(map(str, images.shape))
    which = f"its first {MOST}" if len(labels) > MOST else "all of it"
    _keep_images(
        run,
        "one minibatch",
        images[:MOST],
        tuple(classes[label] for label in labels[:MOST].tolist()),
        f"X {shape}, y {len(labels)}: {which}",
    )


def keep_examples(run: Run, images: Tensor, true: Tensor, predicted: Tensor, classes: Sequence[str]) -> None:
    """The first images that were taken for another class, and the first that were not.

    Images of shape (n, rows, columns) with values in [0, 1]; labels and predictions of shape (n,).
    """
    for name, chosen, text in (
        ("mistakes", predicted != true, "the first test images that were taken for something else"),
        ("right", predicted == true, "the first test images that were recognised"),
    ):
        places = chosen.nonzero().reshape(-1)[:MOST]
        pairs = zip(true[places].tolist(), predicted[places].tolist(), strict=True)
        labels = tuple(classes[t] if t == p else f"{classes[t]}, taken for {classes[p]}" for t, p in pairs)
        _keep_images(run, name, images[places], labels, text)


def _keep_images(run: Run, name: str, images: Tensor, labels: tuple[str, ...], text: str) -> None:
    bright = bytes((images * 255).round().reshape(-1).int().tolist())
    run.picture(name, tuple(images.shape), "uint8", bright, shows="images", labels=labels, text=text)
