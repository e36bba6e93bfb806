"""Tables, JSON lines, the Hugging Face Trainer's memory and W&B's files become the events of a run."""

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from foreign import all_of, histograms, items, message, points, wandb_exit, wandb_file, wandb_history, wandb_run
from hypothesis import given
from hypothesis import strategies as st
from strategies import promptly

from lintui.codec import MAX_LINE
from lintui.events import Ended, Epoch, Event, Record, Started, Steps
from lintui.known import Key
from lintui.readers.gathered import Gathered
from lintui.readers.huggingface import TrainerState
from lintui.readers.json_lines import JsonLines
from lintui.readers.parsing import NotJSON, parsed
from lintui.readers.rows import Rows
from lintui.readers.table import Table
from lintui.readers.wandb import WandbFile

LOSS = Key("train", "loss")


def of_kind(records: list[Record], kind: type[Event]) -> list[Any]:
    return [said for _, said in records if isinstance(said, kind)]


def rows_as_records(*rows: dict[str, Any]) -> list[Record]:
    gathered = Gathered()
    reader = Rows(gathered)
    for row in rows:
        reader.take(row)
    return gathered.take()


LIGHTNING = """\
epoch,lr-Adam,step,train_loss_epoch,train_loss_step,val_acc,val_loss
,0.001,49,,,,
0,,49,,0.75,,
0,,99,,0.5,,
0,,99,,,0.625,1.5
0,,99,0.6,,,
1,,149,,0.375,,
1,,199,,,0.75,1.25
1,,199,0.4,,,
"""


def test_the_sparse_table_of_lightning_is_read_whole(tmp_path: Path) -> None:
    folder = tmp_path / "mnist" / "version_3"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(LIGHTNING)
    (folder / "hparams.yaml").write_text("lr: 0.001\nname: resnet\ndeep:\n  width: 3\nuse_amp: true\nlayers: 18\n")
    records = all_of(Table(folder / "metrics.csv"))
    (started,) = of_kind(records, Started)
    assert started.name == "mnist/version_3"
    assert started.config == {"lr": 0.001, "name": "resnet", "use_amp": True, "layers": 18}
    assert points(records) == {
        Key("train", "lr-Adam"): [(49, 0.001)],
        Key("batch", "loss"): [(49, 0.75), (99, 0.5), (149, 0.375)],
        Key("val", "accuracy"): [(99, 0.625), (199, 0.75)],
        Key("val", "loss"): [(99, 1.5), (199, 1.25)],
        Key("train", "loss"): [(99, 0.6), (199, 0.4)],
    }
    assert [(epoch.number, epoch.at) for epoch in of_kind(records, Epoch)] == [(1, 99)]


names = st.sampled_from(["a", "b", "c", "d"])
numbers = st.floats(width=64) | st.integers(-(2**53), 2**53).map(float)


