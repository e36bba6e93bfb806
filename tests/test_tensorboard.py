"""Event files of TensorBoard: the same values as its own reader has, whatever is damaged, torn or still growing."""

import math
import struct
from pathlib import Path
from typing import Any

import pytest
from foreign import VERSION, all_of, event, event_file, histogram, histograms, message, points, scalar, varint
from hypothesis import given, settings
from hypothesis import strategies as st

from lintui.events import Branched, Said, Started
from lintui.known import Key
from lintui.readers.gathered import Gathered
from lintui.readers.summaries import Summaries
from lintui.readers.tensorboard import EventFiles
from lintui.sources import find_runs, open_source
from lintui.state import RunState
from lintui.tfrecord import MAX_RECORD, crc32c, frame, masked

LOSS = Key("train", "loss")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that torch's SummaryWriter wrote."""
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path_factory.mktemp("runs") / "resnet"
    with SummaryWriter(str(folder)) as writer:
        for i in range(300):
            writer.add_scalar("train/loss", 1 / (i + 1), i)
            writer.add_scalar("val/acc", math.nan if i == 7 else i / 300, i, new_style=i % 2 == 0)
        writer.add_histogram("fc.weight", torch_numbers(), 5)
        writer.add_histogram("fc.weight.grad", torch_numbers() * 0 + 3, 300)
        writer.add_text("note", "hello", 1)
        writer.add_hparams({"lr": 0.1, "name": "adam", "nesterov": True}, {"hparam/loss": 0.5}, run_name="tuned")
    return folder


def torch_numbers() -> Any:
    import torch

    return torch.linspace(-1, 3, 1000)


def test_the_folder_that_add_hparams_makes_belongs_to_the_run_above_it(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path / "resnet")) as writer:
        writer.add_scalar("train/loss", 0.5, 3)
        writer.add_hparams({"lr": 0.1, "name": "adam"}, {"hparam/loss": 0.5})
    assert len([*(tmp_path / "resnet").iterdir()]) == 2
    (run,) = find_runs(tmp_path)
    state = RunState()
    for record in all_of(open_source(run.path)):
        state.apply(record)
    assert state.started is not None and dict(state.started.config) == {"lr": 0.1, "name": "adam"}
    assert [*state.series] == [LOSS]


def test_a_folder_that_is_called_like_a_time_is_a_run_where_there_is_none_above_it(tmp_path: Path) -> None:
    event_file(tmp_path / "1795291479.1645052", [event(1.0, 3, scalar("train/loss", 0.5))])
    assert [run.name for run in find_runs(tmp_path)] == ["1795291479.1645052"]


