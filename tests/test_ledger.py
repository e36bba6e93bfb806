"""The ledger: which updates hold bit for bit, against NumPy's single precision, and how they are shown and kept."""

import csv
import io

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lintui.events import Layers, Record, Watching
from lintui.state import RunState
from tuiapp import ledger
from tuiapp.ledger import EXACT, OTHER, ROUNDED, UNKNOWN, Entry

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
    assert [(float(r["before"]), float(r["gradient"]), float(r["lr"]), float(r["after"])) for r in read] == [
        (row.before, row.gradient, row.lr, row.after) for row in rows
    ]
    assert {r["holds"] for r in read} == {"exactly"}
