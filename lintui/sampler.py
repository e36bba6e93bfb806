"""How large weights and gradients are, in bins: copied on the training's thread, counted off it; not how it is drawn.

Of a parameter with many entries as many are taken as a histogram needs, at equal distances; of a sparse gradient
only the entries that it has.
"""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lintui.events import MAX_BINS, Histogram

if TYPE_CHECKING:
    import torch

EVERY = 1.0
"""Seconds between two samples at least, but for the ends of epochs."""
SHARE = 0.01
"""Share of the time that may be spent on copying and counting, where nothing else is said."""
TENSORS = 64
"""Parameters in one sample at most; of more, the next sample takes the next."""
OF_ONE = 1 << 18
"""Entries of one parameter at most: a bin that holds a hundredth of them is then as high as it should be to 2 %."""
OF_ALL = 1 << 21
"""Entries of all that are in one sample, gradients included."""
_NARROWEST = 1e-35
"""Half of the narrowest range that single precision can divide into bins."""


class Sampler:
    """Takes samples of named parameters and their gradients, as often as the cost allows."""

    def __init__(self, parameters: "Sequence[tuple[str, torch.Tensor]]", share: float = SHARE) -> None:
        """Of these parameters, those that hold numbers with a fraction; for a share of the training's time."""
        self._share = share
        self._parameters = [(name, p) for name, p in parameters if p.is_floating_point()]
        self._first = 0
        """Whose turn it is."""
        self.at = -1
        """Step of the last sample."""
        self._since = -math.inf
        self._cost = 0.0
        """Seconds that the last sample took; infinite while it is not counted yet."""

    def is_due(self, now: float) -> bool:
        """Whether the last sample was long enough ago; `now`: seconds of training so far."""
        return now - self._since >= EVERY and self._is_cheap(now)

    def is_welcome(self, at: int, now: float) -> bool:
        """Whether one after step `at`, at the end of an epoch, costs little and says something new."""
        return at > self.at and self._is_cheap(now)

    def _is_cheap(self, now: float) -> bool:
        return bool(self._parameters) and self._share * (now - self._since) >= self._cost

    def sample(self, branch: int, at: int, t: float, now: float) -> "Sample":
        """Copies of the next parameters and their gradients after step `at`, without waiting for them."""
        import torch

        began = time.perf_counter()
        self.at, self._since, self._cost = at, now, math.inf
        copies: list[_Copy] = []
        with torch.no_grad():
            for name, p in self._next():
                for of, numbers in (("weights", p), ("gradients", _entries(p.grad))):
                    if numbers is not None and numbers.numel():
                        copies.append(_Copy(name, of, *_copied(numbers)))
        return Sample(branch, at, t, copies, partial(self._took, time.perf_counter() - began))

    def _next(self) -> "list[tuple[str, torch.Tensor]]":
        chosen: list[tuple[str, torch.Tensor]] = []
        room = OF_ALL
        for i in range(min(len(self._parameters), TENSORS)):
            name, p = self._parameters[(self._first + i) % len(self._parameters)]
            room -= 2 * min(p.numel(), OF_ONE)
            if room < 0:
                break
            chosen.append((name, p))
        self._first = (self._first + len(chosen)) % max(len(self._parameters), 1)
        return chosen

    def _took(self, copying: float, counting: float) -> None:
        self._cost = copying + counting


class _Copy(NamedTuple):
    name: str
    of: str
    numbers: "torch.Tensor"
    """In one row, and not empty."""
    stream: "torch.cuda.Stream | None"
    """Where on a GPU they are copied."""


class Sample(NamedTuple):
    """Numbers that are not counted yet: copies, still where the parameters are."""

    branch: int
    at: int
    t: float
    copies: list[_Copy]
    took: Callable[[float], None]
    """Is told how many seconds of computing it took to count them."""

    def counted(self) -> list[Histogram]:
        """A histogram of each, in two transfers: where the bins lie, and how many are in them; from any thread."""
        import torch

        began = time.thread_time()
        for stream in {copy.stream for copy in self.copies if copy.stream is not None}:
            stream.synchronize()  # what is asked for from another thread does not wait for the copies by itself
        with torch.no_grad():
            rows = [x.float() if x.dtype.itemsize < 4 else x for x in (copy.numbers for copy in self.copies)]
            ends = _fetched([torch.stack(row.aminmax()) for row in rows])
            for i, (low, high) in enumerate(ends):
                if not math.isfinite(high - low):  # one number that isn't finite makes one of the ends so
                    rows[i] = rows[i][rows[i].isfinite()]
                    ends[i] = _fetched([torch.stack(rows[i].aminmax())])[0] if len(rows[i]) else [0.0, 0.0]
            counts = _fetched([_binned(row, low, high) for row, (low, high) in zip(rows, ends, strict=True)])
        found = [self._histogram(*of_one) for of_one in zip(self.copies, ends, counts, strict=True)]
        self.took(time.thread_time() - began)
        return found

    def _histogram(self, copy: _Copy, ends: list[float], counts: list[float]) -> Histogram:
        low, high = ends
        finite = sum(counts)
        return Histogram(
            branch=self.branch,
            name=copy.name,
            of=copy.of,
            at=self.at,
            t=self.t,
            low=low,
            high=high,
            counts=tuple(counts if low < high else counts[: bool(finite)]),
            nonfinite=copy.numbers.numel() - int(finite),
        )


def _entries(gradient: "torch.Tensor | None") -> "torch.Tensor | None":
    """Those that it has."""
    return gradient.coalesce().values() if gradient is not None and gradient.is_sparse else gradient


def _copied(numbers: "torch.Tensor") -> "tuple[torch.Tensor, torch.cuda.Stream | None]":
    """A copy of some of the entries in one row, and where it is being made."""
    import torch

    # In the order in which they lie in memory: so the row is no copy of its own of a parameter that is transposed.
    order = sorted(range(numbers.dim()), key=numbers.stride, reverse=True)
    row = numbers.detach().permute(order).reshape(-1)
    every = -(-len(row) // OF_ONE)
    # A distance that divides a row of the parameter would take them all from the same columns.
    while math.gcd(every, len(row)) > 1:
        every += 1
    stream = torch.cuda.current_stream(row.device) if row.is_cuda else None
    return row[::every].clone(), stream


def _binned(numbers: "torch.Tensor", low: float, high: float) -> "torch.Tensor":
    """How many of some finite numbers lie in each of MAX_BINS bins from the smallest to the largest of them."""
    # Halved, since the distance between the ends of what single precision holds is more than it holds; and what is
    # next to no distance is not divided by.
    bins_a_unit = MAX_BINS / max(high / 2 - low / 2, _NARROWEST)
    bins = numbers.mul(0.5).sub_(low / 2).mul_(bins_a_unit).clamp_(0, MAX_BINS - 1).long()
    counts = numbers.new_zeros(MAX_BINS)
    return counts.scatter_add_(0, bins, numbers.new_ones(1).expand(len(numbers)))


def _fetched(rows: "list[torch.Tensor]") -> list[list[float]]:
    """The numbers in rows of the same length, wherever they are, in a single transfer."""
    import torch

    found: list[list[float]] = torch.stack([row.to(rows[0].device) for row in rows]).tolist() if rows else []
    return found