@given(st.lists(st.dictionaries(names, numbers), max_size=20))
def test_a_table_gives_what_pythons_own_reader_finds_in_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, float]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["step", "a", "b", "c", "d"])
        writer.writeheader()
        writer.writerows([{"step": i, **row} for i, row in enumerate(rows)])
    want: dict[Key, list[str]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for name in "abcd":
                if row[name]:
                    want.setdefault(Key("train", name), []).append(repr((int(row["step"]), float(row[name]))))
    found = {key: [repr(point) for point in series] for key, series in points(all_of(Table(path))).items()}
    assert found == want


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_cells_may_be_quoted_and_divided_by_other_signs(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        f'\ufeff"step"{sign}"loss"{sign}"a ""note"""\r\n1{sign}"0.5"{sign}"x{sign}y"\r\n\r\n2{sign}nan{sign}\r\n'
    )
    found = points(all_of(Table(path)))
    assert [*map(repr, found[LOSS])] == ["(1, 0.5)", "(2, nan)"]
    assert [*found] == [LOSS]


def test_a_line_that_is_being_written_is_waited_for_and_one_that_was_left_without_its_end_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("step,loss\n1,0.5\n2,0.2")
    source = Table(path)
    records = source.look() or []
    assert points(records)[LOSS] == [(1, 0.5)]
    assert source.look() is None
    with path.open("a") as file:
        file.write("5\n3,0.1")
    assert points(source.look() or [])[LOSS] == [(2, 0.25)]
    os.utime(path, (1e9, 1e9))
    assert points(source.look() or [])[LOSS] == [(3, 0.1)]
    assert source.look() is None


def test_a_row_with_more_or_fewer_cells_than_the_header_is_told_and_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("step,loss,val_loss\n1,0.5\n2,0.4,0.6,0.8\n")
    source = Table(path)
    assert points(all_of(source)) == {LOSS: [(1, 0.5), (2, 0.4)], Key("val", "loss"): [(2, 0.6)]}
    assert source.problems == ["line 2 has 2 cells instead of 3", "line 3 has 4 cells instead of 3"]


def test_what_a_row_costs_does_not_grow_with_the_series_of_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    many = {f"m{i}": 1.0 for i in range(9_000)}
    rows = [{"step": 0, "epoch": 0, **many}, *({"step": i, "epoch": i} for i in range(1, 10_000))]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    # If each end of an epoch went through all series, these would be a hundred million of them.
    records = promptly(lambda: all_of(JsonLines(path)))
    assert len([record for record in records if isinstance(record.event, Epoch)]) == 9_999


def test_json_lines_may_be_nested_have_nan_and_say_their_split(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rows = [
        {"config": {"lr": "x"}, "note": "begins"},
        {"iter": 10, "loss": 0.5, "grad": {"norm": 2}},
        {"iter": 20, "loss": math.nan, "ok": True},
        {"iter": 20, "mode": "val", "loss": 0.75},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{torn\n[1]\n\n")
    source = JsonLines(path)
    records = all_of(source)
    assert [*map(repr, points(records)[LOSS])] == ["(10, 0.5)", "(20, nan)"]
    assert points(records)[Key("train", "grad/norm")] == [(10, 2.0)]
    assert points(records)[Key("val", "loss")] == [(20, 0.75)]
    assert [problem.split(":")[0] for problem in source.problems] == [f"line {n} was passed over" for n in (5, 6)]


@pytest.mark.parametrize(
    "name", ["step", "global_step", "_step", "iteration", "iter", "trainer/global_step", "epoch"]
)
def test_a_column_that_counts_steps_is_known_by_its_name(name: str) -> None:
    found = points(rows_as_records({name: 5, "loss": 1.0}, {name: 7.0, "loss": 0.5}, {"loss": 0.25}))
    assert found == {LOSS: [(5, 1.0), (7, 0.5), (7, 0.25)]}


def test_without_such_a_column_a_row_stands_at_its_own_number() -> None:
    assert points(rows_as_records({"loss": 1.0}, {"loss": 0.5})) == {LOSS: [(0, 1.0), (1, 0.5)]}


def test_times_since_1970_count_from_the_first_and_others_as_they_are() -> None:
    for times in ((1.7e9, 1.7e9 + 5), (0.0, 5.0)):
        records = rows_as_records(*({"step": i, "timestamp": t, "loss": 1.0} for i, t in enumerate(times)))
        assert [said.t for said in of_kind(records, Steps)] == [(0.0, 5.0)]


@pytest.mark.parametrize(
    ("epochs", "ends"),
    [
        ((0, 0, 1, 1, 2), [(1, 2), (2, 4)]),
        ((1, 1, 2, 2, 3), [(1, 2), (2, 4)]),
        ((0.4, 0.8, 1.2, 1.6, 2.0), [(1, 2), (2, 5)]),
        ((1.0, 2.0, 3.0, 4.0, 5.0), [(1, 1), (2, 2), (3, 3), (4, 4)]),
    ],
    ids=["counted from 0", "counted from 1", "running through", "told at the end of each"],
)
def test_an_epoch_ends_where_the_next_one_begins(epochs: tuple[float, ...], ends: list[tuple[int, int]]) -> None:
    rows = [{"step": i + 1, "epoch": epoch, "loss": 1.0} for i, epoch in enumerate(epochs)]
    assert [(epoch.number, epoch.at) for epoch in of_kind(rows_as_records(*rows), Epoch)] == ends


def test_series_with_the_same_steps_share_an_event_and_none_is_too_long() -> None:
    rows = [{"step": i, "loss": 1.0, "lr": 0.1} for i in range(3000)]
    steps = of_kind(rows_as_records(*rows), Steps)
    assert [(len(said.at), sorted(said.values)) for said in steps] == [
        (2000, ["loss"]), (2000, ["lr"]), (1000, ["loss", "lr"]),
    ]  # fmt: skip


def test_two_names_for_the_same_series_stay_two_series() -> None:
    found = points(rows_as_records({"step": 1, "loss": 1.0, "train_loss": 2.0, "train/loss": 3.0}))
    assert found == {
        LOSS: [(1, 1.0)], Key("train", "train_loss"): [(1, 2.0)], Key("train", "train/loss"): [(1, 3.0)],
    }  # fmt: skip


STATE = {
    "epoch": 2.0,
    "global_step": 20,
    "max_steps": 20,
    "num_train_epochs": 2,
    "train_batch_size": 8,
    "is_world_process_zero": True,
    "log_history": [
        {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-05, "loss": 2.0, "step": 5},
        {"epoch": 1.0, "eval_accuracy": 0.5, "eval_loss": 1.75, "eval_runtime": 0.1, "step": 10},
        {"epoch": 2.0, "grad_norm": 1.25, "learning_rate": 1e-05, "loss": 1.0, "step": 20},
        {"epoch": 2.0, "step": 20, "train_loss": 1.5, "train_runtime": 60.0},
    ],
}


def test_a_trainers_state_is_read_with_its_evaluations_and_its_end(tmp_path: Path) -> None:
    path = tmp_path / "gpt" / "checkpoint-20" / "trainer_state.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(STATE))
    records = all_of(TrainerState(path))
    (started,) = of_kind(records, Started)
    assert (started.name, started.steps, started.epochs) == ("gpt", 20, 2)
    assert started.config == {"train_batch_size": 8}
    found = points(records)
    assert found[LOSS] == [(5, 2.0), (20, 1.0)]
    assert found[Key("train", "lr")] == [(5, 5e-05), (20, 1e-05)]
    assert found[Key("eval", "loss")] == [(10, 1.75)]
    assert found[Key("eval", "accuracy")] == [(10, 0.5)]
    assert [(epoch.number, epoch.at) for epoch in of_kind(records, Epoch)] == [(1, 10), (2, 20)]
    (ended,) = of_kind(records, Ended)
    assert (ended.how, ended.at, ended.t) == ("done", 20, 60.0)


def test_a_trainers_state_that_is_written_anew_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps(STATE | {"global_step": 10, "log_history": STATE["log_history"][:2]}))  # type: ignore[index]
    source = TrainerState(path)
    records = [record for look in iter(source.look, None) for record in look]
    assert not of_kind(records, Ended)
    path.write_text(json.dumps(STATE))
    records += [record for look in iter(source.look, None) for record in look]
    assert points(records)[LOSS] == [(5, 2.0), (20, 1.0)]
    assert len(of_kind(records, Ended)) == 1


@pytest.mark.parametrize("content", ["[]", "{}", '{"log_history": 3}', "x", "[" * 100_000], ids=range(5))
def test_what_is_no_trainers_state_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "trainer_state.json").write_text(content)
    with pytest.raises(NotJSON):
        TrainerState(tmp_path / "trainer_state.json")


def test_a_wandb_file_is_read_with_its_settings_histograms_and_end(tmp_path: Path) -> None:
    spread = {"_type": "histogram", "values": [3, 5], "bins": [0.0, 1.0, 2.0]}
    records = [
        wandb_run("swift-sky-1", {"lr": 0.1, "model": {"depth": 3}, "_wandb": {"cli": "x"}}),
        message(5, items({"late": "yes"})),
        wandb_history(0, {"train/loss": 2.0, "_timestamp": 1.7e9, "_step": 0}),
        wandb_history(
            3, {"train/loss": 1.0, "val": {"acc": 0.5}, "gradients/fc": spread, "note": "n", "bad": math.nan}
        ),
        wandb_exit(0),
    ]
    found = all_of(WandbFile(wandb_file(tmp_path / "run-1.wandb", records)))
    (started,) = of_kind(found, Started)
    assert (started.name, started.created) == ("swift-sky-1", "2023-11-14T22:13:20+00:00")
    assert started.config == {"lr": 0.1, "model/depth": 3, "late": "yes"}
    assert points(found)[LOSS] == [(0, 2.0), (3, 1.0)]
    assert points(found)[Key("val", "accuracy")] == [(3, 0.5)]
    assert math.isnan(points(found)[Key("train", "bad")][0][1])
    (histogram,) = histograms(found)
    assert (histogram.name, histogram.of, histogram.at, sum(histogram.counts)) == ("fc", "gradients", 3, 8.0)
    assert [ended.how for ended in of_kind(found, Ended)] == ["done"]


def test_records_of_wandb_that_reach_over_blocks_are_put_together_and_a_growing_file_is_followed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run-1.wandb"
    records = [wandb_history(i, {"loss": i / 7, "text": "x" * (i * 997 % 70_000)}) for i in range(60)]
    whole = wandb_file(tmp_path / "whole.wandb", [wandb_run("a", {}), *records]).read_bytes()
    path.write_bytes(b"")
    source = WandbFile(path)
    found = []
    with path.open("ab", buffering=0) as file:
        for at in range(0, len(whole), 10_007):
            file.write(whole[at : at + 10_007])
            found += [record for look in iter(source.look, None) for record in look]
    assert points(found)[LOSS] == [(i, i / 7) for i in range(60)]
    assert source.problems == []


def test_a_damaged_record_of_wandb_is_told_and_passed_over(tmp_path: Path) -> None:
    path = wandb_file(
        tmp_path / "r.wandb", [wandb_run("a", {}), *(wandb_history(i, {"loss": 1.0}) for i in range(4))]
    )
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)
    source = WandbFile(path)
    assert [at for at, _ in points(all_of(source))[LOSS]] == [0, 1, 2]
    assert ["is damaged" in problem for problem in source.problems] == [True]


@pytest.mark.parametrize("place", ["bins", "values"])
def test_a_number_that_no_float_can_hold_costs_its_histogram_and_nothing_else(place: str, tmp_path: Path) -> None:
    found = {"bins": [0, 1], "values": [3], "more": math.nan, "_type": "histogram"}
    found[place] = [0, 10**400][: len(found[place])] if place == "bins" else [10**400]
    records = [wandb_run("a", {}), wandb_history(1, {"w": found}), wandb_history(2, {"loss": 1.0})]
    source = WandbFile(wandb_file(tmp_path / "r.wandb", records))
    assert points(all_of(source))[LOSS] == [(2, 1.0)]
    assert ["larger than a float" in problem for problem in source.problems] == [True]


def test_a_line_that_is_too_long_is_passed_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1," + "1" * (2 * MAX_LINE) + "\n2,0.5\n")
    source = Table(path)
    assert points(all_of(source))[LOSS] == [(2, 0.5)]
    assert len(source.problems) == 1


@pytest.mark.parametrize("data", [b'{"a": [1, NaN]}', b'{"a": -Infinity, "b": {"c": 1e999}}', b"[]", b'"x"'])
def test_json_is_read_as_pythons_own_reader_reads_it(data: bytes) -> None:
    assert repr(parsed(data)) == repr(json.loads(data))


@pytest.mark.parametrize(
    "data", [b"[" * 65 + b"]" * 65, b"[" * 200_000, b"NaN" + b"[" * 200_000, b"{", b""], ids=range(5)
)
def test_json_that_is_nested_too_deep_or_none_is_refused(data: bytes) -> None:
    with pytest.raises(NotJSON):
        parsed(data)
