"""Files in the format of Fashion-MNIST: the real slice beside the checkout where it is there, and made-up ones."""

import atexit
import functools
import gzip
import shutil
import struct
import tempfile
from pathlib import Path

import numpy as np

SLICE = Path(__file__).parents[2] / "shared/data/fashion-mnist"
"""A few thousand real images. No figure measured on them is one of Fashion-MNIST."""
NAMES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file has it."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def from_idx(path: Path) -> np.ndarray:
    """What is in a gzipped IDX file, read without any check."""
    data = gzip.decompress(path.read_bytes())
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(struct.unpack_from(f">{data[3]}I", data, 4))


def make(folder: Path, *, train: int, test: int, seed: int = 0) -> Path:
    """Ten kinds of images that straight borders can tell apart: each lights some pixels of its own, with noise."""
    stream = np.random.default_rng(seed)
    kinds = stream.random((10, 28, 28)) < 0.1
    folder.mkdir(parents=True, exist_ok=True)
    for (images, labels), count in zip(NAMES.values(), (train, test), strict=True):
        y = np.concatenate([stream.permutation(10) for _ in range(-(-count // 10))])[:count].astype(np.uint8)
        lit = kinds[y] ^ (stream.random((count, 28, 28)) < 0.02)
        X = (lit * stream.integers(64, 256, lit.shape)).astype(np.uint8)
        (folder / images).write_bytes(gzip.compress(idx(X), 1))
        (folder / labels).write_bytes(gzip.compress(idx(y), 1))
    return folder


@functools.cache
def made_up(train: int, test: int) -> Path:
    """A folder with so many made-up images to learn from and to test on, one for all tests of this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make(folder, train=train, test=test)


def few() -> Path:
    """The folder for whoever needs no figures."""
    return made_up(300, 100)
