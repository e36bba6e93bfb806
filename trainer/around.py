"""The loss around a classifier's weights, on a plane of two random directions, drawn anew as they move.

One plane can't hold a path among thousands of weights: what is drawn is the neighbourhood of where they are, and of
the path its foot on the plane.
"""

import torch
from torch import Tensor

from lintui.run import Run
from trainer.data import Table
from trainer.directions import Directions
from trainer.losses import cross_entropy
from trainer.surface import Place, Plane, Surface

_SAMPLES = 200
"""Samples that the loss is measured on: with more, to draw it would hold up the keys."""
_REACH = 1.5
"""Lengths of a direction that the grid reaches at first."""


class Around:
    """The cross-entropy around weights of shape (inputs + 1, classes), of which the last row is the bias."""

    def __init__(self, run: Run, table: Table, stream: torch.Generator) -> None:
        """Measured on some samples of the table, with directions that are drawn from `stream` when first needed."""
        self._run, self._stream = run, stream
        X = table.X[:_SAMPLES].flatten(1)
        self._columns = torch.cat([X, torch.ones_like(X[:, :1])], dim=1)
        self._labels = table.y[:_SAMPLES]
        self._directions: Directions | None = None
        self._said = -1
        """The step after which the place was said last."""
        self._low, self._high = (-_REACH, -_REACH), (_REACH, _REACH)

    def draw(self, weights: Tensor) -> None:
        """Record the loss around these weights.

        Those of the first call are the center of the plane's axes, and each class's part of a direction is as long
        as its weights were then.
        """
        if self._directions is None:
            self._directions = Directions(weights.clone(), self._stream)
        columns, plane = self._columns, self._directions
        u, v = plane.place(weights)
        first, second = columns @ plane.first, columns @ plane.second
        surface = Surface(
            self._run,
            Plane(columns @ weights - u * first - v * second, first, second, self._labels),
            cross_entropy,
            lambda: (u, v),
            axes=Directions.names,
            low=self._low,
            high=self._high,
            text=f"cross-entropy on {len(columns)} images around the weights, along two filter-normalised directions",
        )
        surface.follow()
        self._low, self._high = surface.low, surface.high
        self._say((u, v))

    def say_place(self, weights: Tensor) -> None:
        """Record where on the plane the weights are, once there is one, and once for a step."""
        if self._directions is not None:
            self._say(self._directions.place(weights))

    def _say(self, place: Place) -> None:
        if self._run.at != self._said:
            self._said = self._run.at
            self._run.log(dict(zip(Directions.names, place, strict=True)), split="position")
