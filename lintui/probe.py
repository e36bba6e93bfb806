"""Per-layer statistics of weights and gradients in one transfer, without knowing what they are for.

A parameter with few entries is shown entry by entry (unless there are many of them), a larger one by the root
mean square of its entries.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lintui.events import Watching

if TYPE_CHECKING:
    import torch

_ENTRIES = 8
"""A parameter of at most so many entries gets a row for each,"""
_ROWS = 64
"""if the model has no more rows than this: of a large one, the layers are of interest."""


class Look(NamedTuple):
    """Four numbers of each row at a step, each column with one number a row; None: nothing to measure."""

    before: tuple[float | None, ...]
    value: tuple[float | None, ...]
    gradient: tuple[float | None, ...]
    change: tuple[float | None, ...]


class Probe:
    """Looks at named parameters every so many steps; `remember` before the step, `look` after it."""

    def __init__(
        self,
        parameters: "Mapping[str, torch.Tensor]",
        every: int,
        entries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Look at `parameters` whenever the number of the step is a multiple of `every` (from 1).

        `entries` names all entries of a parameter, in their order; those of others are numbered.
        """
        self.every = every
        self._called = entries or {}
        rows = sum(p.numel() if p.numel() <= _ENTRIES else 1 for p in parameters.values())
        most = _ENTRIES if rows <= _ROWS else 1
        self._small = [(n, p) for n, p in parameters.items() if 0 < p.numel() <= most]
        self._large = [(n, p) for n, p in parameters.items() if p.numel() > most]
        self._order = [n for n, p in parameters.items() if p.numel()]
        self._before: dict[str, torch.Tensor] = {}

    def watching(self) -> Watching:
        """The rows of every look."""
        rows: dict[str, list[tuple[str, str, bool]]] = {}
        for name, p in self._small:
            shape = _shape(p)
            names = self._called.get(name, ())
            called = [f"[{entry}]" for entry in names] if len(names) == p.numel() else _places(p)
            rows[name] = [(f"{name}{entry}", shape if i == 0 else "", False) for i, entry in enumerate(called)]
        for name, p in self._large:
            rows[name] = [(name, _shape(p), True)]
        flat = [row for name in self._order for row in rows[name]]
        names, shapes, whole = zip(*flat, strict=True) if flat else ((), (), ())
        return Watching(names=names, shapes=shapes, whole=whole)

    def remember(self) -> None:
        """Keep the weights as they are, to see how far the coming step moves them."""
        self._before = {name: p.detach().clone() for name, p in (*self._small, *self._large)}

    def look(self) -> Look:
        """Each row before and after the step, its gradient and relative change, fetched in a single transfer."""
        import torch

        with torch.no_grad():
            parts = [
                tensor.reshape(-1)
                for name, p in self._small
                for tensor in (p, None if p.grad is None else _dense(p.grad), self._before.get(name))
                if tensor is not None
            ]
            for tensors in self._large_tensors():
                if tensors:
                    # In half precision the norm itself would overflow long before the weights do.
                    wide = reduce(torch.promote_types, [tensor.dtype for tensor in tensors], torch.float32)
                    parts += [norm.reshape(1) for norm in torch._foreach_norm(tensors, 2, dtype=wide)]
            numbers = torch.cat(parts).tolist() if parts else []
        return self._rows(iter(numbers))

    def _large_tensors(self) -> "Iterator[tuple[torch.Tensor, ...] | list[torch.Tensor]]":
        """Four lists to take norms of: weights, gradients, updates, weights before."""
        import torch

        params = [p for _, p in self._large]
        yield params
        yield [p.grad.coalesce().values() if p.grad.is_sparse else p.grad for p in params if p.grad is not None]
        before = [self._before[name] for name, _ in self._large if name in self._before]
        yield torch._foreach_sub(params, before) if before else []
        yield before

    def _rows(self, numbers: Iterator[float]) -> Look:
        """Give the fetched numbers back to the parameters that they belong to, in the order of the rows."""
        rows = self._small_rows(numbers) | self._large_rows(numbers)
        self._before = {}
        flat = [row for name in self._order for row in rows[name]]
        before, value, gradient, change = zip(*flat, strict=True) if flat else ((), (), (), ())
        return Look(before, value, gradient, change)

    def _small_rows(self, numbers: Iterator[float]) -> dict[str, list["_Row"]]:
        rows = {}
        for name, p in self._small:
            count = p.numel()
            entries = list(islice(numbers, count))
            gradient = _columns(numbers, count, p.grad is not None)
            before = _columns(numbers, count, name in self._before)
            rows[name] = [
                _Row(b, v, g, None if b is None else _ratio(v - b, b))
                for v, g, b in zip(entries, gradient, before, strict=True)
            ]
        return rows

    def _large_rows(self, numbers: Iterator[float]) -> dict[str, list["_Row"]]:
        norms = [next(numbers) for _ in self._large]
        gradients = [next(numbers) if p.grad is not None else None for _, p in self._large]
        remembered = [name in self._before for name, _ in self._large]
        updates = [next(numbers) if known else None for known in remembered]
        befores = [next(numbers) if known else None for known in remembered]
        rows = {}
        for i, (name, p) in enumerate(self._large):
            root = math.sqrt(p.numel())
            gradient, update, before = gradients[i], updates[i], befores[i]
            change = None if update is None or before is None else _ratio(update, before)
            rows[name] = [_Row(_over(before, root), norms[i] / root, _over(gradient, root), change)]
        return rows


class _Row(NamedTuple):
    before: float | None
    value: float
    gradient: float | None
    change: float | None


def _columns(numbers: Iterator[float], count: int, there: bool) -> "Sequence[float | None]":
    return list(islice(numbers, count)) if there else [None] * count


def _over(norm: float | None, root: float) -> float | None:
    return None if norm is None else norm / root


def _dense(gradient: "torch.Tensor") -> "torch.Tensor":
    return gradient.to_dense() if gradient.is_sparse else gradient


def _ratio(update: float, before: float) -> float | None:
    """|update| / |before|; None where the parameter was exactly 0."""
    return abs(update) / abs(before) if before else None


def _shape(p: "torch.Tensor") -> str:
    return "×".join(map(str, p.shape)) or "1"


def _places(p: "torch.Tensor") -> Sequence[str]:
    """The indices of each entry, such as "[0][1]", leaving out the axes along which there is only one."""
    places: list[tuple[int, ...]] = [()]
    for size in p.shape:
        if size > 1:
            places = [(*place, i) for place in places for i in range(size)]
    return ["".join(f"[{i}]" for i in place) for place in places]
