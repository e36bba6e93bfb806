"""Linear regression by minibatch descent written out by hand, on any table, without saying which problem it is.

By hand, after = before − lr·gradient holds to the last bit. With torch.optim.SGD it would not: where the processor
can, product and difference are rounded once together, and about one step in sixteen ends a bit beside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer.catalog import REGRESSION_LOSSES, Settings
from trainer.data import Table, generator, least_squares, least_squares_through_origin, minibatches
from trainer.descent import descend
from trainer.line import Line, draw_floors, measure_line, numbered, summarize_line
from trainer.loss_names import WORDS
from trainer.losses import LOSSES, Loss, mse
from trainer.preview import first_minibatch, show_data, show_minibatch
from trainer.surface import Place
from trainer.two_weights import Goal, over_line


class LinearRegression:
    """Weights and, where the line has one, a bias, found by minibatch stochastic gradient descent.

    Each experiment is a subclass with a table of its own, and says in these attributes what is recorded.
    """

    measure_every = 20
    look_every = 10
    """Steps between two looks at the weights."""
    surface: tuple[Place, Place] | None = None
    """Where the grid of the loss surface begins and ends; None: as far as from the start to the truth, and beyond."""
    surface_loss: Loss = staticmethod(mse)
    surface_text = "mean squared error"

    def __init__(self, settings: Settings, *, data: Table, start: Line, truth: Sequence[float]) -> None:
        """Learn from `data`, beginning at `start`; `truth` holds the true weights and, if there is one, the bias."""
        self.data = data.to(settings.device)
        self.batch_size = settings.batch_size
        self.order = generator(settings.seed, "order")
        self.w = start.w.to(settings.device).requires_grad_()
        self.b = None if start.b is None else start.b.to(settings.device).requires_grad_()
        self.line = Line(self.w, self.b)
        self.parameters = tuple(self.line.parameters().values())
        self.truth = truth
        self.after_step: list[Callable[[], None]] = []

    def begin(self, run: Run, settings: Settings) -> None:
        """Say what can be watched and steered, and what is learnt from."""
        self.lr = run.tune("lr", settings.lr, label="learning rate", low=0.0)
        self.loss = run.choose("loss", {name: LOSSES[name] for name in REGRESSION_LOSSES}, settings.loss, words=WORDS)
        run.watch(self.line.parameters(), every=self.look_every)
        columns = [*numbered("x", len(self.w)), "y"]
        show_data(run, self.data, columns)
        show_minibatch(run, first_minibatch(self.data, settings), columns)
        self.draw_floor(run)
        self.draw_surface(run, settings)

    def batches(self) -> Iterator[Table]:
        """One epoch of minibatches."""
        return minibatches(self.data, self.batch_size, self.order)

    def predict(self, X: Tensor) -> Tensor:
        """Of shape (n, 1), from inputs of shape (n, inputs)."""
        return self.line.predict(X)

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        return descend(self.parameters, self.loss.value(self.predict(X), y), lr=self.lr.value)

    def measure(self) -> dict[str, float]:
        """Over all the data: the loss in use, the yardstick, and how far the line is from the true one."""
        with torch.no_grad():
            predicted = self.predict(self.data.X)
            losses = self.loss.value(predicted, self.data.y)
            return measure_line(self.line, self.truth, predicted=predicted, true=self.data.y, losses=losses)

    def results(self) -> dict[str, Mapping[str, float]]:
        """What is known only at the end of an epoch: nothing here."""
        return {}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, and the truth."""
        return summarize_line(self.line, self.truth)

    def draw_floor(self, run: Run) -> None:
        """The loss of the best line of this kind, as an exact solution gives it."""
        data = self.data.to("cpu")
        best = least_squares_through_origin(data) if self.b is None else least_squares(data)
        draw_floors(run, best.mse, data.y)

    def draw_surface(self, run: Run, settings: Settings) -> None:
        """The loss over two numbers of the line, the others at their true values; raises BadData."""
        names = self.line.names()
        if len(names) < 2:
            return
        follow = over_line(
            run,
            self.line,
            self.data,
            Goal(self.truth, "true"),
            names=names,
            plane=settings.plane,
            grid=self.surface,
            loss=self.surface_loss,
            text=self.surface_text,
            in_use=self.loss,
            every=self.look_every,
        )
        self.after_step.append(follow)
