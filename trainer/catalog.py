"""Each experiment's id, title and text, and the settings it can be started with, without torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from trainer import loss_names

REGRESSION_LOSSES = tuple(loss_names.REGRESSION)
CLASSIFICATION_LOSSES = tuple(loss_names.CLASSIFICATION)
BY_HAND = ("sgd",)
BY_TORCH = ("sgd", "adam", "adamw")
"""Optimizers: one that is written out, and those that come with torch."""

OPTIONS = ("inputs", "csv", "target", "features", "data", "plane")
"""Settings that not every experiment takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run of a built-in experiment is a function of."""

    lr: float
    """Learning rate at the start, 0 or above."""
    loss: str
    """One of the experiment's losses."""
    optimizer: str
    """One of the experiment's optimizers."""
    batch_size: int
    """Samples in a minibatch, from 1."""
    epochs: int
    """Passes over the training data, from 1."""
    seed: int = 0
    """Of the data, the weights at the start and the order of the samples; 0 or above."""
    device: str = "cpu"
    """Where the tensors live, in torch's words: "cpu", "cuda:0", "mps"."""
    inputs: int = 1
    """Inputs of the model, from 1, where an experiment lets that be chosen."""
    csv: str = ""
    """A file with a table, for the experiment that trains on one."""
    target: str = ""
    """The column of that table that is to be predicted."""
    features: str = ""
    """The columns that it is predicted from, with commas; empty: all others."""
    data: str = ""
    """A folder that holds the data set; empty: the cache, to which it is fetched."""
    plane: str = ""
    """The two weights that the loss surface is drawn over, with a comma; empty: the first two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One experiment, as the picker shows it."""

    id: str
    """What is typed after `lintui demo`."""
    title: str
    """A few words."""
    question: str
    """What a person learns from it, as the question that it answers."""
    look_for: str
    """What to look for, in one sentence."""
    try_this: str
    """A key to press, and what will be seen."""
    task: str
    """ "regression" or "classification"."""
    losses: tuple[str, ...]
    """Names of the losses that fit the task."""
    optimizers: tuple[str, ...]
    """Names of the optimizers that it can be started with."""
    samples: int | None
    """Samples in the training data, which with the batch size make the steps of an epoch; None: it depends."""
    speed: float
    """Steps a second that a person can follow, for the screen to start with."""
    defaults: Settings
    """What it is started with if nothing else is said."""
    module: str
    """The file in `trainer.experiments` that builds it."""
    options: tuple[str, ...] = ()
    """Settings that only this experiment and its like take: some of `OPTIONS`."""

    def steps(self, settings: Settings) -> int | None:
        """Steps of a whole run, where that is known before it starts."""
        return None if self.samples is None else steps(self.samples, settings)

    def config(self, settings: Settings) -> Mapping[str, int | float | str]:
        """The settings that mean something to this experiment, with its id, for the log."""
        others = set(OPTIONS) - set(self.options)
        return {"experiment": self.id, **{k: v for k, v in asdict(settings).items() if k not in others}}


