"""A linear model's weights and bias, and how far they are from the truth and from the best fit, without training."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.losses import mse

_ROUNDING = 1e-12
"""Share of the labels' mean square below which what is left over is rounding of 32-bit numbers."""


class Line(NamedTuple):
    """Weights of shape (inputs, 1) and a bias of shape (1,), or none."""

    w: Tensor
    b: Tensor | None = None

    def predict(self, X: Tensor) -> Tensor:
        """Of shape (n, 1), from inputs of shape (n, inputs)."""
        # With a bias X @ w + b, in one operation: in a model as small as this, what is slow is to begin one.
        return X @ self.w if self.b is None else torch.addmm(self.b, X, self.w)

    def parameters(self) -> dict[str, Tensor]:
        """The tensors that are learnt, by name."""
        return {"w": self.w} if self.b is None else {"w": self.w, "b": self.b}

    def flat(self) -> Tensor:
        """All its numbers, the bias last."""
        return torch.cat([p.detach().reshape(-1) for p in self.parameters().values()])

    def names(self) -> list[str]:
        """A name for each of its numbers: w, or w[0], w[1] … where there are more, and b."""
        return [*numbered("w", len(self.w)), *(["b"] if self.b is not None else [])]


def numbered(name: str, count: int) -> list[str]:
    """The name itself for one thing, and name[0], name[1] … for more."""
    return [name] if count == 1 else [f"{name}[{i}]" for i in range(count)]


def measure_line(
    line: Line, truth: Sequence[float], *, predicted: Tensor, true: Tensor, losses: Tensor
) -> dict[str, float]:
    """Mean loss, mean squared error, and the largest error among the weights and of the bias."""
    # One transfer for all of it: on a GPU, each would cost a wait.
    loss, yardstick, *found = torch.cat(
        [losses.mean().reshape(1), mse(predicted, true).mean().reshape(1), line.flat()]
    ).tolist()
    off = [abs(f - t) for f, t in zip(found, truth, strict=True)]
    off_w = off[: len(line.w)]
    # max() alone would pass over a NaN that does not come first.
    worst = math.nan if any(map(math.isnan, off_w)) else max(off_w)
    measured = {"loss": loss, "mse": yardstick, "error of w": worst}
    return measured if line.b is None else {**measured, "error of b": off[-1]}


def summarize_line(line: Line, truth: Sequence[float]) -> dict[str, Scalar]:
    """Weights and bias beside their true values."""
    found = zip(line.names(), line.flat().tolist(), truth, strict=True)
    return {key: value for name, f, t in found for key, value in ((name, f), (f"true {name}", t))}


def draw_floors(run: Run, floor: float, true: Tensor) -> None:
    """The loss of the exact least-squares fit, `floor` as its mean squared error: no such line can do better."""
    if floor <= _ROUNDING * float((true.cpu().double() ** 2).mean()):
        run.say("a line goes through all the labels: the floor of the loss is 0")
        return
    draw_levels(run, floor)


def draw_levels(run: Run, floor: float) -> None:
    """A mean squared error of `floor`, under each loss that is a multiple of it."""
    for loss, value in (("half-squared", floor / 2), ("mse", floor)):
        run.level("train", "loss", value, "floor (least squares)", under=loss)
