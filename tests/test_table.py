"""Specifies how a person's own table is read, what is said where it can't be, and what is learnt from it."""

import csv
import os
import re
from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import Trained, houses, read, settings, trained

from lintui import artifacts, rundir
from lintui.commands import Stop
from lintui.events import Array, Ended, Level, Planned, Said, Watching
from lintui.run import Run
from trainer.catalog import find
from trainer.experiments import table as experiment
from trainer.layout import DELIMITERS, look
from trainer.reservoir import Reservoir
from trainer.table import Reading, check
from trainer.trouble import BadData
from trainer.worker import Worker

SEEDS = range(5)
HOSTILE = "\x1b]0;taken over\x07[@click=app.quit]price\u202e"


def write(folder: Path, text: str | bytes, name: str = "t.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def columns(path: str, target: str, features: str = "") -> list[list[float]]:
    """All numbers of a table, the target's column last."""
    blocks = list(Reading(look(path, target=target, features=features)).blocks())
    return [[number for block in blocks for number in block[i]] for i in range(len(blocks[0]))]


def complaint(path: str, target: str, features: str = "") -> str:
    """The one line that refuses a table."""
    with pytest.raises(BadData) as refused:
        list(Reading(look(path, target=target, features=features)).blocks())
    line = str(refused.value)
    assert line.isprintable()
    return line


# What is read


def numbers(*, least: int = 2) -> st.SearchStrategy[list[list[float]]]:
    """Columns of finite numbers, all of one length, none of them constant."""
    number = st.floats(allow_nan=False, allow_infinity=False)
    return st.tuples(st.integers(2, 5), st.integers(least, 12)).flatmap(
        lambda size: st.lists(
            st.lists(number, min_size=size[1], max_size=size[1]).filter(lambda column: len(set(column)) > 1),
            min_size=size[0],
            max_size=size[0],
        )
    )


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@given(table=numbers(), names=st.data(), delimiter=st.sampled_from(list(DELIMITERS)), comma=st.booleans())
def test_a_table_comes_back_as_it_was_written_with_any_delimiter(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[float]],
    names: st.DataObject,
    delimiter: str,
    comma: bool,
) -> None:
    others = "".join(set(DELIMITERS) - {delimiter})
    header = names.draw(
        st.lists(
            NAMES.filter(lambda name: not set(name) & set(others)),
            unique=True,
            min_size=len(table),
            max_size=len(table),
        )
    )
    rows = [[repr(number) for number in row] for row in zip(*table, strict=True)]
    if comma and delimiter != ",":
        rows = [[number.replace(".", ",") for number in row] for row in rows]
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    path = write(tmp_path_factory.getbasetemp(), text.getvalue())
    layout = look(path, target=header[-1])
    assert (layout.delimiter, layout.names, layout.features) == (delimiter, tuple(header), tuple(header[:-1]))
    assert columns(path, header[-1]) == table


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x,y\n1,2\n3,5\n", id="plain"),
        pytest.param("x,y\r\n1,2\r\n3,5\r\n", id="lines of Windows"),
        pytest.param("x,y\r1,2\r3,5\r", id="lines of an old Mac"),
        pytest.param("x,y\n1,2\n3,5", id="no end of the last line"),
        pytest.param("\n\nx,y\n\n1,2\n3,5\n\n\n", id="empty lines"),
        pytest.param("x,y\n1,2\n3,5\n,\n,\n", id="rows of nothing, as spreadsheets leave them"),
        pytest.param("﻿x,y\n1,2\n3,5\n", id="with a mark of UTF-8"),
        pytest.param('"x","y"\n"1","2"\n"3","5"\n', id="between quotes"),
        pytest.param(" x , y \n 1 , 2 \n 3 , 5 \n", id="with spaces"),
        pytest.param('x, "y"\n1, "2"\n3, "5"\n', id="with spaces before quotes"),
        pytest.param("x;y\n1,0;2,0\n3,0;5,0\n", id="with decimal commas"),
        pytest.param("x\ty\n1.0\t2e0\n+3\t.5E1\n", id="numbers in other words"),
        pytest.param('note,x,y\n"one, two\nthree",1,2\n_,3,5\n', id="beside a column of text that is not used"),
    ],
)
def test_the_same_table_is_read_however_it_was_written(tmp_path: Path, text: str) -> None:
    assert columns(write(tmp_path, text), "y", "x") == [[1.0, 3.0], [2.0, 5.0]]


