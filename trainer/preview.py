"""Records what will be learnt from: a table of samples and one minibatch with its shapes, without training on it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lintui.run import Run
from trainer.catalog import Settings
from trainer.data import Table, generator, minibatches
from trainer.floats import packed

_MOST = 2_000
"""Samples that are shown at most."""


def show_data(run: Run, table: Table, columns: Sequence[str]) -> None:
    """The samples, a row each; `columns` names the inputs and then the target."""
    count = len(table.y)
    text, shown = f"{count:,} samples", table
    if count > _MOST:
        chosen = torch.linspace(0, count - 1, _MOST, dtype=torch.double).round().long().to(table.X.device)
        text, shown = f"{_MOST:,} of {count:,} samples, evenly chosen", Table(table.X[chosen], table.y[chosen])
    show_rows(run, "data", _joined(shown), columns, text)


def first_minibatch(table: Table, settings: Settings) -> Table:
    """The one that is learnt from first: from a stream of its own, so that looking at it changes no order."""
    return next(minibatches(table, settings.batch_size, generator(settings.seed, "order")))


def show_minibatch(run: Run, batch: Table, columns: Sequence[str]) -> None:
    """One minibatch as it comes, and the shapes of its two parts."""
    text = f"X {_shape(batch.X)}, {columns[-1]} {_shape(batch.y)}"
    show_rows(run, "one minibatch", _joined(batch), columns, text)


def _joined(table: Table) -> Tensor:
    return torch.cat([table.X, table.y.reshape(-1, 1)], dim=1)


def show_rows(run: Run, name: str, rows: Tensor, columns: Sequence[str], text: str) -> None:
    """Numbers of shape (rows, columns), the target in the last column."""
    run.picture(name, tuple(rows.shape), "float32", packed(rows), shows="table", axes=tuple(columns), text=text)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape))
