"""Specifies which IDX files are read, to the last bit, and what is said of those that are not."""

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from clothes import SLICE, few, from_idx, idx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trainer.idx import read, read_labelled
from trainer.trouble import BadData

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([9, 0], dtype=np.uint8)


def is_refused(act: Callable[[], object], *words: str) -> None:
    """Whether it ends with one printable line that has these words."""
    with pytest.raises(BadData) as told:
        act()
    line = str(told.value)
    assert line.isprintable()
    for word in words:
        assert word in line


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one file after another is put."""
    return tmp_path_factory.mktemp("idx")


SHAPES = st.one_of([st.tuples(*[st.integers(1, 6)] * n) for n in (1, 3)])


@given(array=SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)), packed=st.booleans())
def test_what_was_written_is_read_back_to_the_last_bit_packed_or_plain(
    place: Path, array: np.ndarray, packed: bool
) -> None:
    path = place / "any"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    found = read(path, dimensions=array.ndim)
    assert found.dtype == torch.uint8
    assert np.array_equal(found.numpy(), array)


@pytest.mark.parametrize("folder", [few(), SLICE], ids=["made up", "the slice"])
def test_a_data_set_is_read_as_numpy_reads_it(folder: Path) -> None:
    if not folder.exists():
        pytest.skip("the slice of real images is not beside this checkout; the made-up one is read in any case")
    paths = folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"
    found = read_labelled(*paths, classes=10)
    for tensor, path in zip(found, paths, strict=True):
        assert np.array_equal(tensor.numpy(), from_idx(path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", ["no IDX file", "nothing", "give one"], id="empty"),
        pytest.param(b"\0\0\x08", ["no IDX file", "00 00 08"], id="shorter than its beginning"),
        pytest.param(b"label,pixel1\n9,0\n", ["no IDX file", "6c 61 62 65"], id="a table"),
        pytest.param(idx(LABELS), ["labels where images should be"], id="labels"),
        pytest.param(idx(IMAGES[0]), ["arrays of 2 dimensions where images should be"], id="one image"),
        pytest.param(b"\0\0\x0d\3" + idx(IMAGES)[4:], ["type 0x0d", "convert it"], id="floats"),
        pytest.param(idx(IMAGES)[:10], ["ends 6 bytes too early", "whole one"], id="sizes cut off"),
        pytest.param(idx(IMAGES)[:-5], ["ends 5 bytes too early", "whole one"], id="pixels cut off"),
        pytest.param(idx(IMAGES) + b"\0", ["goes on behind its 24 bytes", "whole one"], id="something behind them"),
        pytest.param(idx(IMAGES[:0]), ["0×3×4 bytes", "give one"], id="no image"),
        pytest.param(
            b"\0\0\x08\3" + struct.pack(">3I", *[2**32 - 1] * 3), ["4294967295×", "give one"], id="boasting"
        ),
        pytest.param(gzip.compress(idx(IMAGES))[:-9], ["damaged", "whole one"], id="a gzip file that is cut off"),
        pytest.param(gzip.compress(idx(IMAGES))[:12], ["damaged", "whole one"], id="the same near its beginning"),
        pytest.param(gzip.compress(idx(IMAGES)) + b"behind", ["damaged", "whole one"], id="and with a tail"),
        pytest.param(gzip.compress(b""), ["no IDX file", "nothing"], id="a gzip file of nothing"),
    ],
)
def test_anything_else_is_refused_with_its_name_and_the_way_out(
    tmp_path: Path, data: bytes, words: list[str]
) -> None:
    path = tmp_path / "train-images"
    path.write_bytes(data)
    is_refused(lambda: read(path, dimensions=3), str(path), *words)


PACKED = gzip.compress(idx(IMAGES), mtime=0)


@given(bit=st.integers(0, 8 * len(PACKED) - 1))
def test_no_damage_to_a_gzip_file_goes_unseen(place: Path, bit: int) -> None:
    damaged = bytearray(PACKED)
    damaged[bit // 8] ^= 1 << bit % 8
    path = place / "damaged"
    path.write_bytes(damaged)
    try:
        found = read(path, dimensions=3)
    except BadData:
        return
    # What a bit of the header says, such as the time of packing, changes no image.
    assert np.array_equal(found.numpy(), IMAGES)


@pytest.mark.parametrize("there", ["nothing", "folder", "pipe", "unreadable"])
def test_what_is_no_file_of_ours_is_refused_at_once(tmp_path: Path, there: str) -> None:
    path = tmp_path / "train-images"
    match there:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "unreadable":
            if os.geteuid() == 0:
                pytest.skip("root may read everything")
            path.touch(0)
    is_refused(lambda: read(path, dimensions=3), f"can't read {path}", "give a file that can be read")


def test_images_and_labels_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx(IMAGES))
    labels.write_bytes(idx(np.array([9, 0, 3], dtype=np.uint8)))
    is_refused(lambda: read_labelled(images, labels, classes=10), f"{images} holds 2 images", f"{labels} 3 labels")
    labels.write_bytes(idx(np.array([9, 10], dtype=np.uint8)))
    is_refused(lambda: read_labelled(images, labels, classes=10), f"{labels} has the label 10", "above 9")
    labels.write_bytes(idx(LABELS))
    X, y = read_labelled(images, labels, classes=10)
    assert (X.tolist(), y.tolist()) == (IMAGES.tolist(), [9, 0])
