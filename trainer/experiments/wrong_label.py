"""Four points of which one bears a wrong label: no line through the origin meets them all."""

from trainer.experiments.exact_line import ExactLine


class WrongLabel(ExactLine):
    """The last label is 3.1 where the line says 3."""

    labels = (0.0, 1.0, 2.0, 3.1)


build = WrongLabel
