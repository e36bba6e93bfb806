"""Records what will be learnt from: a table of samples and one minibatch with its shapes, without training on it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lintui.run import Run
from trainer.data import Table
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
    _show(run, "data", shown, columns, text)


def show_minibatch(run: Run, batch: Table, columns: Sequence[str]) -> None:
    """One minibatch as it comes, and the shapes of its two parts."""
    _show(run, "one minibatch", batch, columns, f"X {_shape(batch.X)}, {columns[-1]} {_shape(batch.y)}")


def _show(run: Run, name: str, table: Table, columns: Sequence[str], text: str) -> None:
    rows = torch.cat([table.X, table.y.reshape(-1, 1)], dim=1)
    run.picture(name, tuple(rows.shape), "float32", packed(rows), shows="table", axes=tuple(columns), text=text)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape))
