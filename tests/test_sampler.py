"""What is counted of weights and gradients, against numpy on the same numbers; how often, and how much at most."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import read_log
from torch import Tensor, nn

from lintui import rundir, sampler
from lintui.events import MAX_BINS, Histogram
from lintui.run import Run
from lintui.sampler import Sampler


def counted(numbers: Tensor, gradient: Tensor | None = None) -> dict[str, Histogram]:
    """The histograms of one parameter, by what they are of."""
    p = nn.Parameter(numbers)
    p.grad = gradient
    found = Sampler([("w", p)]).sample(0, 3, 0.5, 0.0).counted()
    return {histogram.of: histogram for histogram in found}


def total(histogram: Histogram) -> float:
    return sum(histogram.counts)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_where_every_number_lies_well_within_its_bin_the_counts_are_those_of_numpy(dtype: torch.dtype) -> None:
    # Bins a half wide, from 0 to 32, with numbers at their quarters: exact in eight bits of precision.
    numbers = (torch.randint(0, 128, (50, 40), generator=torch.Generator().manual_seed(0)) / 4).clamp(max=31.75)
    numbers[0, 0], numbers[0, 1] = 0.0, 32.0
    histogram = counted(numbers.to(dtype))["weights"]
    assert (histogram.low, histogram.high) == (0.0, 32.0)
    expected, _ = np.histogram(numbers.double().numpy(), MAX_BINS)
    assert list(histogram.counts) == expected.tolist()


@given(arrays(np.float32, st.integers(1, 200), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_of_any_numbers_every_one_is_counted_and_no_more_cross_an_edge_than_lie_next_to_it(
    numbers: np.ndarray,
) -> None:
    histogram = counted(torch.from_numpy(numbers.copy()))["weights"]
    wide = numbers.astype(np.float64)
    assert (histogram.low, histogram.high) == (wide.min(), wide.max())
    assert total(histogram) == len(numbers)
    if wide.max() - wide.min() < 1e-30:
        return
    edges = np.linspace(wide.min(), wide.max(), MAX_BINS + 1)
    near = 1e-5 * (wide.max() - wide.min())
    for edge, below in zip(edges[1:-1], np.cumsum(histogram.counts)[:-1], strict=True):
        assert (wide < edge - near).sum() <= below <= (wide < edge + near).sum()


def test_numbers_that_are_not_finite_are_counted_apart() -> None:
    numbers = torch.tensor([math.nan, 1.0, math.inf, 2.0, -math.inf, 2.0])
    histogram = counted(numbers)["weights"]
    assert (histogram.low, histogram.high, histogram.nonfinite) == (1.0, 2.0, 3)
    assert (histogram.counts[0], histogram.counts[-1], total(histogram)) == (1.0, 2.0, 3.0)


def test_where_nothing_is_finite_there_are_no_bins() -> None:
    histogram = counted(torch.full((9,), math.nan))["weights"]
    assert (histogram.low, histogram.high, histogram.counts, histogram.nonfinite) == (0.0, 0.0, (), 9)


def test_numbers_that_are_all_the_same_are_one_bin_without_a_width() -> None:
    histogram = counted(torch.full((3, 3), 0.25))["weights"]
    assert (histogram.low, histogram.high, histogram.counts) == (0.25, 0.25, (9.0,))


def test_the_whole_span_of_single_precision_does_not_overflow() -> None:
    most = torch.finfo(torch.float32).max
    histogram = counted(torch.tensor([-most, 0.0, most]))["weights"]
    assert (histogram.low, histogram.high) == (-most, most)
    assert [i for i, count in enumerate(histogram.counts) if count] == [0, 32, 63]


def test_a_span_that_single_precision_can_hardly_hold_is_one_bin() -> None:
    histogram = counted(torch.tensor([0.0, 1e-44, 3e-44]))["weights"]
    assert (histogram.low, total(histogram), histogram.counts[0]) == (0.0, 3.0, 3.0)
    assert histogram.high > 0


def test_without_a_gradient_only_the_weights_are_counted() -> None:
    assert list(counted(torch.ones(9))) == ["weights"]
    assert list(counted(torch.ones(9), torch.zeros(9))) == ["weights", "gradients"]


def test_of_a_sparse_gradient_the_entries_that_it_has_are_counted() -> None:
    embedding = nn.Embedding(100, 4, sparse=True)
    embedding(torch.tensor([3, 5, 3])).sum().backward()
    p = embedding.weight
    weights, gradients = Sampler([("w", p)]).sample(0, 1, 0.0, 0.0).counted()
    assert total(weights) == 400
    assert (total(gradients), gradients.low, gradients.high) == (8, 1.0, 2.0)
    p.grad = torch.sparse_coo_tensor(
        torch.empty(1, 0, dtype=torch.long), torch.empty(0, 4), (100, 4), check_invariants=True
    )
    assert [h.of for h in Sampler([("w", p)]).sample(0, 1, 0.0, 0.0).counted()] == ["weights"]


def test_parameters_without_entries_or_without_fractions_have_no_histogram() -> None:
    found = Sampler([("none", torch.empty(0, 3)), ("steps", torch.arange(9)), ("w", torch.ones(9))])
    assert [h.name for h in found.sample(0, 1, 0.0, 0.0).counted()] == ["w"]
    nothing = Sampler([("steps", torch.arange(9))])
    assert not nothing.is_due(1e9)
    assert nothing.sample(0, 1, 0.0, 0.0).counted() == []


def test_precisions_that_differ_stand_side_by_side_without_loss() -> None:
    third = torch.full((9,), 1 / 3, dtype=torch.float64)
    found = Sampler([("a", torch.ones(9)), ("b", third)]).sample(0, 1, 0.0, 0.0).counted()
    assert [h.low for h in found] == [1.0, 1 / 3]


def test_a_sample_is_a_copy_that_later_steps_do_not_change() -> None:
    p = nn.Parameter(torch.ones(9))
    sample = Sampler([("w", p)]).sample(0, 1, 0.0, 0.0)
    with torch.no_grad():
        p.zero_()
    (histogram,) = sample.counted()
    assert histogram.low == 1.0


# How much, and how often


def test_of_a_large_parameter_entries_of_all_rows_and_columns_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "OF_ONE", 1_000)
    columns = torch.arange(10.0).repeat(784, 1)
    for numbers in (columns, columns.T, columns.reshape(784, 5, 2).permute(2, 0, 1)):
        histogram = counted(numbers)["weights"]
        assert 500 < total(histogram) <= 1_000
        present = [count for count in histogram.counts if count]
        assert len(present) == 10
        assert max(present) - min(present) <= 0.1 * max(present)


def test_a_transposed_parameter_is_not_copied_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "OF_ONE", 10)
    whole = torch.rand(1_000, 1_000)
    row, _ = sampler._copied(whole.T)
    assert len(row) <= 10
    assert row.untyped_storage().nbytes() <= 40


def test_of_very_many_parameters_each_sample_takes_the_next() -> None:
    source = Sampler([(f"{i}", torch.ones(9)) for i in range(150)])
    taken = [[h.name for h in source.sample(0, at, 0.0, float(at)).counted()] for at in range(5)]
    assert all(len(names) <= sampler.TENSORS for names in taken)
    assert [name for names in taken for name in names][:300] == [f"{i % 150}" for i in range(300)]


def test_the_numbers_in_one_sample_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "OF_ALL", 100)
    source = Sampler([(f"{i}", torch.ones(20)) for i in range(5)])
    assert [[h.name for h in source.sample(0, at, 0.0, 0.0).counted()] for at in range(3)] == [
        ["0", "1"],
        ["2", "3"],
        ["4", "0"],
    ]


def test_a_sample_is_due_once_a_second_and_not_while_another_waits_to_be_counted() -> None:
    source = Sampler([("w", torch.ones(9))])
    assert source.is_due(0.0)
    sample = source.sample(0, 1, 0.0, 0.0)
    assert not source.is_due(1e9)
    sample.counted()
    assert not source.is_due(0.9)
    assert source.is_due(1e9)


@pytest.mark.parametrize("share", [sampler.SHARE, 0.0025])
def test_what_took_long_to_count_is_not_counted_again_soon(share: float) -> None:
    source = Sampler([("w", torch.ones(9))], share)
    source.sample(0, 1, 0.0, 0.0).took(1.0)
    assert not source.is_due(1 / share - 1)
    assert source.is_due(1.5 / share)
    assert not source.is_welcome(2, 1 / share - 1)
    assert source.is_welcome(2, 1.5 / share)
    assert not source.is_welcome(1, 1e9)


# In a run


@contextmanager
def a_run() -> Iterator[Run]:
    run = Run("spread", rundir.create("spread"))
    try:
        yield run
    finally:
        run.finish()


def histograms(run: Run) -> list[Histogram]:
    records, problems = read_log(run.directory.log)
    assert problems == []
    return [record.event for record in records if isinstance(record.event, Histogram)]


def test_a_run_records_how_its_large_parameters_begin_and_end() -> None:
    model = nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with a_run() as run:
        run.watch(model, optimizer)
        first = model[0].weight.detach().clone()
        for _ in range(25):
            optimizer.zero_grad()
            model(torch.ones(4, 30)).mean().backward()
            optimizer.step()
            run.step({"loss": 0.0})
    found = histograms(run)
    assert [(h.at, h.name, h.of) for h in found if h.at == 0] == [
        (0, name, "weights") for name in ("0.weight", "0.bias", "1.weight")
    ]
    assert [(h.name, h.of) for h in found if h.at == 25] == [
        (name, of) for name in ("0.weight", "0.bias", "1.weight") for of in ("weights", "gradients")
    ]
    start, end = ([h for h in found if h.name == "0.weight" and h.of == "weights"][i] for i in (0, -1))
    assert (start.low, start.high) == (first.min(), first.max())
    assert (end.low, end.high) == (model[0].weight.min(), model[0].weight.max())


def test_the_end_of_an_epoch_has_a_sample_where_the_last_one_is_counted() -> None:
    p = nn.Parameter(torch.ones(9))
    with a_run() as run:
        run.watch({"w": p})
        assert run._sampler is not None
        run._sampler._cost = 0.0  # as if it were
        run.step()
        run.epoch(1)
        run.epoch(1)
        run.step()
    assert [h.at for h in histograms(run)] == [0, 1, 2]


def test_of_parameters_that_are_shown_entry_by_entry_nothing_is_counted() -> None:
    with a_run() as run:
        run.watch({"w": torch.ones(2, 1), "b": torch.ones(1)})
        for _ in range(20):
            run.step()
        run.epoch(1)
        assert run._sampler is None
    assert histograms(run) == []


def test_what_can_not_be_counted_is_said_once_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost(_: list[Tensor]) -> list[list[float]]:
        raise RuntimeError("the device is lost")

    monkeypatch.setattr(sampler, "_fetched", lost)
    with a_run() as run:
        run.watch({"w": torch.ones(9)})
        run.step({"loss": 1.0})
    assert histograms(run) == []
    assert capsys.readouterr().err.count("the device is lost") == 1
    records, _ = read_log(run.directory.log)
    assert [record.event.kind for record in records][-1] == "ended"
