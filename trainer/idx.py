"""Reads images and labels from IDX files as tensors, without knowing what they show."""

from pathlib import Path

import torch
from torch import Tensor

from trainer.idx_file import check_pair, read_bytes


def read_labelled(images: Path, labels: Path, *, classes: int) -> tuple[Tensor, Tensor]:
    """Images of shape (n, rows, columns) and their labels of shape (n,), from 0 below `classes`, both uint8.

    Raises BadData where one of the files is not what it should be, or the two don't belong together.
    """
    X = read(images, dimensions=3)
    _, values = read_bytes(labels, dimensions=1)
    check_pair(images, len(X), labels, values, classes=classes)
    return X, torch.frombuffer(values, dtype=torch.uint8)


def read(path: Path, *, dimensions: int) -> Tensor:
    """The numbers of a file of 1 or 3 `dimensions`, as uint8; raises BadData, also where there is not one."""
    shape, data = read_bytes(path, dimensions=dimensions)
    return torch.frombuffer(data, dtype=torch.uint8).reshape(shape)
