"""The ledger: which updates hold bit for bit, against NumPy's single precision, and how they are shown and kept."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from recorded import Recording, batch, started
from textual.pilot import Pilot

from lintui.events import Layers, Record, Watching
from lintui.state import RunState
from tuiapp import ledger
from tuiapp.app import LintuiApp
from tuiapp.ledger import EXACT, OTHER, ROUNDED, UNKNOWN, Entry
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.watched import Watched
from tuiapp.widgets.ledger import LedgerPane

singles = st.floats(width=32, min_value=-1e6, max_value=1e6)
rates = st.floats(1e-8, 10)


def by_numpy(before: float, gradient: float, lr: float) -> float:
    return float(np.float32(before) - np.float32(lr) * np.float32(gradient))


def entry(before: float, gradient: float, lr: float, after: float) -> Entry:
    return Entry(1, "w", before, gradient, lr, after)


@given(singles, singles, rates)
def test_what_single_precision_gives_holds_bit_for_bit(before: float, gradient: float, lr: float) -> None:
    row = entry(before, gradient, lr, by_numpy(before, gradient, lr))
    assert row.update == float(np.float32(lr) * np.float32(gradient))
    assert row.holds == EXACT


@given(singles.filter(lambda x: abs(x) > 1e-3), singles, rates)
def test_the_next_number_is_told_from_it(before: float, gradient: float, lr: float) -> None:
    after = np.float32(by_numpy(before, gradient, lr))
    assert entry(before, gradient, lr, float(np.nextafter(after, np.float32(np.inf)))).holds in (ROUNDED, OTHER)


@given(singles, singles, rates)
def test_an_update_in_torch_written_out_by_hand_holds_bit_for_bit(before: float, gradient: float, lr: float) -> None:
    p, g = torch.tensor([before]), torch.tensor([gradient])
    p -= lr * g
    assert entry(before, gradient, lr, p.item()).holds == EXACT


def test_the_gradient_of_another_step_does_not_lead_there() -> None:
    # From a write-up that prints a gradient beside the weight of the next step.
    assert entry(0.137585, -48_809.0, 1e-6, 0.188688).holds == OTHER
    assert entry(0.137585, -51_103.0, 1e-6, 0.188688).holds == ROUNDED


def test_what_was_not_measured_is_not_judged() -> None:
    assert Entry(1, "w", None, 1.0, 0.1, 1.0).holds == UNKNOWN
    assert Entry(1, "w", 1.0, None, 0.1, 1.0).holds == UNKNOWN
    assert Entry(1, "w", 1.0, 1.0, None, 1.0).holds == UNKNOWN


def test_where_a_number_was_lost_so_is_the_next() -> None:
    nan = float("nan")
    assert entry(nan, 1.0, 0.1, nan).holds == EXACT
    assert entry(1.0, 1.0, 0.1, nan).holds == OTHER


def looked(rows: int = 2, steps: int = 5) -> RunState:
    state = RunState()
    names = tuple(f"w[{i}]" for i in range(rows - 1))
    watching = Watching(names=(*names, "large"), shapes=("",) * rows, whole=(*[False] * (rows - 1), True))
    state.apply(Record(0, watching))
    for at in range(1, steps + 1):
        column = (tuple(float(at + i) for i in range(rows)),)
        values = {"before": column, "value": column, "gradient": ((0.0,) * rows,), "change": ((0.0,) * rows,)}
        state.apply(Record(at, Layers(branch=0, at=(at,), t=(0.0,), lr=(0.1,), values=values)))
    return state


def test_entries_have_rows_and_whole_parameters_have_none() -> None:
    state = looked()
    assert state.watching is not None
    rows = list(ledger.entries(state.looks, state.watching.names, state.watching.whole))
    assert [(row.at, row.name, row.after) for row in rows] == [(at, "w[0]", float(at)) for at in range(1, 6)]
    assert ledger.has_ledger(state)
    assert not ledger.has_ledger(looked(rows=1))
    assert not ledger.has_ledger(RunState())


@given(st.lists(st.tuples(singles, singles, rates), min_size=1, max_size=5))
def test_what_is_kept_in_a_file_has_every_digit(numbers: list[tuple[float, float, float]]) -> None:
    rows = [Entry(i, "w", b, g, lr, by_numpy(b, g, lr)) for i, (b, g, lr) in enumerate(numbers)]
    read = list(csv.DictReader(io.StringIO(ledger.table(rows))))
    names = ("before", "gradient", "lr", "lr*gradient", "after")
    assert [tuple(float(r[name]) for name in names) for r in read] == [
        (b, g, lr, float(np.float32(lr) * np.float32(g)), by_numpy(b, g, lr)) for b, g, lr in numbers
    ]
    assert [(int(r["step"]), r["parameter"]) for r in read] == [(i, "w") for i in range(len(numbers))]
    assert {r["holds"] for r in read} == {"exactly"}


# On the screen

STEPS = 12
RULES = (EXACT, ROUNDED, OTHER)
"""By which each entry of the run below was updated, in turn."""


def descended() -> list[Entry]:
    """Two weights over some steps, each row with numbers of its own."""
    random = np.random.default_rng(0)
    rows = []
    for at in range(1, STEPS + 1):
        for i, name in enumerate(("w[0]", "w[1]")):
            before, gradient, lr = float(np.float32(random.normal())), float(np.float32(random.normal())), 0.1 / at
            after = np.float32(by_numpy(before, gradient, lr))
            rule = RULES[(at + i) % 3]
            if rule != EXACT:
                after = np.nextafter(after, np.float32(np.inf)) if rule == ROUNDED else after + np.float32(1)
            rows.append(Entry(at, name, before, gradient, lr, float(after)))
    return rows


@asynccontextmanager
async def shown(rows: list[Entry]) -> AsyncIterator[tuple[MonitorScreen, Pilot[None]]]:
    """A monitor with the ledger of a run that has these rows of two weights."""
    steps = [rows[i : i + 2] for i in range(0, len(rows), 2)]
    columns = {
        name: tuple(tuple(getattr(row, column) for row in step) for step in steps)
        for name, column in (("before", "before"), ("gradient", "gradient"), ("value", "after"))
    }
    at = tuple(step[0].at for step in steps)
    lr = tuple(step[0].lr for step in steps)
    looks = Layers(branch=0, at=at, t=(0.0,) * len(at), lr=lr, values={**columns, "change": columns["gradient"]})
    watching = Watching(names=("w[0]", "w[1]"), shapes=("", ""), whole=(False, False))
    losses = batch(1, len(at), loss=lambda step: 1 / step)
    recording = Recording([started("two weights", task="", steps=len(at), epochs=1), watching, losses, looks])
    monitor = MonitorScreen(Watched(recording, None))
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=monitor)
    async with app.run_test(size=(120, 36)) as pilot:
        await drawn(pilot, monitor)
        await pilot.press("6")
        await drawn(pilot, monitor)
        yield monitor, pilot


async def drawn(pilot: Pilot[None], monitor: MonitorScreen) -> None:
    """Everything that has come, and that was typed."""
    await pilot.pause()
    monitor._tick()
    monitor.redraw()
    await pilot.pause()


def cell(pane: LedgerPane, place: int, head: str) -> str:
    """What stands under a head, which ends where its numbers do; the first of that name."""
    header = pane.lines[0]
    return pane.lines[1 + place][: header.index(head) + len(head)].split()[-1]


async def test_under_each_head_stands_its_own_number_and_beside_them_whether_they_add_up() -> None:
    rows = descended()
    async with shown(rows) as (monitor, _):
        pane = monitor.query_one(LedgerPane)
        assert pane.count() == len(rows)
        for i, row in enumerate(rows):
            assert row.lr is not None and row.gradient is not None
            wanted = {
                "before": row.before,
                "gradient": row.gradient,
                "lr": row.lr,
                "lr·gradient": row.lr * row.gradient,
                "after": row.after,
            }
            for head, number in wanted.items():
                assert float(cell(pane, i, head)) == pytest.approx(number, rel=1e-5), head
            assert pane.lines[1 + i].split()[:3] == [str(row.at), row.name, RULES[(row.at + i % 2) % 3]]


async def test_a_filter_leaves_the_rows_with_that_name_step_or_sign_also_in_the_file() -> None:
    rows = descended()
    words = {EXACT: "bit for bit", ROUNDED: "up to rounding", OTHER: "not so"}
    rules = [RULES[(row.at + i % 2) % 3] for i, row in enumerate(rows)]
    said = [f"{row.at} {row.name} {rule} {words[rule]}" for row, rule in zip(rows, rules, strict=True)]
    async with shown(rows) as (monitor, pilot):
        pane = monitor.query_one(LedgerPane)
        for typed in ("W[1]", "12", "=", "z", "not so", "rounding"):
            wanted = [line.split()[:2] for line in said if typed.lower() in line]
            assert len(wanted) < len(rows)
            await pilot.press("slash", *("space" if c == " " else c for c in typed), "enter")
            await drawn(pilot, monitor)
            assert [line.split()[:2] for line in pane.lines[1:]] == wanted
            kept = csv.DictReader(io.StringIO(pane.exports()["ledger.csv"]))
            assert [[row["step"], row["parameter"]] for row in kept] == wanted
            await pilot.press("escape")
            await drawn(pilot, monitor)
            assert pane.count() == len(rows)
