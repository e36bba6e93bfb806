"""Per-layer statistics of weights and gradients in one transfer, without knowing what they are for.

A parameter with few entries is shown entry by entry (unless there are many of them), a larger one by the root
mean square of its entries.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import count, groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from lintui.events import Watching
from lintui.tensors import read_all, stream_of

if TYPE_CHECKING:
    import torch

_ENTRIES = 8
"""A parameter of at most so many entries gets a row for each,"""
_LAYOUTS = 64
"""Layouts that are remembered at most: in some models other parameters have a gradient in each step."""
_ROWS = 64
"""if the model has no more rows than this: of a large one, the layers are of interest."""


class Look(NamedTuple):
    """Four numbers of each row at a step, each column with one number a row; None: nothing to measure."""

    before: tuple[float | None, ...]
    value: tuple[float | None, ...]
    gradient: tuple[float | None, ...]
    change: tuple[float | None, ...]


class Probe:
    """Looks at named parameters; `remember` before a step, `look` after it."""

    def __init__(
        self,
        parameters: "Mapping[str, torch.Tensor]",
        entries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Look at `parameters`; `entries` names all entries of one, in their order; those of others are numbered."""
        self._called = entries or {}
        rows = sum(p.numel() if p.numel() <= _ENTRIES else 1 for p in parameters.values())
        most = _ENTRIES if rows <= _ROWS else 1
        self._small = [(n, p) for n, p in parameters.items() if 0 < p.numel() <= most]
        self._large = [(n, p) for n, p in parameters.items() if p.numel() > most]
        self._tensors = [p for _, p in (*self._small, *self._large)]
        self._order = [n for n, p in parameters.items() if p.numel()]
        self._layouts: dict[tuple[bool, ...], Layout] = {}
        self._before: list[torch.Tensor] = []
        """The parameters as they were remembered,"""
        self._before_read: list[float] = []
        """or all their numbers one after another, where those were read."""

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
        self._before_read = (not self._large and read_all(self._tensors)) or []
        self._before = [] if self._before_read else [p.detach().clone() for p in self._tensors]

    def glance(self) -> "Glance":
        """Copy what a look is made of, without waiting for it: nothing is fetched from where the parameters are."""
        before, read = self._before, self._before_read
        self._before, self._before_read = [], []
        gradients = [p.grad for p in self._tensors]
        there = [gradient for gradient in gradients if gradient is not None]
        now = None if before or self._large else read_all([*self._tensors, *there])
        if now is not None:
            return Glance(now + read, self._laid_out(gradients, bool(read)), None)
        # If they were read before, they have been taken elsewhere since.
        numbers = self._copied(gradients, before)
        stream = stream_of(numbers) if numbers.is_cuda else None
        return Glance(numbers, self._laid_out(gradients, bool(before)), stream)

    def _copied(self, gradients: "list[torch.Tensor | None]", before: "list[torch.Tensor]") -> "torch.Tensor":
        """The entries of the small parameters and the norms of the large ones, after one another."""
        import torch

        tensors, few = self._tensors, len(self._small)
        with torch.no_grad():
            small = (*tensors[:few], *_dense(gradients[:few]), *before[:few])
            parts = [tensor if tensor.ndim == 1 else tensor.reshape(-1) for tensor in small]
            if self._large:
                norms = torch.stack(_norms(tensors[few:], gradients[few:], before[few:]))
                return torch.cat([*parts, norms]) if parts else norms
            return torch.cat(parts) if parts else torch.zeros(0)

    def _laid_out(self, gradients: "list[torch.Tensor | None]", remembered: bool) -> "Layout":
        there = (remembered, *[gradient is not None for gradient in gradients])
        if there not in self._layouts:
            if len(self._layouts) >= _LAYOUTS:
                self._layouts.clear()
            self._layouts[there] = self._layout(*there)
        return self._layouts[there]

    def look(self) -> Look:
        """Each row before and after the step, its gradient and relative change, fetched in a single transfer."""
        (look,) = fetch([self.glance()])
        return look

    def _layout(self, remembered: bool, *has_gradient: bool) -> "Layout":
        """Where the numbers of each row stand in a glance; `has_gradient`: the small parameters, then the large."""
        places = count()
        rows: dict[str, list[tuple[Any, ...]]] = {}
        count_small = len(self._small)
        for part, has in ((self._small, has_gradient[:count_small]), (self._large, has_gradient[count_small:])):
            sizes = [p.numel() if part is self._small else 1 for _, p in part]
            nowhere: list[list[int | None]] = [[None] * size for size in sizes]
            value = _taken(sizes, places)
            gradient = [
                _taken([size], places)[0] if there else [None] * size for size, there in zip(sizes, has, strict=True)
            ]
            before = _taken(sizes, places) if remembered else nowhere
            update = _taken(sizes, places) if remembered and part is self._large else nowhere
            for (name, p), *columns in zip(part, value, gradient, before, update, strict=True):
                root = math.sqrt(p.numel()) if part is self._large else 1.0
                rows[name] = [(*row, root) for row in zip(*columns, strict=True)]
        flat = [row for name in self._order for row in rows[name]]
        return Layout(*zip(*flat, strict=True)) if flat else Layout((), (), (), (), ())


