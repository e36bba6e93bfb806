"""The files of Fashion-MNIST, and a look at those in a folder before anything is started; without torch."""

import os
from pathlib import Path
from typing import NamedTuple

from trainer.idx_file import check_pair, read_bytes, read_shape
from trainer.trouble import BadData

FILES = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
"""Their names, and their MD5 as it is published."""
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""What each label means."""
SIDE = 28
"""Rows and columns of an image."""


class Part(NamedTuple):
    """The two files of the training or of the test set."""

    images: Path
    labels: Path


def parts(folder: Path) -> tuple[Part, Part]:
    """Training and test set as they lie in `folder`, gzipped or plain; raises BadData where a file is missing."""
    train_images, train_labels, test_images, test_labels = (_find(folder, name) for name in FILES)
    return Part(train_images, train_labels), Part(test_images, test_labels)


def check(folder: Path) -> None:
    """Raise BadData where names, beginnings, lengths or labels show that the folder can't be trained on.

    Damage in the midst of the images is not seen: to find that takes all of them.
    """
    for images, labels in parts(folder):
        shape = read_shape(images, dimensions=3)
        check_side(images, shape)
        check_pair(images, shape[0], labels, read_bytes(labels, dimensions=1)[1], classes=len(CLASSES))


def check_side(images: Path, shape: tuple[int, ...]) -> None:
    """Raise BadData unless the images of that shape, (n, rows, columns), are as large as they should be."""
    if shape[1:] != (SIDE, SIDE):
        size = "×".join(map(str, shape[1:]))
        raise BadData(f"the images in {images} are {size}, and {SIDE}×{SIDE} are needed; give those of Fashion-MNIST")


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if os.path.exists(path):  # also where it may not be asked
            return path
    raise BadData(f"there is no {name} in {folder}; name a folder that holds {', '.join(FILES)}")
