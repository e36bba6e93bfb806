"""Specifies how the arrays of a run are read: as NumPy wrote them, or with one line that says why not."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from shelf import keep, profile

from lintui.events import Array, Record
from lintui.state import RunState
from tuiapp import arrays
from tuiapp.arrays import MOST, Missing, Unreadable, has_pictures, names, read, table

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "float32",
    "float64",
]
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
shapes = st.lists(st.integers(1, 5), max_size=4).map(tuple)


@in_one_folder
@given(st.data(), st.sampled_from(DTYPES), shapes)
def test_numbers_come_back_as_they_were_written(
    tmp_path: Path, data: st.DataObject, dtype: str, shape: tuple[int, ...]
) -> None:
    written = data.draw(arrays_of.arrays(dtype, shape))
    numbers = read(tmp_path, keep(tmp_path, "a", written))
    assert numbers.shape == shape
    np.testing.assert_array_equal(np.array(numbers.flat, dtype).reshape(shape), written)


@in_one_folder
@given(arrays_of.arrays("float32", st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_what_is_known_of_all_numbers_is_what_numpy_says_of_the_finite_ones(
    tmp_path: Path, written: np.ndarray
) -> None:
    spread = read(tmp_path, keep(tmp_path, "a", written)).spread
    known = written[np.isfinite(written)].astype(float)
    assert spread.bad == written.size - known.size
    if known.size:
        assert (spread.low, spread.high) == (known.min(), known.max())
        assert spread.mean == pytest.approx(known.mean(), rel=1e-6, abs=1e-6 * np.abs(known).max())


def test_rows_and_columns_are_those_of_the_last_axis_and_of_all_before_it(tmp_path: Path) -> None:
    written = np.arange(24, dtype="int32").reshape(2, 3, 4)
    numbers = read(tmp_path, keep(tmp_path, "a", written))
    assert (numbers.rows, numbers.columns) == (6, 4)
    assert list(numbers.row(4)) == written.reshape(6, 4)[4].tolist()
    assert list(numbers.column(3)) == written.reshape(6, 4)[:, 3].tolist()


def is_refused(folder: Path | None, array: Array, *words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(folder, array)
    said = str(caught.value)
    assert said.isprintable()
    assert all(word in said for word in words)


@pytest.fixture
def kept(tmp_path: Path) -> Array:
    return keep(tmp_path, "a", np.ones((3, 4), "float32"))


def test_a_file_that_is_not_there_may_come_later(tmp_path: Path, kept: Array) -> None:
    with pytest.raises(Missing, match="not beside the log"):
        read(tmp_path / "elsewhere", kept)
    with pytest.raises(Missing):
        read(None, kept)


def test_a_damaged_file_is_refused(tmp_path: Path, kept: Array) -> None:
    path = tmp_path / "artifacts" / kept.file
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    is_refused(tmp_path, kept, "damaged")


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path: Path, kept: Array) -> None:
    path = tmp_path / "artifacts" / kept.file
    path.unlink()
    os.mkfifo(path)
    is_refused(tmp_path, kept, "can't be read")
    path.unlink()
    path.symlink_to("/etc/passwd")
    is_refused(tmp_path, kept, "can't be read")


@pytest.mark.parametrize("file", ["../a-0.bin", "/etc/passwd", "", "a/b", "."])
def test_a_file_of_another_folder_is_refused(tmp_path: Path, kept: Array, file: str) -> None:
    is_refused(tmp_path, replace(kept, file=file))


@pytest.mark.parametrize("dtype", ["object", "complex64", "", "float33", "<f4"])
def test_numbers_of_an_unknown_kind_are_refused(tmp_path: Path, kept: Array, dtype: str) -> None:
    is_refused(tmp_path, replace(kept, dtype=dtype), repr(dtype))


@pytest.mark.parametrize("shape", [(3, 5), (1,), (), (MOST,)])
def test_a_file_that_does_not_hold_its_shape_is_refused(tmp_path: Path, kept: Array, shape: tuple[int, ...]) -> None:
    is_refused(tmp_path, replace(kept, shape=shape), "bytes")


@pytest.mark.parametrize("shape", [(MOST + 1,), (10**9, 10**9), (-3, -4), (-1,), (10**6, 10**6, 10**6, 10**6)])
def test_more_numbers_than_are_read_are_refused_before_the_file_is_opened(
    tmp_path: Path, kept: Array, shape: tuple[int, ...]
) -> None:
    is_refused(None, replace(kept, shape=shape), f"{MOST:,}")


def test_nothing_is_refused_too(tmp_path: Path) -> None:
    is_refused(tmp_path, keep(tmp_path, "mistakes", np.zeros((0, 28, 28), "uint8")), "nothing in it")
    is_refused(tmp_path, keep(tmp_path, "a", np.zeros((0, 10**9), "uint8")), "nothing in it")


def test_what_there_is_to_be_seen_is_every_array_but_the_surface_and_every_profile_once(tmp_path: Path) -> None:
    ones = np.ones((2, 2), "float32")
    state = RunState()
    events = [
        profile((1.0, 2.0)),
        keep(tmp_path, "loss surface", ones, shows="surface"),
        keep(tmp_path, "data", ones, shows="table"),
        profile((1.0, 2.0), at=1),
        keep(tmp_path, "something", ones),
        keep(tmp_path, "data", ones, at=3, shows="table"),
    ]
    assert not has_pictures(state)
    state.apply(Record(0, events[1]))
    assert not has_pictures(state)
    for n, event in enumerate(events, 1):
        state.apply(Record(n, event))
    assert has_pictures(state)
    assert names(state) == ["data", "something", "which way is down"]


# In a file of their own


@in_one_folder
@given(arrays_of.arrays("float32", st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_a_table_is_kept_under_its_names_with_every_digit(tmp_path: Path, written: np.ndarray) -> None:
    array = keep(tmp_path, "data", written, shows="table", axes=("a, b", 'x"[0]'))
    head, *rows = csv.reader(io.StringIO(table(array, read(tmp_path, array))))
    assert head == [*("a, b", 'x"[0]'), *map(str, range(2, 6))][: written.shape[1]]
    np.testing.assert_array_equal(np.array(rows, float).astype("float32"), written)


def test_images_and_counts_are_kept_with_the_captions_of_their_rows(tmp_path: Path) -> None:
    images = keep(
        tmp_path, "i", np.arange(8).reshape(2, 2, 2), shows="images", labels=("Shirt", "Coat"), axes=("class",)
    )
    rows = list(csv.reader(io.StringIO(table(images, read(tmp_path, images)))))
    assert rows[0] == ["class", "axis 1", "0", "1"]
    assert rows[1:3] == [["Shirt", "0", "0", "1"], ["Shirt", "1", "2", "3"]]
    assert rows[4] == ["Coat", "1", "6", "7"]
    counts = keep(
        tmp_path, "c", np.array([[5, 1], [2, 7]]), shows="counts", labels=("cat", "dog"), axes=("label", "predicted")
    )
    rows = list(csv.reader(io.StringIO(table(counts, read(tmp_path, counts)))))
    assert rows == [["label", "cat", "dog"], ["cat", "5", "1"], ["dog", "2", "7"]]


def test_a_single_number_is_a_row_of_one(tmp_path: Path) -> None:
    array = keep(tmp_path, "a", np.array(2.5))
    assert arrays.table(array, read(tmp_path, array)) == "0\n2.5\n"
