"""What a look at the parameters shows, against the same numbers computed one by one with torch."""

import math

import pytest
import torch
from torch import Tensor, nn

from lintui.probe import Probe, fetch

Row = tuple[float | None, float | None, float | None]


def rms(tensor: Tensor) -> float:
    return float(tensor.double().pow(2).mean().sqrt())


def expected(parameters: dict[str, Tensor], before: dict[str, Tensor] | None) -> list[Row]:
    """Value, gradient and change of each row, in plain double precision."""
    rows: list[Row] = []
    for name, p in parameters.items():
        old = None if before is None else before[name].double().reshape(-1)
        new = p.detach().double().reshape(-1)
        gradient = None if p.grad is None else p.grad.double().reshape(-1)
        if p.numel() <= 8:
            for i in range(p.numel()):
                change = None if old is None or old[i] == 0 else float((new[i] - old[i]).abs() / old[i].abs())
                rows.append((float(new[i]), None if gradient is None else float(gradient[i]), change))
        else:
            change = None if old is None or not old.any() else float((new - old).norm() / old.norm())
            rows.append((rms(new), None if gradient is None else rms(gradient), change))
    return rows


def rows_of(probe: Probe) -> list[Row]:
    look = probe.look()
    return list(zip(look.value, look.gradient, look.change, strict=True))


def close(rows: list[Row], wanted: list[Row], tolerance: float = 1e-5) -> bool:
    assert [[x is None for x in row] for row in rows] == [[x is None for x in row] for row in wanted]
    return all(
        x == pytest.approx(y, rel=tolerance, abs=tolerance, nan_ok=True)
        for row, other in zip(rows, wanted, strict=True)
        for x, y in zip(row, other, strict=True)
    )


def were(before: dict[str, Tensor]) -> list[float]:
    """What each row was before the step."""
    tensors = [p.double().reshape(-1) for p in before.values()]
    return [x for p in tensors for x in (p.tolist() if len(p) <= 8 else [rms(p)])]


def copies(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in parameters.items()}


