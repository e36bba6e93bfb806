"""A plane of two random directions through a point among a model's parameters, without the model."""

import torch
from torch import Tensor

from trainer.surface import Place


class Directions:
    """Two random directions from a point among the parameters, of shape (rows, filters), a filter a column.

    Each filter of a direction is as long as the same filter of the point (Li et al. 2018, "Visualizing the
    Loss Landscape of Neural Nets", section 4), so that a step of 1 means the same for large and small weights.
    """

    names = ("direction 1", "direction 2")

    def __init__(self, center: Tensor, stream: torch.Generator) -> None:
        """Draw them from `stream`."""
        self.center = center
        self.first, self.second = (self._direction(stream) for _ in self.names)
        spanned = torch.stack([self.first.flatten(), self.second.flatten()], dim=1)
        self._nearest = torch.linalg.pinv(spanned.cpu().double())

    def place(self, parameters: Tensor) -> Place:
        """Coordinates of the point of the plane that is nearest to `parameters`, of the shape of the center."""
        u, v = (self._nearest @ (parameters - self.center).flatten().cpu().double()).tolist()
        return u, v

    def _direction(self, stream: torch.Generator) -> Tensor:
        drawn = torch.randn(self.center.shape, generator=stream).to(self.center.device)
        scaled: Tensor = drawn * (self.center.norm(dim=0) / drawn.norm(dim=0))
        return scaled
