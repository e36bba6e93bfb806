"""Puts columns on one scale, mean 0 and standard deviation 1, and a linear model back into their own units."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor


class Scale(NamedTuple):
    """What standardises a column: (value − mean) / deviation."""

    mean: float
    deviation: float
    """Root of the mean squared distance from the mean, in the column's own units."""

    @classmethod
    def of(cls, values: Tensor) -> "Scale":
        """The scale of values of shape (n,), in double precision; the deviation of a constant is exactly 0."""
        if values.min() == values.max():
            return cls(values[0].item(), 0.0)
        mean = values.mean()
        return cls(mean.item(), (values - mean).square().mean().sqrt().item())

    def standardise(self, values: Tensor) -> Tensor:
        """The values with mean 0 and standard deviation 1, in single precision."""
        return ((values - self.mean) / self.deviation).float()


def own_units(w: Sequence[float], b: float, features: Sequence[Scale], target: Scale) -> tuple[list[float], float]:
    """Weights and intercept for columns in their own units, of a model w·x + b of standardised ones.

    Solved for y from (y − mean)/deviation = Σ w_i (x_i − mean_i)/deviation_i + b.
    """
    weights = [w_i * target.deviation / x.deviation for w_i, x in zip(w, features, strict=True)]
    moved = sum(weight * x.mean for weight, x in zip(weights, features, strict=True))
    return weights, target.mean + target.deviation * b - moved