def steps(samples: int, settings: Settings) -> int:
    """Steps of a whole run: the last batch of an epoch may be smaller, and is a step all the same."""
    return settings.epochs * -(-samples // settings.batch_size)


CATALOG = (
    Entry(
        id="linreg-scratch",
        title="linear regression, from scratch",
        question="How far down can the loss go when the data itself is noisy?",
        look_for="the loss falls onto the floor of the exact least-squares fit and stays there",
        try_this="press + five times: the loss jumps about above the floor; - as often lets it settle again",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=1_000,
        speed=20.0,
        defaults=Settings(lr=0.03, loss="half-squared", optimizer="sgd", batch_size=10, epochs=3),
        module="linreg_scratch",
        options=("plane",),
    ),
    Entry(
        id="linreg-concise",
        title="linear regression, from library parts",
        question="Do nn.Linear, nn.MSELoss and torch.optim.SGD come to the same answer?",
        look_for="the same weights, at twice the loss: MSELoss has no one half in front",
        try_this="press o and choose half-squared: the loss halves, the yardstick does not move",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_TORCH,
        samples=1_000,
        speed=20.0,
        defaults=Settings(lr=0.03, loss="mse", optimizer="sgd", batch_size=10, epochs=3),
        module="linreg_concise",
        options=("plane",),
    ),
    Entry(
        id="linreg-noisy",
        title="linear regression, larger and noisier",
        question="Does ten times the noise keep the weights from being found?",
        look_for="the loss settles at 0.005, half of 0.1²; the weights are found all the same",
        try_this="press + five times once it has settled: the loss jumps about above the floor; - as often calms it",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=10_000,
        speed=100.0,
        defaults=Settings(lr=0.03, loss="half-squared", optimizer="sgd", batch_size=10, epochs=10),
        module="linreg_noisy",
        options=("plane",),
    ),
    Entry(
        id="linreg-slow",
        title="linear regression, slow and long",
        question="Does a learning rate that is a hundred times smaller come to the same place?",
        look_for="a straight line down on the log axis for most of the run, and then the same floor",
        try_this="press + a few times on the way down: each time the line falls twice as steeply",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=1_000,
        speed=500.0,
        defaults=Settings(lr=0.0003, loss="half-squared", optimizer="sgd", batch_size=10, epochs=300, seed=20),
        module="linreg_scratch",
        options=("plane",),
    ),
    Entry(
        id="descent-path",
        title="the path downhill",
        question="Which way do the weights take down the surface of the loss?",
        look_for="the path from next to nothing to the true weights, in short steps where the surface is flat",
        try_this="press + six times: the steps overshoot the valley, further each time, and the path runs away",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=1_000,
        speed=10.0,
        defaults=Settings(lr=0.03, loss="half-squared", optimizer="sgd", batch_size=10, epochs=3),
        module="descent_path",
        options=("plane",),
    ),
    Entry(
        id="steepest",
        title="which way is down?",
        question="Why is subtracting the gradient the steepest way down?",
        look_for="of equal steps in 72 directions, the one along −gradient lowers the loss most, at every step",
        try_this="press space, then s: the lowest point turns with the gradient",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=1_000,
        speed=10.0,
        defaults=Settings(lr=0.03, loss="half-squared", optimizer="sgd", batch_size=10, epochs=3),
        module="steepest",
        options=("plane",),
    ),
    Entry(
        id="l1-line",
        title="L1 loss with a coarse step",
        question="Why does the loss not reach zero, though a line goes through every point?",
        look_for="w jumps to and fro around 1, and the mean over an epoch settles at ½·lr·mean(x)²",
        try_this="press - a few times: the plateau halves with the learning rate each time",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=10_000,
        speed=50.0,
        defaults=Settings(lr=1e-6, loss="l1", optimizer="sgd", batch_size=32, epochs=100),
        module="l1_line",
        options=("inputs", "plane"),
    ),
    Entry(
        id="exact-line",
        title="four points on a line",
        question="Does the loss reach zero where a line meets every point?",
        look_for="the loss on all data shrinks by the same factor in every epoch, on its way to 0",
        try_this="press + twice: the sample at 3 overshoots, and yet it is there sooner; a third time is too much",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=4,
        speed=4.0,
        defaults=Settings(lr=0.03, loss="mse", optimizer="sgd", batch_size=1, epochs=8),
        module="exact_line",
    ),
    Entry(
        id="wrong-label",
        title="four points, one wrong label",
        question="What does a single wrong label do to the loss, and to the weight?",
        look_for="however long it trains, the loss stays above the floor, and w near 1.02 rather than 1",
        try_this="press - a few times: the loss comes closer to the floor, but never under it",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=4,
        speed=10.0,
        defaults=Settings(lr=0.03, loss="mse", optimizer="sgd", batch_size=1, epochs=100),
        module="wrong_label",
    ),
    Entry(
        id="wrong-label-bias",
        title="one wrong label, and a bias",
        question="Can a bias make up for a wrong label?",
        look_for="it ends lower than without the bias, and still not at 0",
        try_this="press - a few times once it has settled: the loss comes down to the new floor",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=4,
        speed=20.0,
        defaults=Settings(lr=0.03, loss="mse", optimizer="sgd", batch_size=1, epochs=150),
        module="wrong_label_bias",
        options=("plane",),
    ),
    Entry(
        id="wrong-label-bend",
        title="one wrong label, and a bend",
        question="Was the label wrong, or the model too small?",
        look_for="with a bend at 3 the loss reaches 0 again",
        try_this="press + in the first epochs: now the bend throws w back each time, and it never gets there",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=4,
        speed=4.0,
        defaults=Settings(lr=0.03, loss="mse", optimizer="sgd", batch_size=1, epochs=30),
        module="wrong_label_bend",
    ),
    Entry(
        id="table",
        title="linear regression on your own table",
        question="What does a column of your own table depend on, and by how much?",
        look_for="the loss falls onto the floor of the exact fit, and the weights settle in your own units",
        try_this="press + five times: the loss jumps about above the floor; - as often brings it back",
        task="regression",
        losses=REGRESSION_LOSSES,
        optimizers=BY_HAND,
        samples=None,
        speed=50.0,
        defaults=Settings(lr=0.03, loss="half-squared", optimizer="sgd", batch_size=10, epochs=100),
        module="table",
        options=("csv", "target", "features", "plane"),
    ),
    Entry(
        id="softmax-blobs",
        title="softmax regression on three clouds",
        question="What is the best that straight borders can do between clouds that overlap?",
        look_for="train and test accuracy rise together and stop short of 1: the clouds overlap",
        try_this="press o and choose squared-error: the gradients shrink, the accuracy hardly moves",
        task="classification",
        losses=CLASSIFICATION_LOSSES,
        optimizers=BY_HAND,
        samples=900,
        speed=20.0,
        defaults=Settings(lr=0.1, loss="cross-entropy", optimizer="sgd", batch_size=30, epochs=10),
        module="softmax_blobs",
    ),
    Entry(
        id="softmax-scratch",
        title="softmax regression on Fashion-MNIST, from scratch",
        question="What can a single layer learn about pictures of clothes?",
        look_for="train and test accuracy rise together and flatten out: shirts, coats and pullovers stay mixed up",
        try_this="press + twice and the loss jumps about, - twice and it settles lower than if left alone",
        task="classification",
        losses=CLASSIFICATION_LOSSES,
        optimizers=BY_HAND,
        samples=None,
        speed=50.0,
        defaults=Settings(lr=0.1, loss="cross-entropy", optimizer="sgd", batch_size=256, epochs=10),
        module="softmax_scratch",
        options=("data",),
    ),
    Entry(
        id="softmax-concise",
        title="softmax regression on Fashion-MNIST, from library parts",
        question="Do nn.Linear, nn.CrossEntropyLoss and torch.optim.SGD do the same?",
        look_for="with the same seed every batch has the same loss as in softmax-scratch",
        try_this="press O and set the momentum to 0.9: the loss falls faster, and jumps about",
        task="classification",
        losses=CLASSIFICATION_LOSSES,
        optimizers=BY_TORCH,
        samples=None,
        speed=50.0,
        defaults=Settings(lr=0.1, loss="cross-entropy", optimizer="sgd", batch_size=256, epochs=10),
        module="softmax_concise",
        options=("data",),
    ),
)


def find(id: str) -> Entry:
    """The experiment with this id; raises KeyError."""
    for entry in CATALOG:
        if entry.id == id:
            return entry
    raise KeyError(id)
