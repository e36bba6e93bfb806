"""Synthetic data sets as tensors, each a function of its seed, and their exact solutions."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

_GATHERED = 100_000
"""Numbers that are copied at once, a millisecond's worth."""
_ROWS = 100_000
"""Rows that are solved for at once."""


class Table(NamedTuple):
    """Inputs of shape (n, features) or (n, rows, columns), and targets: (n, 1) for numbers, (n,) for labels."""

    X: Tensor
    y: Tensor

    def to(self, device: str) -> "Table":
        """The same table on another device."""
        return Table(self.X.to(device), self.y.to(device))


def generator(seed: int, purpose: str) -> torch.Generator:
    """A random stream of its own for "data", "weights" or "order", so that changing one leaves the others."""
    return torch.Generator().manual_seed(3 * seed + ("data", "weights", "order").index(purpose))


def linear(w: Tensor, b: float, *, samples: int, noise: float, seed: int) -> Table:
    """y = Xw + b + noise, X ~ N(0, 1), noise ~ N(0, `noise`²); w has shape (features, 1)."""
    stream = generator(seed, "data")
    X = torch.randn(samples, len(w), generator=stream)
    y = X @ w + b + noise * torch.randn(samples, 1, generator=stream)
    return Table(X, y)


def whole_numbers(w: Tensor, *, largest: int, samples: int, seed: int) -> Table:
    """y = Xw without noise, X whole numbers from 1 to `largest`, equally likely; w has shape (features, 1)."""
    X = torch.randint(1, largest + 1, (samples, len(w)), generator=generator(seed, "data"))
    # Summed in double precision: the labels are exact as long as a 32-bit float can hold them.
    return Table(X.float(), (X.double() @ w.double()).float())


def clouds(centers: Tensor, *, samples: int, spread: float, seed: int) -> Table:
    """Gaussian clouds around `centers` (classes, 2), equally likely; labels are the number of the center."""
    stream = generator(seed, "data")
    labels = torch.randint(len(centers), (samples,), generator=stream)
    return Table(centers[labels] + spread * torch.randn(samples, 2, generator=stream), labels)


def minibatches(table: Table, size: int, order: torch.Generator) -> Iterator[Table]:
    """All samples once, in a new random order, `size` at a time; the last batch may be smaller."""
    shuffled = torch.randperm(len(table.y), generator=order).to(table.X.device)
    # Many small batches are gathered at once; all of a large data set at once would hold everything up.
    at_once = max(_GATHERED // (size * max(table.X[0].numel(), 1)), 1) * size
    for chosen in torch.split(shuffled, at_once):
        X, y = table.X[chosen], table.y[chosen]
        yield from map(Table, torch.split(X, size), torch.split(y, size))


class Fit(NamedTuple):
    """The exact least-squares fit of a table, solved in double precision."""

    numbers: list[float]
    """A weight for each input, and the intercept if there is one."""
    mse: float
    """Its mean squared error."""


def least_squares(table: Table) -> Fit:
    """The fit with an intercept."""
    ones = torch.ones(1, dtype=torch.double)
    return _fit(table, lambda X: torch.cat([X.double(), ones.expand(len(X), 1)], dim=1))


def least_squares_through_origin(table: Table) -> Fit:
    """The fit without an intercept."""
    return _fit(table, Tensor.double)


def _fit(table: Table, columns: Callable[[Tensor], Tensor]) -> Fit:
    """The combination of the columns that are made of the inputs that leaves least unexplained."""
    # Some rows at a time, and only the triangle of their QR decomposition is kept: it has the same errors as they.
    triangle: Tensor | None = None
    for X, y in zip(torch.split(table.X, _ROWS), torch.split(table.y, _ROWS), strict=True):
        rows = torch.cat([columns(X), y.double()], dim=1)
        triangle = torch.linalg.qr(rows if triangle is None else torch.cat([triangle, rows]), mode="r").R
    assert triangle is not None
    inputs, truth = triangle[:, :-1], triangle[:, -1:]
    # By singular values, which also copes with columns that say the same.
    solution = torch.linalg.lstsq(inputs, truth, driver="gelsd").solution
    left_over = float(((inputs @ solution - truth) ** 2).sum())
    return Fit(solution.reshape(-1).tolist(), left_over / len(table.y))