def test_every_value_is_the_one_that_tensorboards_own_reader_has_bit_by_bit(written: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    accumulator = EventAccumulator(str(written), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    found = points(all_of(EventFiles(written)))
    theirs = [(one.step, struct.pack("<d", one.value)) for one in accumulator.Scalars("train/loss")]
    assert [(at, struct.pack("<d", value)) for at, value in found[LOSS]] == theirs
    tensors = accumulator.Tensors("val/acc") if "val/acc" in accumulator.Tags()["tensors"] else []
    scalars = accumulator.Scalars("val/acc") if "val/acc" in accumulator.Tags()["scalars"] else []
    both = [(one.step, float(make_ndarray(one.tensor_proto))) for one in tensors] + [
        (one.step, one.value) for one in scalars
    ]
    assert [*map(repr, sorted(both))] == [*map(repr, found[Key("val", "accuracy")])]


def test_a_histogram_has_its_total_its_ends_and_its_parameter(written: Path) -> None:
    weights, gradients = histograms(all_of(EventFiles(written)))
    assert (weights.name, weights.of, weights.at) == ("fc.weight", "weights", 5)
    assert math.fsum(weights.counts) == pytest.approx(1000)
    assert -1.0 <= weights.low < -0.9
    assert weights.high == 3.0
    # Evenly spread numbers: the torch writer's own bins are the only thing that makes the counts differ.
    assert max(weights.counts) < 2.5 * 1000 / 64
    assert (gradients.name, gradients.of, gradients.at) == ("fc.weight", "gradients", 300)
    assert math.fsum(gradients.counts) == 1000
    assert gradients.low <= 3.0 <= gradients.high


def test_hyperparameters_are_the_runs_settings(written: Path) -> None:
    started = all_of(EventFiles(written / "tuned"))[0].event
    assert isinstance(started, Started)
    assert started.config == {"lr": 0.1, "name": "adam", "nesterov": True}
    assert started.name == "tuned"


def test_a_run_is_named_for_its_folder_and_begins_at_the_first_wall_time(tmp_path: Path) -> None:
    path = event_file(tmp_path / "resnet", [event(1.7e9 + 2.5, 1, scalar("loss", 1.0))])
    for opened in (path, path.parent):
        first, steps = all_of(EventFiles(opened))
        assert isinstance(first.event, Started)
        assert (first.event.name, first.event.created) == ("resnet", "2023-11-14T22:13:20+00:00")
        assert steps.event.t == (2.5,)  # type: ignore[union-attr]


def test_a_file_that_grows_byte_by_byte_says_the_same_as_the_whole_one(tmp_path: Path) -> None:
    events = [event(1.7e9 + i, i, scalar("loss", i / 3)) for i in range(6)]
    whole = event_file(tmp_path / "whole", events)
    growing = tmp_path / "events.out.tfevents.2"
    growing.write_bytes(b"")
    source = EventFiles(growing)
    records = []
    with growing.open("ab", buffering=0) as file:
        for byte in whole.read_bytes():
            file.write(bytes([byte]))
            while (some := source.look()) is not None:
                records += some
    assert points(records) == points(all_of(EventFiles(whole)))
    assert source.problems == []


def test_several_files_in_a_folder_are_one_run_also_those_that_come_later(tmp_path: Path) -> None:
    event_file(tmp_path, [event(1.7e9, i, scalar("loss", 1.0)) for i in range(3)], "events.out.tfevents.1")
    source = EventFiles(tmp_path)
    records = [record for look in iter(source.look, None) for record in look]
    event_file(tmp_path, [event(1.7e9, i, scalar("loss", 0.5)) for i in range(3, 5)], "events.out.tfevents.2")
    records += [record for look in iter(source.look, None) for record in look]
    assert points(records)[LOSS] == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.5), (4, 0.5)]


def test_a_run_that_was_resumed_from_an_earlier_step_goes_on_there_on_a_branch_of_its_own(tmp_path: Path) -> None:
    for part, steps in enumerate((range(10), range(5, 15))):
        values = [(tag, i) for i in steps for tag in ("loss", "val_loss")]
        events = [event(1.7e9 + 10 * part + i, i, scalar(tag, float(part))) for tag, i in values]
        event_file(tmp_path, events, f"events.out.tfevents.{part}")
    records = all_of(EventFiles(tmp_path))
    (branched,) = [said for _, said in records if isinstance(said, Branched)]
    assert (branched.branch, branched.parent, branched.from_step, branched.why) == (1, 0, 4, "resume")
    state = RunState()
    for record in records:
        state.apply(record)
    assert (state.branch, state.at) == (1, 14)
    assert state.series[LOSS].total == 20


def test_a_damaged_record_is_told_with_its_place_and_the_others_are_read(tmp_path: Path) -> None:
    path = event_file(tmp_path, [event(1.7e9, i, scalar("loss", float(i))) for i in range(3)])
    data = bytearray(path.read_bytes())
    place = len(frame(VERSION)) + len(frame(event(1.7e9, 0, scalar("loss", 0.0))))
    data[place + 20] ^= 1
    path.write_bytes(data)
    source = EventFiles(path)
    records = all_of(source)
    assert points(records)[LOSS] == [(0, 0.0), (2, 2.0)]
    (problem,) = source.problems
    assert f"byte {place} is damaged" in problem
    assert [said.text for _, said in records if isinstance(said, Said)] == [problem]


def test_behind_a_damaged_length_nothing_can_be_read_and_that_is_said(tmp_path: Path) -> None:
    path = event_file(tmp_path, [event(1.7e9, i, scalar("loss", float(i))) for i in range(3)])
    data = bytearray(path.read_bytes())
    data[len(frame(VERSION))] ^= 1
    path.write_bytes(data)
    source = EventFiles(path)
    assert points(all_of(source)) == {}
    assert ["the rest can't be read" in problem for problem in source.problems] == [True]


