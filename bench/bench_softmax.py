"""Softmax regression with its data as one tensor ÷ with a DataLoader that makes image by image: epochs a second.

Both learn the same way from the same images in batches of 256. The loader is the one that everybody writes: a
Dataset whose `__getitem__` does what torchvision's FashionMNIST and its ToTensor do (a PIL image of each row, and a
float tensor of that), written out, without worker processes and with four; the faster of them counts.
"""

import gzip
import os
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from turns import in_turns, ratio, spread, verdict

from trainer import fashion
from trainer.data import Table, generator, minibatches

SLICE = Path(__file__).parents[2] / "shared/data/fashion-mnist"
BATCH = 256


class Images(Dataset[tuple[Tensor, int]]):
    """One image at a time, as a float tensor of shape (1, 28, 28) with values from 0 to 1."""

    def __init__(self, table: Table) -> None:
        self.images, self.labels = table

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[i].numpy())
        image = torch.from_numpy(np.array(picture, np.uint8, copy=True)).view(*picture.size, 1)
        return image.permute(2, 0, 1).contiguous().to(torch.float32).div(255), int(self.labels[i])


def learn(batches: Iterable[tuple[Tensor, Tensor]]) -> None:
    """One epoch of softmax regression."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(fashion.SIDE**2, len(fashion.CLASSES)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for X, y in batches:
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def speed(batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Epochs a second."""
    began = time.perf_counter()
    learn(batches)
    return 1 / (time.perf_counter() - began)


def data() -> Table:
    """The images to learn from, uint8: the slice beside the checkout, else noise in files of the same format."""
    if SLICE.exists():
        table, _ = fashion.read(SLICE)
        print(f"{len(table.y)} real images from {SLICE.name}")
        return table
    with tempfile.TemporaryDirectory() as folder:
        for name in fashion.FILES:
            shape = (3_443, 28, 28) if "images" in name else (3_443,)
            header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
            numbers = os.urandom(3_443 * 784) if "images" in name else bytes(i % 10 for i in range(3_443))
            (Path(folder) / name).write_bytes(gzip.compress(header + numbers, 1))
        table, _ = fashion.read(Path(folder))
    print(f"{len(table.y)} made-up images: there is no slice of real ones beside the checkout")
    return table


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    torch.set_num_threads(1)
    # Four is what people write, on however many cores.
    warnings.filterwarnings("ignore", "This DataLoader will create 4 worker processes")
    table = data()
    ready = Table(table.X.float() / 255, table.y.long())
    order = generator(0, "order")
    loaders = {
        f"loader, {workers} workers": DataLoader(Images(table), batch_size=BATCH, shuffle=True, num_workers=workers)
        for workers in (0, 4)
    }
    found = in_turns(
        {
            "one tensor": lambda: speed(minibatches(ready, BATCH, order)),
            **{name: lambda loader=loader: speed(loader) for name, loader in loaders.items()},
        },
        rounds=rounds,
    )
    for name, values in found.items():
        print(f"{name}: {spread(values)} epochs/s")
    against = {name: ratio(found, "one tensor", name) for name in loaders}
    rival = min(against, key=lambda name: against[name])
    return not verdict(f"one tensor ÷ {rival}", against[rival], 5.0, at_least=True)


if __name__ == "__main__":
    sys.exit(main())