class Layout(NamedTuple):
    """Where in a glance the numbers of each row stand; None where there are none."""

    value: tuple[int, ...]
    gradient: tuple[int | None, ...]
    before: tuple[int | None, ...]
    update: tuple[int | None, ...]
    """The norm of the update, of parameters that have one row."""
    root: tuple[float, ...]
    """What a norm is divided by to be a root mean square; 1 for what is no norm."""

    def looks(self, numbers: Sequence[Sequence[float]]) -> list[Look]:
        """The looks that these numbers are, those of one glance after the other; put together row by row."""
        if not self.value:
            return [Look((), (), (), ())] * len(numbers)
        columns = [*zip(*numbers, strict=True)]
        nothing = (None,) * len(numbers)

        def sizes(places: Sequence[int | None]) -> list[Sequence[float | None]]:
            return [
                nothing if i is None else columns[i] if root == 1 else [x / root for x in columns[i]]
                for i, root in zip(places, self.root, strict=True)
            ]

        change = [
            nothing if i is None else _change(columns[v], columns[i], None if u is None else columns[u])
            for v, i, u in zip(self.value, self.before, self.update, strict=True)
        ]
        rows = (sizes(self.before), sizes(self.value), sizes(self.gradient), change)
        return [Look(*look) for look in zip(*[zip(*column, strict=True) for column in rows], strict=True)]


def _change(now: Sequence[float], before: Sequence[float], update: Sequence[float] | None) -> list[float | None]:
    """|update| / |before| at each look; None where the parameter was exactly 0."""
    if update is None:
        return [abs((v - b) / b) if b else None for v, b in zip(now, before, strict=True)]
    return [abs(u / b) if b else None for u, b in zip(update, before, strict=True)]


class Glance(NamedTuple):
    """A look that is not fetched yet: a copy of its numbers, still where the parameters are, unless that is here."""

    numbers: Any
    """A tensor, or a list of floats."""
    layout: Layout
    stream: Any
    """The work on a GPU that the numbers come of."""


def fetch(glances: Sequence[Glance]) -> list[Look]:
    """The looks, those of the same layout in a single transfer; from any thread."""
    import torch

    for stream in {glance.stream for glance in glances if glance.stream is not None}:
        stream.synchronize()  # what is asked for from another thread does not wait for it by itself
    looks: list[Look] = []
    for (layout, where), alike in groupby(glances, _alike):
        numbers = [glance.numbers for glance in alike]
        looks += layout.looks(numbers if where is None else torch.stack(numbers).tolist())
    return looks


def _alike(glance: Glance) -> tuple[Layout, Any]:
    """What glances share that can be fetched together: how they are laid out, and their device; None for a list."""
    return glance.layout, getattr(glance.numbers, "device", None)


def _taken(sizes: list[int], places: Iterator[int]) -> list[list[int]]:
    """The next places, so many for each."""
    return [list(islice(places, size)) for size in sizes]


def _dense(gradients: "list[torch.Tensor | None]") -> "list[torch.Tensor]":
    """Those that there are, with all their entries."""
    return [gradient.to_dense() if gradient.is_sparse else gradient for gradient in gradients if gradient is not None]


def _norms(
    parameters: "list[torch.Tensor]", gradients: "list[torch.Tensor | None]", before: "list[torch.Tensor]"
) -> "list[torch.Tensor]":
    """The norms of weights, gradients, weights before and updates, in as few calls as there can be; uses up `before`.

    What is subtracted in place needs no memory of its own, which takes longer to get than to fill.
    """
    import torch

    there = [gradient for gradient in gradients if gradient is not None]
    entries = [gradient.coalesce().values() if gradient.is_sparse else gradient for gradient in there]
    tensors = [*parameters, *entries, *before]
    # In half precision the norm itself would overflow long before the weights do.
    wide = reduce(torch.promote_types, {tensor.dtype for tensor in tensors}, torch.float32)
    norms = [*torch._foreach_norm(tensors, 2, dtype=wide)]
    if before:
        torch._foreach_sub_(before, parameters)
        norms += torch._foreach_norm(before, 2, dtype=wide)
    return norms


def _shape(p: "torch.Tensor") -> str:
    return "×".join(map(str, p.shape)) or "1"


def _indices(p: "torch.Tensor") -> Sequence[str]:
    """The indices of each entry, such as "[0][1]", leaving out the axes along which there is only one."""
    places: list[tuple[int, ...]] = [()]
    for size in p.shape:
        if size > 1:
            places = [(*place, i) for place in places for i in range(size)]
    return ["".join(f"[{i}]" for i in place) for place in places]
