"""Specifies what a run is in the formats of other tools, each read back by the tool itself or by another reader."""

import csv
import datetime
import io
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import classification, started
from strategies import SAMPLE, a_log

import lintui.export.recording
from lintui.events import Branched, Epoch, Event, Histogram, Started, Steps, Values
from lintui.export import csv as to_csv
from lintui.export import jsonl, parquet, tensorboard
from lintui.export.aside import new_file, new_folder
from lintui.export.naming import named
from lintui.export.recording import Recording
from lintui.known import Key
from tuiapp.export.source import RunSource
from tuiapp.options import NotThere

RUN = started("run", task="", steps=30, epochs=3)
Measured = dict[str, dict[int, float]]
"""Each metric's values by step."""


def bits(value: float) -> str:
    """What tells 0.0 from -0.0 and nothing else apart that is equal; NaN is NaN."""
    return repr(float(value))


@st.composite
def said(draw: st.DrawFn) -> list[Event]:
    """A run that measures this and that, in any order of steps, and goes back now and then."""
    events: list[Event] = [RUN]
    branch = newest = 0
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["steps", "steps", "values", "epoch", "branched"]))
        split, rank = draw(st.sampled_from(["train", "batch"])), draw(st.integers(0, 1))
        at = draw(st.integers(0, 30))
        if kind == "branched":
            newest += 1
            parent = draw(st.integers(0, branch))
            events.append(Branched(branch=newest, parent=parent, from_step=at, why="rewind", t=1.0))
            branch = newest
        elif kind == "epoch":
            events.append(Epoch(branch=branch, number=draw(st.integers(1, 9)), at=at, t=1.0))
        elif kind == "values":
            values = draw(st.dictionaries(st.sampled_from(["loss", "accuracy"]), st.floats(), max_size=2))
            events.append(Values(branch=branch, split=split, rank=rank, at=at, t=1.0, values=values))
        else:
            steps = draw(st.lists(st.integers(0, 30), max_size=4))
            column = st.lists(st.floats(), min_size=len(steps), max_size=len(steps)).map(tuple)
            values = draw(st.dictionaries(st.sampled_from(["loss", "norm"]), column, max_size=2))
            t = tuple(float(step) for step in steps)
            events.append(Steps(branch=branch, split=split, rank=rank, at=tuple(steps), t=t, values=values))
    return events


def measured(events: list[Event]) -> Measured:
    """What was measured in the lineage that the run ended with, found by copying a branch's past where it begins."""
    branches: dict[int, Measured] = {0: {}}
    newest = 0

    def note(event: Steps | Values, at: int, name: str, value: float) -> None:
        column = f"{event.split}/{name}" + (f"/rank{event.rank}" if event.rank else "")
        branches[event.branch].setdefault(column, {})[at] = value

    for event in events:
        match event:
            case Branched():
                newest, past = event.branch, branches[event.parent]
                branches[newest] = {
                    name: {at: value for at, value in column.items() if at <= event.from_step}
                    for name, column in past.items()
                }
            case Steps():
                for i, at in enumerate(event.at):
                    for name, column in event.values.items():
                        note(event, at, name, column[i])
            case Values():
                for name, value in event.values.items():
                    note(event, event.at, name, value)
    return branches[newest]


def in_bits(values: Measured) -> dict[str, dict[int, str]]:
    """The same as text, without metrics of which there is nothing."""
    return {name: {at: bits(value) for at, value in column.items()} for name, column in values.items() if column}


def written(to: Any, events: list[Event]) -> bytes:
    """What a format makes of a run."""
    file = io.BytesIO()
    to.write(Recording(lambda: events), file)
    return file.getvalue()


def from_csv(data: bytes) -> Measured:
    """A table of metrics, read by the standard library."""
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    found: Measured = {}
    for row in rows:
        for name, cell in row.items():
            if cell and name not in ("step", "epoch", "time"):
                found.setdefault(name, {})[int(row["step"])] = float(cell)
    return found


def from_jsonl(data: bytes) -> Measured:
    """The same from lines of JSON, with what is not finite put back by its name."""
    found: Measured = {}
    for line in data.splitlines():
        row = orjson.loads(line)
        step, bad = row.pop("step"), row.pop("nonfinite", {})
        assert all(row[name] is None for name in bad)
        for name, value in {**row, **bad}.items():
            if name not in ("epoch", "time"):
                found.setdefault(name, {})[step] = float(value)
    return found