def a_model() -> nn.Module:
    """Parameters large and small, in turns, one of them frozen."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.LayerNorm(4), nn.Linear(4, 1))
    model[2].weight.requires_grad_(False)
    return model


def learn(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    model(torch.randn(16, 6)).pow(2).mean().backward()
    optimizer.step()


def test_every_look_shows_what_torch_computes_one_by_one() -> None:
    model = a_model()
    parameters = dict(model.named_parameters())
    optimizer = torch.optim.Adam([p for p in parameters.values() if p.requires_grad], lr=0.05)
    probe = Probe(parameters)
    for _ in range(5):
        before = copies(parameters)
        probe.remember()
        learn(model, optimizer)
        look = probe.look()
        rows = list(zip(look.value, look.gradient, look.change, strict=True))
        assert look.before == pytest.approx(were(before), rel=1e-5)
        assert len(rows) == len(probe.watching().names)
        assert close(rows, expected(parameters, before))


def test_of_a_model_of_many_layers_each_parameter_is_one_row() -> None:
    layers = {f"{i}.bias": torch.full((8,), float(i)) for i in range(200)}
    probe = Probe(layers)
    assert probe.watching().names == tuple(layers)
    assert all(probe.watching().whole)
    assert [value for value, _, _ in rows_of(probe)] == pytest.approx(list(range(200)))


def test_a_look_without_a_step_that_was_remembered_shows_no_change() -> None:
    model = a_model()
    parameters = dict(model.named_parameters())
    learn(model, torch.optim.SGD(model.parameters(), lr=0.1))
    probe = Probe(parameters)
    assert close(rows_of(probe), expected(parameters, None))


def test_a_change_is_told_once() -> None:
    w = torch.ones(2)
    probe = Probe({"w": w})
    probe.remember()
    w += 1
    assert probe.look().change == (1.0, 1.0)
    assert probe.look().change == (None, None)


def test_parameters_without_a_gradient_show_none_and_frozen_ones_do_not_change() -> None:
    small, large = torch.full((2,), 3.0), torch.full((4, 4), 2.0)
    probe = Probe({"small": small, "large": large})
    probe.remember()
    assert rows_of(probe) == [(3.0, None, 0.0), (3.0, None, 0.0), (2.0, None, 0.0)]


def test_a_parameter_that_was_zero_has_no_relative_change() -> None:
    small, large = torch.zeros(2), torch.zeros(4, 4)
    probe = Probe({"small": small, "large": large})
    probe.remember()
    small[0] = 1.0
    large[0, 0] = 4.0
    assert rows_of(probe) == [(1.0, None, None), (0.0, None, None), (1.0, None, None)]


def test_a_gradient_that_is_zero_is_not_one_that_is_missing() -> None:
    w = nn.Parameter(torch.ones(9))
    w.grad = torch.zeros(9)
    assert rows_of(Probe({"w": w})) == [(1.0, 0.0, None)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_shown_as_they_are(bad: float) -> None:
    small, large = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(9))
    small.grad, large.grad = torch.tensor([bad, 1.0]), torch.full((9,), bad)
    with torch.no_grad():
        small[1] = bad
        large[0] = bad
    one, other, whole = rows_of(Probe({"small": small, "large": large}))
    size = math.nan if math.isnan(bad) else math.inf
    assert repr((one, other, whole)) == repr(((1.0, bad, None), (bad, 1.0, None), (size, size, None)))


SMALL = {
    "in memory": lambda: [torch.randn(2, 1), torch.randn(1), torch.randn(())],
    "in double precision": lambda: [torch.randn(2, 2, dtype=torch.double), torch.randn(3, dtype=torch.double)],
    "in both": lambda: [torch.randn(2), torch.randn(2, dtype=torch.double)],
    "in half precision": lambda: [torch.randn(2, 1).half(), torch.randn(1).half()],
    "not contiguous": lambda: [torch.randn(2, 3).t(), torch.randn(4)[::2], torch.randn(1)],
    "in the middle of others": lambda: [torch.randn(9)[3:5]],
    "spread out": lambda: [torch.randn(1).expand(3)],
}


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("learnt", [True, False], ids=["with gradients", "some without"])
def test_a_model_of_few_numbers_shows_what_torch_computes_wherever_they_lie(kind: str, learnt: bool) -> None:
    torch.manual_seed(1)
    parameters = {f"p{i}": p.detach().requires_grad_() for i, p in enumerate(SMALL[kind]())}
    probe = Probe(parameters)
    for _ in range(3):
        for i, p in enumerate(parameters.values()):
            p.grad = torch.randn_like(p) if learnt or i == 0 else None
        before = copies(parameters)
        probe.remember()
        for name, p in parameters.items():
            parameters[name].data = p.detach() - 0.1
        assert close(rows_of(probe), expected(parameters, before), 1e-3 if "half" in kind else 1e-5)


def test_parameters_that_were_taken_elsewhere_since_they_were_remembered_show_no_change() -> None:
    w = torch.tensor([1.0, 2.0])
    probe = Probe({"w": w})
    probe.remember()
    w.data = w.data.half()
    assert rows_of(probe) == [(1.0, None, None), (2.0, None, None)]
    probe.remember()
    w.data = w.data.float() * 2
    assert rows_of(probe) == [(2.0, None, 1.0), (4.0, None, 1.0)]


def test_looks_that_were_had_in_different_ways_come_in_their_order() -> None:
    w = torch.tensor([1.0])
    probe = Probe({"w": w})
    glances = []
    for i in range(6):
        w.data = torch.tensor([float(i)]).to(torch.half if i in (1, 2, 4) else torch.float)
        glances.append(probe.glance())
    assert [look.value for look in fetch(glances)] == [(float(i),) for i in range(6)]


# Rows


def test_a_parameter_of_few_entries_has_a_row_for_each_and_a_larger_one_a_row_in_all() -> None:
    watching = Probe(
        {
            "w": torch.zeros(2, 1),
            "W": torch.zeros(3, 3),
            "b": torch.zeros(1),
            "scalar": torch.zeros(()),
            "square": torch.zeros(2, 2),
            "eight": torch.zeros(8),
            "nine": torch.zeros(9),
            "deep": torch.zeros(1, 2, 1, 3),
        }
    ).watching()
    rows = dict(zip(watching.names, zip(watching.shapes, watching.whole, strict=True), strict=True))
    assert len(rows) == len(watching.names)
    assert rows == {
        "w[0]": ("2×1", False),
        "w[1]": ("", False),
        "W": ("3×3", True),
        "b": ("1", False),
        "scalar": ("1", False),
        "square[0][0]": ("2×2", False),
        "square[0][1]": ("", False),
        "square[1][0]": ("", False),
        "square[1][1]": ("", False),
        "eight[0]": ("8", False),
        **{f"eight[{i}]": ("", False) for i in range(1, 8)},
        "nine": ("9", True),
        "deep[0][0]": ("1×2×1×3", False),
        **{f"deep[{i}][{j}]": ("", False) for i in range(2) for j in range(3) if (i, j) != (0, 0)},
    }


def test_rows_stand_in_the_order_of_the_parameters_whatever_their_size() -> None:
    parameters = {"a": torch.full((9,), 1.0), "b": torch.tensor([2.0]), "c": torch.full((9,), 3.0)}
    probe = Probe(parameters)
    assert probe.watching().names == ("a", "b", "c")
    assert probe.look().value == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("parameters", [{}, {"empty": torch.zeros(0, 3)}], ids=["none", "an empty one"])
def test_where_there_is_nothing_to_look_at_there_are_no_rows(parameters: dict[str, Tensor]) -> None:
    probe = Probe(parameters)
    probe.remember()
    assert probe.watching().names == ()
    assert probe.look() == ((), (), (), ())


def test_the_entries_of_a_parameter_that_is_not_contiguous_stand_in_the_order_of_their_indices() -> None:
    w = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).t()
    probe = Probe({"w": w})
    assert dict(zip(probe.watching().names, probe.look().value, strict=True)) == {
        "w[0][0]": 1.0,
        "w[0][1]": 3.0,
        "w[1][0]": 2.0,
        "w[1][1]": 4.0,
    }


# Other kinds of numbers


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_parameters_of_any_precision_can_stand_beside_each_other(dtype: torch.dtype) -> None:
    parameters: dict[str, Tensor] = {
        "single": nn.Parameter(torch.ones(3, 4)),
        "other": nn.Parameter(torch.full((5, 5), 2.0, dtype=dtype)),
        "few": nn.Parameter(torch.tensor([1.0, -2.0], dtype=dtype)),
    }
    for p in parameters.values():
        p.grad = torch.full_like(p, 0.5)
    before = copies(parameters)
    probe = Probe(parameters)
    probe.remember()
    with torch.no_grad():
        for p in parameters.values():
            p.add_(0.25)
    assert close(rows_of(probe), expected(parameters, before), tolerance=0.01)


def test_the_size_of_a_large_parameter_in_half_precision_does_not_overflow() -> None:
    p = nn.Parameter(torch.full((1_000, 1_000), 100.0, dtype=torch.float16))
    assert rows_of(Probe({"p": p}))[0][0] == pytest.approx(100.0, rel=0.01)


def test_double_precision_is_not_lost() -> None:
    w = torch.tensor([1 + 1e-12], dtype=torch.float64)
    assert Probe({"w": w, "v": torch.ones(2)}).look().value[0] == 1 + 1e-12


def test_a_sparse_gradient_is_shown_like_any_other() -> None:
    embedding = nn.Embedding(50, 4, sparse=True)
    embedding(torch.tensor([3, 7, 3])).sum().backward()
    (row,) = rows_of(Probe({"e": embedding.weight}))
    assert embedding.weight.grad is not None
    assert row[1] == pytest.approx(rms(embedding.weight.grad.to_dense()))


def test_a_model_whose_layers_have_gradients_by_turns_is_remembered_in_bounds() -> None:
    parameters = {f"{i}": nn.Parameter(torch.ones(9)) for i in range(10)}
    probe = Probe(parameters)
    for turn in range(300):
        for i, p in enumerate(parameters.values()):
            p.grad = torch.full((9,), 2.0) if turn >> i & 1 else None
        assert [gradient for _, gradient, _ in rows_of(probe)] == [2.0 if turn >> i & 1 else None for i in range(10)]
    assert len(probe._layouts) <= 64


def test_looking_changes_neither_the_parameters_nor_their_gradients_and_keeps_no_graph() -> None:
    model = a_model()
    learn(model, torch.optim.SGD(model.parameters(), lr=0.1))
    parameters = dict(model.named_parameters())
    before = copies(parameters)
    gradients = {name: None if p.grad is None else p.grad.clone() for name, p in parameters.items()}
    probe = Probe(parameters)
    probe.remember()
    probe.look()
    for name, p in parameters.items():
        assert torch.equal(p, before[name])
        mine, theirs = p.grad, gradients[name]
        assert (mine is None and theirs is None) or (
            mine is not None and theirs is not None and torch.equal(mine, theirs)
        )
        assert p.is_leaf


def test_entries_that_have_names_are_shown_by_them_if_there_is_one_for_each() -> None:
    parameters = {"w": torch.ones(2, 1), "v": torch.ones(2), "b": torch.ones(1), "large": torch.ones(9)}
    names = {"w": ["area", "age"], "v": ["one of two"], "large": list("abcdefghi")}
    assert Probe(parameters, names).watching().names == ("w[area]", "w[age]", "v[0]", "v[1]", "b", "large")
