"""Four points of which one bears a wrong label, and a line with a bend that meets them all."""

import torch
from torch import Tensor

from lintui.run import Run
from trainer.experiments.wrong_label import WrongLabel


class WrongLabelBend(WrongLabel):
    """One weight, and 0.1 more for every prediction from 3 on."""

    def predict(self, X: Tensor) -> Tensor:
        """Of shape (n, 1); the bend itself has no slope, so that the gradient is that of the line."""
        straight = super().predict(X)
        return torch.where(straight >= 3, straight + 0.1, straight)

    def draw_floor(self, run: Run) -> None:
        """None: with the bend it is no linear least squares."""


build = WrongLabelBend