def test_a_record_that_is_too_long_is_passed_over_without_being_held(tmp_path: Path) -> None:
    path = event_file(tmp_path, [])
    length = struct.pack("<Q", MAX_RECORD + 1)
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.write(length + struct.pack("<I", masked(crc32c(length))))
        file.seek(file.tell() + MAX_RECORD + 5)
        file.write(frame(event(1.7e9, 4, scalar("loss", 0.25))))
    source = EventFiles(path)
    assert points(all_of(source))[LOSS] == [(4, 0.25)]
    assert len(source.problems) == 1


tags = st.sampled_from(["loss", "train/loss", "x" * 120, "é", "", "a\x15b"]) | st.text(max_size=8)
wires = st.floats(width=32, allow_nan=False)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2**40), st.floats(0, 1e6), tags, wires), max_size=12))
def test_what_is_recognised_by_its_bytes_is_what_parsing_all_of_it_gives(
    said: list[tuple[int, float, str, float]],
) -> None:
    def read(*, one_by_one: bool) -> dict[Key, list[tuple[int, float]]]:
        gathered = Gathered()
        reader = Summaries(gathered)
        for step, wall, tag, value in sorted(said, key=lambda one: one[0]):
            reader.take(event(wall, step, scalar(tag, value)))
            if one_by_one:
                reader = Summaries(gathered)  # one that has understood nothing yet
        return points(gathered.take())

    assert read(one_by_one=False) == read(one_by_one=True)


def test_numbers_in_tensors_are_read_in_whatever_way_they_are_written(tmp_path: Path) -> None:
    def tensor(dtype: int, content: bytes) -> bytes:
        return message(1, f"t{dtype}-{len(content)}") + message(8, b"\x08" + varint(dtype) + content)

    written = [
        (tensor(1, message(5, struct.pack("<f", 0.5))), 0.5),
        (tensor(1, b"\x2d" + struct.pack("<f", 0.25)), 0.25),
        (tensor(1, message(4, struct.pack("<f", 1.5))), 1.5),
        (tensor(2, message(6, struct.pack("<d", 0.1))), 0.1),
        (tensor(3, message(7, varint(-3))), -3.0),
        (tensor(9, b"\x50" + varint(7)), 7.0),
        (tensor(10, b"\x58\x01"), 1.0),
        (tensor(19, message(13, varint(0x3C00))), 1.0),
        (tensor(23, message(17, varint(2**63))), 2.0**63),
    ]
    path = event_file(tmp_path, [event(1.7e9, 1, value) for value, _ in written])
    found = [value for series in points(all_of(EventFiles(path))).values() for _, value in series]
    assert sorted(found) == sorted(value for _, value in written)


def test_histograms_in_tensors_are_read_like_those_in_protos(tmp_path: Path) -> None:
    rows = struct.pack("<6d", 0.0, 1.0, 3.0, 1.0, 2.0, 5.0)
    shape = message(2, message(2, b"\x08\x02") + message(2, b"\x08\x03"))
    tensor = message(1, "w") + message(8, b"\x08\x02" + shape + message(4, rows))
    proto = histogram("w", [1.0, 2.0], [3.0, 5.0], 0.0, 2.0)
    one, other = histograms(
        all_of(EventFiles(event_file(tmp_path, [event(1.7e9, 1, tensor), event(1.7e9, 1, proto)])))
    )
    assert one == other
    assert math.fsum(one.counts) == pytest.approx(8.0)


def test_a_record_that_would_take_many_times_its_own_room_is_told_and_passed_over(tmp_path: Path) -> None:
    edges = [*range(20_000)]
    events = [
        b"\x18\x00" * 150_000,
        event(1.7e9, 1, histogram("w", edges, edges, 0.0, 2e4)),
        event(1.7e9, 2, scalar("loss", 1.0)),
    ]
    source = EventFiles(event_file(tmp_path / "run", events))
    assert points(all_of(source)) == {LOSS: [(2, 1.0)]}
    assert ["100,000 fields" in source.problems[0], "12,288 bins" in source.problems[1]] == [True, True]


def test_where_there_is_no_event_file_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no event file"):
        EventFiles(tmp_path)
