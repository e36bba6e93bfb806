"""Four points of which one bears a wrong label, and a line that need not go through the origin: ŷ = w·x + b."""

from trainer.experiments.wrong_label import WrongLabel


class WrongLabelBias(WrongLabel):
    """One weight and a bias."""

    start_b = 0.0
    surface = ((0.0, -1.0), (2.0, 1.0))
    surface_text = "mean squared error; the true line is that without the wrong label"


build = WrongLabelBias
