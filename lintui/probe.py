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
        self._places = self._rows_in_order()
        self._before: list[torch.Tensor] = []

    def _rows_in_order(self) -> list[int]:
        """For each row of a look, its place among all entries of the small parameters and then the large ones."""
        places: dict[str, range] = {}
        first = 0
        for name, count in (*((n, p.numel()) for n, p in self._small), *((n, 1) for n, _ in self._large)):
            places[name] = range(first, first + count)
            first += count
        return [place for name in self._order for place in places[name]]

    def watching(self) -> Watching:
        """The rows of every look."""
        rows: dict[str, list[tuple[str, str, bool]]] = {}
        for name, p in self._small:
            shape = _shape(p)
            names = self._called.get(name, ())
            called = [f"[{entry}]" for entry in names] if len(names) == p.numel() else _indices(p)
            rows[name] = [(f"{name}{entry}", shape if i == 0 else "", False) for i, entry in enumerate(called)]
        for name, p in self._large:
            rows[name] = [(name, _shape(p), True)]
        flat = [row for name in self._order for row in rows[name]]
        names, shapes, whole = zip(*flat, strict=True) if flat else ((), (), ())
        return Watching(names=names, shapes=shapes, whole=whole)

    def wholes(self) -> "list[tuple[str, torch.Tensor]]":
        """The parameters that have one row each, with their names."""
        return self._large

    def remember(self) -> None:
        """Keep the weights as they are, to see how far the coming step moves them."""
        self._before = [p.detach().clone() for _, p in (*self._small, *self._large)]

    def glance(self) -> "Glance":
        """Copy what a look is made of, without waiting for it: nothing is fetched from where the parameters are."""
        import torch

        small, large = ([p for _, p in part] for part in (self._small, self._large))
        before, self._before = self._before, []
        with torch.no_grad():
            parts = [tensor.reshape(-1) for tensor in (*small, *_gradients(small), *before[: len(small)])]
            if large:
                parts += _norms(large, before[len(small) :])
            numbers = torch.cat(parts) if parts else None
        return Glance(numbers, _Kinds.of(small), _Kinds.of(large), bool(before), self._places)

    def look(self) -> Look:
        """Each row before and after the step, its gradient and relative change, fetched in a single transfer."""
        return self.glance().fetch()


class _Kinds(NamedTuple):
    """Of some parameters, how many entries each has, and whether there is a gradient."""

    counts: list[int]
    has_gradient: list[bool]

    @classmethod
    def of(cls, parameters: "list[torch.Tensor]") -> "_Kinds":
        return cls([p.numel() for p in parameters], [p.grad is not None for p in parameters])


class Glance(NamedTuple):
    """A look that is not fetched yet: a copy of its numbers, still where the parameters are."""

    numbers: "torch.Tensor | None"
    small: _Kinds
    large: _Kinds
    remembered: bool
    places: list[int]

    def fetch(self) -> Look:
        """The look, in a single transfer; from any thread."""
        numbers = iter(self.numbers.tolist() if self.numbers is not None else [])
        rows = [*_entries(self.small, numbers, self.remembered), *_wholes(self.large, numbers, self.remembered)]
        return Look(*zip(*[rows[place] for place in self.places], strict=True)) if rows else Look((), (), (), ())


class _Row(NamedTuple):
    before: float | None
    value: float
    gradient: float | None
    change: float | None


def _entries(parameters: _Kinds, numbers: Iterator[float], remembered: bool) -> Iterator[_Row]:
    """A row for each entry of some parameters, from their values, their gradients and the values before."""
    value = list(islice(numbers, sum(parameters.counts)))
    gradient: list[float | None] = []
    for count, there in zip(*parameters, strict=True):
        gradient += islice(numbers, count) if there else [None] * count
    before = _columns(numbers, len(value), remembered)
    for v, g, b in zip(value, gradient, before, strict=True):
        yield _Row(b, v, g, None if b is None else _ratio(v - b, b))


def _wholes(parameters: _Kinds, numbers: Iterator[float], remembered: bool) -> Iterator[_Row]:
    """A row for each parameter, from the norms of weights, gradients, weights before and updates."""
    norms = list(islice(numbers, len(parameters.counts)))
    gradients = [next(numbers) if there else None for there in parameters.has_gradient]
    befores = _columns(numbers, len(norms), remembered)
    updates = _columns(numbers, len(norms), remembered)
    columns = (parameters.counts, norms, gradients, updates, befores)
    for count, norm, gradient, update, before in zip(*columns, strict=True):
        root = math.sqrt(count)
        change = None if update is None or before is None else _ratio(update, before)
        yield _Row(_over(before, root), norm / root, _over(gradient, root), change)


def _columns(numbers: Iterator[float], count: int, there: bool) -> "Sequence[float | None]":
    return list(islice(numbers, count)) if there else [None] * count


def _gradients(parameters: "list[torch.Tensor]") -> "list[torch.Tensor]":
    """Those that there are, with all their entries."""
    return [_dense(p.grad) for p in parameters if p.grad is not None]


def _norms(parameters: "list[torch.Tensor]", before: "list[torch.Tensor]") -> "list[torch.Tensor]":
    """The norms of weights, gradients, weights before and updates, in as few calls as there can be; uses up `before`.

    What is subtracted in place needs no memory of its own, which takes longer to get than to fill.
    """
    import torch

    gradients = [p.grad.coalesce().values() if p.grad.is_sparse else p.grad for p in parameters if p.grad is not None]
    tensors = [*parameters, *gradients, *before]
    # In half precision the norm itself would overflow long before the weights do.
    wide = reduce(torch.promote_types, {tensor.dtype for tensor in tensors}, torch.float32)
    norms = [torch.stack(torch._foreach_norm(tensors, 2, dtype=wide))]
    if before:
        torch._foreach_sub_(before, parameters)
        norms.append(torch.stack(torch._foreach_norm(before, 2, dtype=wide)))
    return norms


def _over(norm: float | None, root: float) -> float | None:
    return None if norm is None else norm / root


def _dense(gradient: "torch.Tensor") -> "torch.Tensor":
    return gradient.to_dense() if gradient.is_sparse else gradient


def _ratio(update: float, before: float) -> float | None:
    """|update| / |before|; None where the parameter was exactly 0."""
    return abs(update) / abs(before) if before else None


def _shape(p: "torch.Tensor") -> str:
    return "×".join(map(str, p.shape)) or "1"


def _indices(p: "torch.Tensor") -> Sequence[str]:
    """The indices of each entry, such as "[0][1]", leaving out the axes along which there is only one."""
    places: list[tuple[int, ...]] = [()]
    for size in p.shape:
        if size > 1:
            places = [(*place, i) for place in places for i in range(size)]
    return ["".join(f"[{i}]" for i in place) for place in places]