def test_features_are_read_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,"b,c",d\n1,2,3\n4,5,7\n')
    assert columns(path, "d", '"b,c", a') == [[2.0, 5.0], [1.0, 4.0], [3.0, 7.0]]


def test_a_column_without_a_name_is_called_by_its_number(tmp_path: Path) -> None:
    assert look(write(tmp_path, ",x,y\n0,1,2\n1,3,5\n"), target="y").features == ("column 1", "x")


def test_what_is_no_utf_8_is_taken_for_latin_1(tmp_path: Path) -> None:
    layout = look(write(tmp_path, "größe;preis\n1;2\n3;5\n".encode("latin-1")), target="preis")
    assert (layout.encoding, layout.features) == ("latin-1", ("größe",))


def test_names_are_made_harmless_where_they_are_read_and_where_they_are_typed(tmp_path: Path) -> None:
    layout = look(write(tmp_path, f"area,{HOSTILE}\n1,2\n3,5\n"), target=HOSTILE)
    assert layout.target == "␛]0;taken over␇[@click=app.quit]price"


def test_it_is_told_how_much_of_the_file_was_read(tmp_path: Path) -> None:
    rows = 200_000
    reading = Reading(look(write(tmp_path, "x,y\n" + "1,2\n3,4\n" * (rows // 2)), target="y"))
    shares = [(reading.share, reading.rows) for _ in reading.blocks()]
    assert shares == sorted(shares)
    assert 0 < shares[0][0] < 1
    assert shares[-1] == (1.0, rows)


# What is refused


COLUMNS = "there is area, age, price"
ROWS = "area,age,price\n50,1,100\n60,2,120\n"
REFUSED = [
    ("", "price", "", "t.csv is empty; its first line has to name the columns"),
    ("\n \n", "price", "", "t.csv is empty; its first line has to name the columns"),
    ("area,age,price\n", "price", "", "t.csv has no row of numbers; a line needs two at least"),
    ("area,age,price\n50,1,100\n\n", "price", "", "t.csv has one row of numbers; a line needs two at least"),
    (ROWS, "", "", f"name the column to be predicted with --target; {COLUMNS}"),
    (ROWS, "prise", "", f"t.csv has no column 'prise'; did you mean 'price'? {COLUMNS}"),
    (ROWS, "city", "", f"t.csv has no column 'city'; {COLUMNS}"),
    (ROWS, "price", "area,agee", f"t.csv has no column 'agee'; did you mean 'age'? {COLUMNS}"),
    (ROWS, "price", "area,price", "'price' is the target and among the features; name it in one of the two"),
    (ROWS, "price", "age,area,age", "'age' is named twice in --features; name it once"),
    ("a,b,a\n1,2,3\n", "b", "", "t.csv, line 1 names two columns 'a'; give each a name of its own"),
    (
        "50,100\n60,120\n",
        "price",
        "",
        "t.csv, line 1 has to name the columns, and holds numbers; put a line above it",
    ),
    (
        "area:price\n50:100\n",
        "price",
        "",
        "t.csv has one column, 'area:price', where two are needed; its first line was tried with these between the"
        " names: comma, semicolon, tab, bar",
    ),
    ('"area,price\n1,2\n', "price", "", "t.csv, line 1: a quote is opened and not closed; correct it"),
    (
        ROWS + "70,,140\n",
        "price",
        "",
        "t.csv, line 4, column 'age': there is no value; correct it or leave the column out: --features area",
    ),
    (
        ROWS + "70,3,\n",
        "price",
        "",
        "t.csv, line 4, column 'price': there is no value; correct it or remove the row",
    ),
    (
        ROWS + "70,old,140\n",
        "price",
        "age",
        "t.csv, line 4, column 'age': 'old' is no number; correct it or remove the row",
    ),
    (
        'living area,age,city,price\n1,2,"Paris\n(7e)",3\n',
        "price",
        "",
        "t.csv, line 2, column 'city': 'Paris␊(7e)' is no number; correct it or leave the column out:"
        " --features 'living area,age'",
    ),
    *(
        (
            ROWS + f"70,3,{text}\n",
            "price",
            "",
            f"t.csv, line 4, column 'price': '{text}' is no finite number; correct it or remove the row",
        )
        for text in ("nan", "NaN", "inf", "-Infinity", "1e999")
    ),
    (
        ROWS + "70,3,1_000\n",
        "price",
        "",
        "t.csv, line 4, column 'price': '1_000' is no number; correct it or remove the row",
    ),
    (
        ROWS + "70,3\n",
        "price",
        "",
        "t.csv, line 4: fields are missing or too many (the row has 2, the header 3); correct it or remove it",
    ),
    (
        ROWS + '70,3,"1,5",9\n',
        "price",
        "",
        "t.csv, line 4: fields are missing or too many (the row has 4, the header 3); correct it or remove it",
    ),
    (
        'note,x,y\n"two\r\nlines\n",1,2\n\n,3,5\n,4,x\n',
        "y",
        "x",
        "t.csv, line 7, column 'y': 'x' is no number; correct it or remove the row",
    ),
    (
        ROWS + '70,3,"1,500"\n',
        "price",
        "",
        "t.csv, line 4, column 'price': there is a comma in a number, where decimals stand behind a point;"
        " correct it or remove the row",
    ),
    (
        "x;y\n1,5;2\n1.234;3\n",
        "y",
        "",
        "t.csv, line 3, column 'x': there is a point in a number, where decimals stand behind a comma;"
        " correct it or remove the row",
    ),
    (
        "x;y\n1.234,5;2\n1;3\n",
        "y",
        "",
        "t.csv, line 2, column 'x': there is a comma in a number, where decimals stand behind a point;"
        " correct it or remove the row",
    ),
    (
        "area,rooms,price\n50,3,100\n60,3,120\n",
        "price",
        "",
        "t.csv: column 'rooms' is 3 in every row, so it can't be standardised; leave it out: --features area",
    ),
    (
        "area,price\n50,100\n60,100\n",
        "price",
        "",
        "t.csv: column 'price' is 100 in every row, so there is nothing to predict; choose another --target",
    ),
    (
        ROWS + '70,"3,140\n',
        "price",
        "",
        "t.csv, line 4: unexpected end of data; is a quote before it not closed?",
    ),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "price", "", "t.csv is no text; save the table as CSV"),
    ("area,price\n1,2\n".encode("utf-16"), "price", "", "t.csv is written in UTF-16; save it as UTF-8"),
    (
        b"area,price\n1," + b"2" * (1 << 20),
        "price",
        "",
        "t.csv, line 2 is longer than a line of a table may be; is it a CSV file?",
    ),
    (
        b"a" * (1 << 20),
        "price",
        "",
        "t.csv, line 1 is longer than a line of a table may be; is it a CSV file?",
    ),
    (
        ",".join(f"c{i}" for i in range(1_002)),
        "c0",
        "",
        "1,001 features are more than 1,000; choose some with --features",
    ),
    (
        f"a,{HOSTILE}\n1,2\n3,\x1b[2J\n",
        HOSTILE,
        "",
        "t.csv, line 3, column '␛]0;taken over␇[@click=app.quit]price': '␛[2J' is no number;"
        " correct it or remove the row",
    ),
]


@pytest.mark.parametrize(("text", "target", "features", "line"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_whatever_is_wrong_with_a_table_is_said_in_one_line(
    tmp_path: Path, text: str | bytes, target: str, features: str, line: str
) -> None:
    path = write(tmp_path, text)
    assert complaint(path, target, features) == line
    with pytest.raises(BadData) as refused:
        check(path, target=target, features=features)
    assert str(refused.value) == line, "and before anything is started"


def test_a_fault_is_found_however_deep_in_the_file_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n" + "1,2\n3,4\n" * 25_000 + "5\n")
    line = "t.csv, line 50002: fields are missing or too many (the row has 1, the header 2); correct it or remove it"
    assert complaint(path, "y") == line
    check(path, target="y")


def test_what_is_no_regular_file_is_never_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path), str(tmp_path / "pipe"), "/dev/zero"):
        assert complaint(path, "y") == f"can't read {path}: it is not a regular file; name a CSV file with --csv"


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    path = str(tmp_path / "none.csv")
    assert complaint(path, "y") == f"can't read {path}: No such file or directory; name a CSV file with --csv"
    assert complaint("", "y") == "a table is a file of yours: lintui demo table --csv FILE --target COLUMN"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_to_be_closed(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    os.chmod(path, 0)
    assert complaint(path, "price") == f"can't read {path}: Permission denied; name a CSV file with --csv"


# More than is kept


def sampled(rows: int, *, room: int, seed: int, at_once: int = 7) -> list[float]:
    """Which of so many numbered rows are kept, given some at once."""
    kept = Reservoir(2, room=room, seed=seed)
    for first in range(0, rows, at_once):
        block = [float(row) for row in range(first, min(first + at_once, rows))]
        kept.add([block, [-number for number in block]])
    assert kept.seen == rows
    assert list(kept.columns[1]) == [-number for number in kept.columns[0]], "rows stay whole"
    return list(kept.columns[0])


@given(rows=st.integers(1, 60), room=st.integers(1, 80), seed=st.integers(0, 2**31), at_once=st.integers(1, 70))
def test_all_rows_are_kept_while_there_is_room_and_then_as_many_different_ones_as_there_is(
    rows: int, room: int, seed: int, at_once: int
) -> None:
    kept = sampled(rows, room=room, seed=seed, at_once=at_once)
    assert len(set(kept)) == len(kept) == min(rows, room)
    assert set(kept) <= set(range(rows))
    if rows <= room:
        assert kept == list(range(rows))
    assert kept == sampled(rows, room=room, seed=seed), "whatever the blocks"


def test_every_row_is_kept_with_the_same_probability() -> None:
    rows, room, runs = 40, 10, 4_000
    counts = Counter(row for seed in range(runs) for row in sampled(rows, room=room, seed=seed))
    share = room / rows
    deviations = [(counts[row] - runs * share) / np.sqrt(runs * share * (1 - share)) for row in range(rows)]
    assert max(map(abs, deviations)) < 5
    assert 0.4 < np.std(deviations) < 1.6


def test_of_a_table_with_too_many_numbers_an_even_sample_is_kept_and_that_is_said(tmp_path: Path) -> None:
    layout = look(write(tmp_path, "x,y\n" + "".join(f"{i},{2 * i}\n" for i in range(1_000))), target="y")
    directory = rundir.create("sample")
    run = Run("sample", directory)
    x, y = experiment.read(layout, run, seed=1, most=301)
    run.finish()
    assert len(x) == len(y) == 150
    assert list(y) == [2 * number for number in x]
    said = [event.text for _, event in read(directory)[0] if isinstance(event, Said)]
    assert said[:2] == [
        "t.csv: 1,000 rows, columns by comma, decimals by point",
        "an even random sample of 150 rows is kept",
    ]


# What is learnt


def plane(path: Path, seed: int) -> tuple[str, np.ndarray, float]:
    """A made-up table in odd units, and by NumPy its exact weights, intercept last, and mean squared error."""
    random = np.random.default_rng(seed)
    X = np.column_stack([random.normal(1e6, 3e4, 200), random.uniform(-1e-3, 2e-3, 200), random.normal(0, 1, 200)])
    y = X @ [0.02, 4e6, -700] + 5e4 + random.normal(0, 300, 200)
    np.savetxt(path, np.column_stack([X, y]), "%.17g", ",", header="income,rate,score,price", comments="")
    A = np.column_stack([X, np.ones(200)])
    fit = np.linalg.lstsq(A, y, rcond=None)[0]
    return str(path), fit, float(((A @ fit - y) ** 2).mean() / y.var())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_weights_in_own_units_are_those_of_the_exact_fit(tmp_path: Path, seed: int) -> None:
    path, fit, floor = plane(tmp_path / "plane.csv", seed)
    run = trained("table", csv=path, seed=seed, epochs=100)
    assert run.state.ended is not None
    summary = run.state.ended.summary
    names = ["price per income", "price per rate", "price per score", "intercept"]
    found = np.array([summary[name] for name in names])
    # Batches of ten leave the weights restless: a deviation of a feature moves the price by so much more or less.
    means, deviations = np.array(run.experiment.scales[:-1]).T
    slack = 0.02 * run.experiment.scales[-1].deviation
    assert abs((found - fit)[:3] * deviations).max() < slack
    assert abs((found - fit) @ [*means, 1]) < slack
    assert {name: run.column("weights", name)[2_000] for name in names} == {name: summary[name] for name in names}
    levels = {level.under: level.value for level in run.events(Level)}
    assert levels == {"mse": pytest.approx(floor, rel=1e-4), "half-squared": pytest.approx(floor / 2, rel=1e-4)}
    loss = run.column("train", "loss")[2_000]
    assert floor / 2 * (1 - 1e-4) < loss < floor / 2 * 1.05


@pytest.mark.parametrize("seed", SEEDS)
def test_the_typical_error_is_in_the_units_of_the_target(seed: int) -> None:
    run = trained("table", seed=seed)
    area, age, price = np.loadtxt(houses(), delimiter=",", skiprows=1).T
    assert run.state.ended is not None
    said = run.state.ended.summary
    off = said["price per area"] * area + said["price per age"] * age + said["intercept"] - price
    assert said["typical error"] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-4)
    assert run.column("train", "typical error")[300] == said["typical error"]
    assert 9_000 < said["typical error"] < 11_000, "the noise that was put in"
    assert 2_400 < said["price per area"] < 2_600
    assert -900 < said["price per age"] < -700
    assert said["rows"] == 1_000


@pytest.mark.parametrize("times", [1e-9, 1e-3, 1e3, 1e9])
def test_the_same_table_in_other_units_is_learnt_in_the_same_steps(tmp_path: Path, times: float) -> None:
    table = np.loadtxt(houses(), delimiter=",", skiprows=1)
    path = tmp_path / "other.csv"
    np.savetxt(path, table * [times, 1, 1 / times], "%.17g", ";", header="area;age;price", comments="")
    one, other = trained("table", epochs=1), trained("table", epochs=1, csv=str(path))
    assert [step.loss for step in other.learnt] == pytest.approx([step.loss for step in one.learnt], rel=1e-4)
    assert one.state.ended is not None
    assert other.state.ended is not None
    per_area, other_per_area = (run.state.ended.summary["price per area"] for run in (one, other))
    assert other_per_area * times**2 == pytest.approx(per_area, rel=1e-3)


def test_a_plan_is_said_once_the_number_of_rows_is_known() -> None:
    assert [(plan.steps, plan.epochs) for plan in trained("table", batch_size=30).events(Planned)] == [(102, 3)]


def test_a_batch_may_be_larger_than_the_table(tmp_path: Path) -> None:
    run = trained("table", csv=write(tmp_path, "x,y\n1,2\n2,3\n3,5\n"), target="y", epochs=4)
    assert [len(step.y) for step in run.learnt] == [3] * 4


def test_weights_are_named_after_their_columns() -> None:
    (watching,) = trained("table").events(Watching)
    assert watching.names == ("w[area]", "w[age]", "b")


def wide(path: Path, features: int) -> str:
    table = np.random.default_rng(0).normal(size=(30, features + 1))
    header = ",".join([*(f"x{i}" for i in range(features)), "y"])
    np.savetxt(path, table, "%.6g", ",", header=header, comments="")
    return str(path)


@pytest.mark.parametrize(("features", "live"), [(8, 9), (9, 0)])
def test_weights_are_told_live_where_they_are_few_and_at_the_end_in_any_case(
    tmp_path: Path, features: int, live: int
) -> None:
    run = trained("table", csv=wide(tmp_path / "wide.csv", features), target="y")
    assert len([key for key in run.state.series if key.split == "weights"]) == live
    assert run.state.ended is not None
    assert len([name for name in run.state.ended.summary if name.startswith("y per ")]) == features


def test_an_exact_table_has_no_floor_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n" + "".join(f"{i},{3 * i + 1}\n" for i in range(50)))
    run = trained("table", csv=path, target="y")
    assert run.events(Level) == []
    assert any("no floor" in event.text for event in run.events(Said))


# What there is to see before the training


def picture(run: Trained, name: str) -> tuple[Array, np.ndarray]:
    (event,) = [event for event in run.events(Array) if event.name == name]
    kept = np.frombuffer(artifacts.load(run.directory.artifacts, event), "<f4")
    return event, kept.reshape(event.shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_minibatch_is_shown_as_it_comes(seed: int) -> None:
    run = trained("table", seed=seed, epochs=1)
    event, kept = picture(run, "one minibatch")
    assert (event.at, event.shows, event.axes) == (0, "table", ("area", "age", "price"))
    assert event.text == "X 10×2 and y 10×1, standardised"
    assert np.array_equal(kept, np.hstack([run.learnt[0].X, run.learnt[0].y]))


@pytest.mark.parametrize(("rows", "shown"), [(2_000, 2_000), (2_001, 2_000), (5_000, 2_000)])
def test_at_most_two_thousand_rows_are_shown_as_they_stand_in_the_table(
    tmp_path: Path, rows: int, shown: int
) -> None:
    path = write(tmp_path, "x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(rows)))
    event, kept = picture(trained("table", csv=path, target="y", batch_size=rows), "data")
    assert kept.shape == (shown, 2)
    assert set(np.diff(kept[:, 0])) <= {rows // shown, -(-rows // shown)}, "evenly chosen"
    assert np.array_equal(kept[:, 1], kept[:, 0] % 7)
    which = f"all {rows:,} rows" if rows == shown else f"{shown:,} of {rows:,} rows, evenly chosen"
    assert (event.text, event.axes) == (f"{which}, in their own units", ("x", "y"))


# On its thread


def worked(path: str, *commands: Stop) -> Ended:
    """The end of a run that was trained on a worker; the commands are there before it starts."""
    directory = rundir.create("table")
    worker = Worker(find("table"), replace(settings("table"), csv=path, target="y"), Run("table", directory))
    for command in commands:
        worker.training.post(command)
    worker.start()
    worker.join(120)
    event = read(directory)[0][-1].event
    assert isinstance(event, Ended)
    return event


def test_a_fault_that_is_found_in_training_ends_it_with_one_line_and_no_traceback(tmp_path: Path) -> None:
    end = worked(write(tmp_path, "x,y\n" + "1,2\n3,4\n" * 25_000 + "5,?\n"))
    line = "t.csv, line 50002, column 'y': '?' is no number; correct it or remove the row"
    assert (end.how, end.at, end.reason, end.traceback) == ("failed", 0, line, "")


def test_how_far_the_reading_is_is_told_and_each_time_it_is_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment, "EVERY", 0.0)
    layout = look(write(tmp_path, "x,y\n" + "1,2\n3,4\n" * 50_000), target="y")
    directory = rundir.create("table")
    run = Run("table", directory)
    experiment.read(layout, run, seed=0)
    run.finish()
    told = [event.text for _, event in read(directory)[0] if isinstance(event, Said) and event.level == "progress"]
    found = [re.fullmatch(r"reading t\.csv, (\d+) %: ([\d,]+) rows", line) for line in told]
    shares = [(int(match[1]), int(match[2].replace(",", ""))) for match in found if match]
    assert len(shares) == len(told) > 2
    assert shares == sorted(shares) and shares[-1] == (100, 100_000)


def test_a_run_may_be_stopped_while_it_reads(tmp_path: Path) -> None:
    # The fault at the end is not come to.
    path = write(tmp_path, "x,y\n" + "1,2\n3,4\n" * 25_000 + "5,?\n")
    end = worked(path, Stop(id="stop", by="a test", reason="enough"))
    assert (end.how, end.at, end.reason, end.summary) == ("stopped", 0, "enough", {})


@pytest.mark.parametrize("magnitude", [1e200, 1e-200])
def test_numbers_whose_spread_has_no_number_are_refused(tmp_path: Path, magnitude: float) -> None:
    end = worked(write(tmp_path, f"x,y\n1,{magnitude}\n2,{2 * magnitude}\n3,{-magnitude}\n"))
    assert end.reason == (
        "t.csv: the numbers in column 'y' are too large or too much alike to be standardised;"
        " write them in another unit"
    )


def test_it_is_said_how_the_file_was_understood_and_in_which_units_it_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "fläche;preis\n1,5;2\n2,5;4\n3;7\n".encode("latin-1"))
    run = trained("table", csv=path, target="preis", epochs=1)
    assert [event.text for event in run.events(Said)] == [
        "t.csv: 3 rows, columns by semicolon, decimals by comma",
        "it is no UTF-8 and was taken for Latin-1",
        "preis from fläche, all standardised",
        "mse 1: no better than to predict the mean alone",
        "the typical error is in the units of preis",
        "the exact fit has a typical error of 0.61721",
    ]
