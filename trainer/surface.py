"""The loss over a plane through the parameters of a linear model, recorded anew wherever the path leaves it.

A model that is linear in its parameters is so on every plane through them: its outputs there are
base + u·first + v·second, so that the loss on a whole grid takes no model at all.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lintui.run import Run
from trainer.floats import packed
from trainer.losses import Loss

SIZE = 50
"""Places along each axis of the grid."""
_MARGIN = 0.1
"""Share of the grid's width that it reaches beyond the path when it has to be widened."""
_WIDENINGS = 12
"""Times at most that a path is followed which runs away."""

Place = tuple[float, float]


class Plane(NamedTuple):
    """The outputs of a model over two coordinates, each part of shape (samples, outputs), and the truth."""

    base: Tensor
    first: Tensor
    second: Tensor
    true: Tensor

    def losses(self, loss: Loss, u: Tensor, v: Tensor) -> Tensor:
        """Mean loss over the samples at every place of a grid, of shape (len(u), len(v))."""
        true = torch.cat([self.true] * len(v))
        across = v.reshape(-1, 1, 1) * self.second
        # A row at a time: all at once would be 2,500 times the data.
        rows = [loss((self.base + along * self.first + across).flatten(0, 1), true) for along in u]
        return torch.stack([row.reshape(len(v), -1).mean(dim=1) for row in rows])


class Surface:
    """Follows a path over a plane: records the losses on a grid, and again, widened, when the path leaves it."""

    def __init__(
        self,
        run: Run,
        plane: Plane,
        loss: Loss,
        place: Callable[[], Place],
        *,
        axes: tuple[str, str],
        low: Place,
        high: Place,
        text: str,
        every: int = 1,
    ) -> None:
        """`place` says where the path is, each `every` steps; the grid reaches from `low` to `high` at first."""
        self.every = every
        self.run, self.plane, self.loss, self.place = run, plane, loss, place
        self.axes, self.low, self.high, self.text = axes, low, high, text
        self.recorded = 0
        """How often it was."""

    def follow(self) -> None:
        """Record the surface if it never was, or if the path is outside the grid."""
        if self.run.at % self.every:
            return
        place = self.place()
        if self.recorded > _WIDENINGS or not all(map(math.isfinite, place)):
            return
        low, high = self._widened(place)
        if self.recorded == 0 or (low, high) != (self.low, self.high):
            self.low, self.high = low, high
            self._record()

    def _widened(self, place: Place) -> tuple[Place, Place]:
        lows, highs = [], []
        for at, low, high in zip(place, self.low, self.high, strict=True):
            margin = _MARGIN * (max(high, at) - min(low, at))
            lows.append(low if at >= low else at - margin)
            highs.append(high if at <= high else at + margin)
        return (lows[0], lows[1]), (highs[0], highs[1])

    def _record(self) -> None:
        self.recorded += 1
        base = self.plane.base
        u, v = (
            torch.linspace(low, high, SIZE, device=base.device, dtype=base.dtype)
            for low, high in zip(self.low, self.high, strict=True)
        )
        with torch.no_grad():
            data = packed(self.plane.losses(self.loss, u, v))
        self.run.picture(
            "loss surface",
            (SIZE, SIZE),
            "float32",
            data,
            shows="surface",
            axes=self.axes,
            low=self.low,
            high=self.high,
            text=self.text,
        )