def from_parquet(data: bytes) -> Measured:
    """The same from a Parquet file, read by pyarrow."""
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    steps = table["step"].to_pylist()
    return {
        name: {at: value for at, value in zip(steps, table[name].to_pylist(), strict=True) if value is not None}
        for name in table.column_names
        if name not in ("step", "epoch", "time")
    }


READERS = {to_csv: from_csv, jsonl: from_jsonl, parquet: from_parquet}


@pytest.mark.parametrize("to", READERS, ids=lambda to: to.__name__.rpartition(".")[2])
@given(events=said(), part=st.integers(1, 3))
@settings(max_examples=30)
def test_every_value_of_the_lineage_comes_back_bit_for_bit_at_its_step_in_order(
    to: Any, events: list[Event], part: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lintui.export.recording, "_PART", part)
        data = written(to, events)
        steps = [row.step for row in Recording(lambda: events).rows()]
    assert in_bits(READERS[to](data)) == in_bits(measured(events))
    assert steps == sorted(set(steps))


def test_numpy_reads_the_csv_with_all_that_is_not_finite() -> None:
    values = (0.1, -0.0, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf)
    at = tuple(range(1, 8))
    said = [RUN, Steps(branch=0, split="batch", at=at, t=at, values={"loss": values})]
    table = np.genfromtxt(io.BytesIO(written(to_csv, said)), delimiter=",", names=True, deletechars="")
    assert table["step"].tolist() == [*at]
    assert [bits(value) for value in table["batch/loss"]] == [bits(value) for value in values]


def test_a_step_has_the_number_of_the_epoch_that_it_was_made_in() -> None:
    at = (0, 1, 2, 3, 4, 5)
    said = [
        RUN,
        Steps(branch=0, split="batch", at=at[:4], t=(0.0, 1.0, 2.0, 3.0), values={"loss": (1.0,) * 4}),
        Epoch(branch=0, number=1, at=2, t=2.0),
        Epoch(branch=0, number=2, at=4, t=4.0),
        Steps(branch=0, split="batch", at=at[4:], t=at[4:], values={"loss": (1.0,) * 2}),
    ]
    assert [row.epoch for row in Recording(lambda: said).rows()] == [0, 1, 1, 2, 2, 3]
    assert written(to_csv, said).splitlines()[1] == b"0,0,0.0,1.0"


def test_where_no_epoch_ended_there_is_no_number_of_one() -> None:
    said = [RUN, Values(branch=0, split="train", at=1, t=0.5, values={"loss": 2.0})]
    assert written(to_csv, said) == b"step,epoch,time,train/loss\n1,,0.5,2.0\n"
    assert orjson.loads(written(jsonl, said)) == {"step": 1, "time": 0.5, "train/loss": 2.0}


def test_the_time_of_a_run_that_was_resumed_by_another_process_goes_on() -> None:
    said = [
        RUN,
        Steps(branch=0, split="batch", at=(1, 2, 3), t=(1.0, 2.0, 3.0), values={"loss": (1.0, 1.0, 1.0)}),
        Branched(branch=1, parent=0, from_step=2, why="resume", t=0.5),
        Steps(branch=1, split="batch", at=(3, 4), t=(0.5, 1.5), values={"loss": (2.0, 2.0)}),
    ]
    rows = [*Recording(lambda: said).rows()]
    assert [(row.step, row.time) for row in rows] == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]
    assert [row.values for row in rows] == [{0: 1.0}, {0: 1.0}, {0: 2.0}, {0: 2.0}]


def test_no_two_series_have_one_name_and_none_that_of_another_column() -> None:
    keys = [
        Key("", "step"),
        Key("a", "b/c"),
        Key("a/b", "c"),
        Key("a", "b/c", 1),
        Key("a", "b/c/rank1"),
        Key("", "step (2)"),
    ]
    names = named(keys, ("step",))
    assert [*names.values()] == ["step (2)", "a/b/c", "a/b/c (2)", "a/b/c/rank1", "a/b/c/rank1 (2)", "step (2) (2)"]


def test_no_name_is_taken_for_a_formula_by_a_spreadsheet() -> None:
    bad = ["=1+1", "+x", "-x", "@x"]
    values = dict.fromkeys(bad, 1.0)
    said = [RUN, Values(branch=0, split="", at=1, t=0.0, values={**values, 'a "b", c': 1.0, "=2+2": 1.0})]
    header = next(csv.reader(io.StringIO(written(to_csv, said).decode())))
    assert header == ["step", "epoch", "time", "'=1+1", "'+x", "'-x", "'@x", 'a "b", c', "'=2+2"]


