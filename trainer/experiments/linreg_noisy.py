"""Linear regression from scratch on ten times the samples with ten times the noise."""

from trainer.experiments.linreg_scratch import LinregScratch


class LinregNoisy(LinregScratch):
    """The same line under 10,000 labels that are off by 0.1."""

    samples = 10_000
    noise = 0.1


build = LinregNoisy