def test_parquet_says_which_run_it_is_and_knows_what_was_not_measured_from_nan() -> None:
    said = [
        *SAMPLE[:1],
        Steps(branch=0, split="batch", at=(1, 2), t=(1, 2), values={"loss": (math.nan, 1.0)}),
        Values(branch=0, split="train", at=2, t=2.0, values={"loss": 0.5}),
    ]
    table = pyarrow.parquet.read_table(io.BytesIO(written(parquet, said)))
    assert table.schema.metadata[b"lintui.run"] == b"sample"
    assert orjson.loads(table.schema.metadata[b"lintui.settings"]) == dict(SAMPLE[0].config)
    assert table["train/loss"].null_count == 1 and table["batch/loss"].null_count == 0
    assert math.isnan(table["batch/loss"][0].as_py())


def test_without_pyarrow_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(parquet.NoPyarrow, match=r"pip install 'lintui\[parquet\]'"):
        written(parquet, [RUN])


# TensorBoard, read by its own EventAccumulator


def accumulated(folder: Path, events: list[Event]) -> Any:
    """What TensorBoard finds in the folder that a run was exported to."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="TensorBoard is not installed"
    )
    recording = Recording(lambda: events)
    with open(folder / tensorboard.file_name(recording), "wb") as file:
        tensorboard.write(recording, file)
    found = reader.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0})
    found.Reload()
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_finds_every_value_in_single_precision_at_its_step_and_wall_time(tmp_path: Path) -> None:
    values = (0.1, math.nan, math.inf, -math.inf, 1e300, -1e-300, -0.0, 3e38)
    at = tuple(range(1, 9))
    t = tuple(step / 8 for step in at)
    said = [
        *classification(),
        Steps(branch=0, split="wild", at=at, t=t, values={"loss": values}),
        Values(branch=0, split="wild", rank=3, at=2**40, t=20.0, values={"ünï": 1.5}),
    ]
    found = accumulated(tmp_path, said)
    created = datetime.datetime.fromisoformat(said[0].created).timestamp()
    expected = measured(said)
    assert {*found.Tags()["scalars"]} == {*expected} and "wild/ünï/rank3" in expected
    with np.errstate(over="ignore", under="ignore"):
        for tag, column in expected.items():
            scalars = found.Scalars(tag)
            assert [s.step for s in scalars] == [*column]
            assert [bits(s.value) for s in scalars] == [bits(np.float32(value)) for value in column.values()]
    assert [s.wall_time for s in found.Scalars("wild/loss")] == [created + seconds for seconds in t]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_tensorboard_finds_histograms_with_their_bins_and_counts(tmp_path: Path) -> None:
    counts = tuple(float(i % 5) for i in range(64))
    same = {"branch": 0, "at": 7, "t": 1.0}
    said = [
        RUN,
        Histogram(name="layer.weight", of="weights", low=-1.0, high=1.0, counts=counts, **same),
        Histogram(name="all alike", of="", low=0.5, high=0.5, counts=(0.0, 9.0, 0.0), **same),
        Histogram(name="far", of="gradients", low=-1e308, high=1e308, counts=(1.0, 2.0), **same),
        Histogram(name="empty", of="gradients", low=0.0, high=1.0, counts=(), **same),
    ]
    found = accumulated(tmp_path, said)
    assert found.Tags()["histograms"] == ["weights/layer.weight", "all alike", "gradients/far"]
    (event,) = found.Histograms("weights/layer.weight")
    value = event.histogram_value
    assert (event.step, value.min, value.max, value.num) == (7, -1.0, 1.0, sum(counts))
    assert value.bucket == [*counts]
    assert np.allclose(value.bucket_limit, np.linspace(-1, 1, 65)[1:])
    (event,) = found.Histograms("all alike")
    assert (event.histogram_value.bucket_limit, event.histogram_value.bucket) == ([0.5], [9.0])


@given(events=said())
@settings(max_examples=15)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_finds_the_lineage_and_nothing_else(
    events: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = accumulated(tmp_path_factory.mktemp("events"), events)
    expected = measured(events)
    for tag in found.Tags()["scalars"]:
        # A step that was measured twice stands there twice: the later one is the last.
        last = {scalar.step: bits(scalar.value) for scalar in found.Scalars(tag)}
        with np.errstate(over="ignore", under="ignore"):
            assert last == {at: bits(np.float32(value)) for at, value in expected[tag].items()}
    assert {*found.Tags()["scalars"]} == {name for name, column in expected.items() if column}


@pytest.mark.parametrize("name", ["run.csv", "run.jsonl", "run.tensorboard/events.out.tfevents.1"])
def test_what_was_exported_opens_again_with_the_same_names_and_values(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    to = {"run.csv": to_csv, "run.jsonl": jsonl}.get(name, tensorboard)
    path.write_bytes(written(to, classification()))
    again = from_jsonl(written(jsonl, [*RunSource(path)()]))
    number = np.float32 if to is tensorboard else float
    expected = measured(classification())
    assert in_bits(again) == {
        metric: {at: bits(number(value)) for at, value in column.items()} for metric, column in expected.items()
    }


# Memory, files, and logs that can't be read


def long_run(steps: int) -> Iterator[Event]:
    """So many steps in batches of 500, an epoch after each tenth of them."""
    yield RUN
    for first in range(1, steps + 1, 500):
        at = tuple(range(first, first + 500))
        yield Steps(branch=0, split="batch", at=at, t=at, values={"loss": (0.5,) * 500})
        yield Values(branch=0, split="train", at=at[-1], t=at[-1], values={"loss": 0.25})


@pytest.mark.parametrize(
    ("to", "row"),
    [(to_csv, b"\n"), (jsonl, b"\n"), (tensorboard, b"batch/loss")],
    ids=["csv", "jsonl", "tensorboard"],
)
def test_of_a_long_log_only_a_few_thousand_steps_are_held_at_a_time(to: Any, row: bytes) -> None:
    read = written = calls = most = 0

    def source() -> Iterator[Event]:
        nonlocal read
        read = 0
        for event in long_run(40_000):
            read += len(event.at) if isinstance(event, Steps) else 0
            yield event

    class Counting(io.RawIOBase):
        def write(self, data: Any) -> int:
            nonlocal written, calls, most
            calls += 1
            if calls > 1:  # the first call is that for the header
                most = max(most, read - written)
            written += bytes(data).count(row)
            return len(data)

    to.write(Recording(source), Counting())
    assert 40_000 <= written <= 40_001
    assert 0 < most < 10_000


def test_a_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with pytest.raises(KeyboardInterrupt), new_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert [*tmp_path.iterdir()] == []
    with new_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole" and [*tmp_path.iterdir()] == [path]
    with pytest.raises(FileExistsError), new_file(path):
        pytest.fail("it would be written over")


def test_what_comes_to_the_same_place_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with pytest.raises(FileExistsError), new_file(path):
        path.write_text("somebody else's")
    assert path.read_text() == "somebody else's" and [*tmp_path.iterdir()] == [path]


def test_a_folder_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.tensorboard"
    with pytest.raises(KeyboardInterrupt), new_folder(path) as folder:
        (folder / "half").write_bytes(b"x")
        raise KeyboardInterrupt
    assert [*tmp_path.iterdir()] == []
    with new_folder(path) as folder:
        (folder / "whole").write_bytes(b"x")
    assert [*path.iterdir()] == [path / "whole"]
    with pytest.raises(FileExistsError), new_folder(path):
        pytest.fail("it would be mixed up")


def test_a_log_gives_the_same_events_each_time_and_says_what_was_wrong_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    a_log(log, SAMPLE)
    whole = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*whole[:6], b"not a line\n", *whole[7:]]))
    source = RunSource(log)
    assert [type(event) for event in source()] == [type(event) for event in source()] != []
    assert [problem.partition(":")[0] for problem in source.problems][:1] == ["line 7 is damaged"]
    with pytest.raises(NotThere, match="can't read"):
        [*RunSource(tmp_path / "nothing")()]


def test_a_series_beyond_ten_thousand_is_counted_and_left_out() -> None:
    many = {f"m{i}": 1.0 for i in range(10_003)}
    recording = Recording(lambda: [RUN, Values(branch=0, split="train", at=1, t=0.0, values=many)])
    assert (len(recording.keys), recording.left_out) == (10_000, 3)
    (row,) = recording.rows()
    assert len(row.values) == 10_000


def test_the_wall_time_of_a_log_that_does_not_say_when_it_began_is_counted_from_1970() -> None:
    unknown = Started(name="x", created="once", pid=1, host="", config={})
    assert tensorboard.file_name(Recording(lambda: [unknown])) == "events.out.tfevents.0000000000.lintui"
