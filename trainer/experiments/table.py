"""Linear regression from scratch on a table of the person's own: learnt standardised, told in its own units."""

import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from lintui.events import Scalar
from lintui.run import Run
from trainer import preview
from trainer.catalog import REGRESSION_LOSSES, Settings, steps
from trainer.data import Fit, Table, generator, least_squares, minibatches
from trainer.descent import descend
from trainer.layout import DELIMITERS, Layout, look
from trainer.line import Line, draw_levels
from trainer.loss_names import WORDS
from trainer.losses import LOSSES, mse
from trainer.meanwhile import EVERY
from trainer.reservoir import Reservoir
from trainer.scale import Scale, own_units
from trainer.table import Reading
from trainer.trouble import Stopped
from trainer.two_weights import Goal, over_line

MOST_NUMBERS = 50_000_000
"""Numbers that are kept of a table; of a larger one, a sample of its rows."""
MOST_SHOWN = 2_000
"""Rows of the preview, and those that the loss surface is measured on."""
LOOK_EVERY = 10
"""Steps between two looks at the weights."""
FEW = 8
"""Weights of so many features are told at every epoch, those of more at the end."""
LONG_EPOCH = 100_000
"""Steps of an epoch from which on a person should know how to make them fewer."""
EXACT = 1e-10
"""Where the mean squared error of the exact fit is below this, single precision knows it from 0 no more."""


class TableRegression:
    """A weight for each feature and a bias, trained by hand-written descent."""

    measure_every = 20

    def __init__(self, settings: Settings) -> None:
        """Nothing is read yet: that may take long, and begins where it can be stopped."""
        self.after_step: list[Callable[[], None]] = []
        self.data = Table(torch.empty(0, 0), torch.empty(0, 1))

    def begin(self, run: Run, settings: Settings) -> None:
        """Read the table, and say what can be watched and steered; raises BadData and Stopped."""
        self.layout = look(settings.csv, target=settings.target, features=settings.features)
        columns = read(self.layout, run, seed=settings.seed)
        show_rows(run, self.layout, columns)
        self.scales, data = standardised(self.layout, columns)
        del columns  # twice as large as what is learnt from
        self.data = data.to(settings.device)
        self.batch_size = settings.batch_size
        self.order = generator(settings.seed, "order")
        show_minibatch(run, self.layout, self.data, settings)

        start = 0.01 * torch.randn(len(self.layout.features), 1, generator=generator(settings.seed, "weights"))
        self.w = start.to(settings.device).requires_grad_()
        self.b = torch.zeros(1, device=settings.device, requires_grad=True)
        self.lr = run.tune("lr", settings.lr, label="learning rate", low=0.0)
        self.loss = run.choose("loss", {name: LOSSES[name] for name in REGRESSION_LOSSES}, settings.loss, words=WORDS)
        run.watch({"w": self.w, "b": self.b}, every=LOOK_EVERY, entries={"w": self.layout.features})

        rows = len(self.data.y)
        run.plan(steps=steps(rows, settings), epochs=settings.epochs)
        if rows // settings.batch_size > LONG_EPOCH:
            run.say(f"an epoch has {rows // settings.batch_size:,} steps; --batch-size makes it shorter")
        # To look at all of a large table takes as long as thousands of steps.
        self.measure_every = max(self.measure_every, rows // 500)
        fit = least_squares(self.data.to("cpu"))
        self.draw_floors(run, fit)
        self.draw_surface(run, fit, settings)

    def draw_floors(self, run: Run, fit: Fit) -> None:
        """The errors of the exact least-squares fit: no other weights can do better on this table."""
        if fit.mse < EXACT:
            run.say("the exact fit has no error: there is no floor to fall onto")
            return
        draw_levels(run, fit.mse)
        error = math.sqrt(fit.mse) * self.scales[-1].deviation
        run.say(f"the exact fit has a typical error of {error:.5g}")

    def draw_surface(self, run: Run, fit: Fit, settings: Settings) -> None:
        """The loss over two of the weights, on some of the rows where there are many; raises BadData."""
        rows = len(self.data.y)
        some = Table(*(part[:: -(-rows // MOST_SHOWN)] for part in self.data))
        which = f" on {len(some.y):,} of {rows:,} rows" if len(some.y) < rows else ""
        follow = over_line(
            run,
            Line(self.w, self.b),
            some,
            Goal(fit.numbers, "minimum"),
            names=[*(f"w[{name}]" for name in self.layout.features), "b"],
            plane=settings.plane,
            text=f"mean squared error{which}, standardised",
            in_use=self.loss,
            every=LOOK_EVERY,
        )
        self.after_step.append(follow)

    def batches(self) -> Iterator[Table]:
        """One epoch of minibatches."""
        return minibatches(self.data, self.batch_size, self.order)

    def learn(self, X: Tensor, y: Tensor) -> float:
        """One update from one minibatch; returns the mean loss over it, before the update."""
        return descend((self.w, self.b), self.loss.value(X @ self.w + self.b, y), lr=self.lr.value)

    def measure(self) -> dict[str, float]:
        """Over all rows: the loss in use and the yardstick, standardised, and the typical error in own units."""
        with torch.no_grad():
            predicted = self.data.X @ self.w + self.b
            losses = self.loss.value(predicted, self.data.y)
            loss, yardstick = torch.stack([losses.mean(), mse(predicted, self.data.y).mean()]).tolist()
        # The root mean square of what the predictions are off.
        return {"loss": loss, "mse": yardstick, "typical error": math.sqrt(yardstick) * self.scales[-1].deviation}

    def results(self) -> dict[str, Mapping[str, float]]:
        """At the end of an epoch, where they are few: the weights in own units."""
        return {"weights": self.weights()} if len(self.layout.features) <= FEW else {}

    def summary(self) -> dict[str, Scalar]:
        """Where it ended, in own units."""
        if not len(self.data.y):
            return {}
        return {**self.weights(), "typical error": self.measure()["typical error"], "rows": len(self.data.y)}

    def weights(self) -> dict[str, float]:
        """How much the target grows with each feature, both in own units, and the target where all are 0."""
        *w, b = torch.cat([self.w.detach().reshape(-1), self.b.detach()]).tolist()
        weights, intercept = own_units(w, b, self.scales[:-1], self.scales[-1])
        names = [f"{self.layout.target} per {name}" for name in self.layout.features]
        return {**dict(zip(names, weights, strict=True)), "intercept": intercept}


def read(layout: Layout, run: Run, *, seed: int, most: int = MOST_NUMBERS) -> list["array[float]"]:
    """The columns that are used, the target last, or where they have more than `most` numbers a sample of the rows.

    Raises BadData, and Stopped where the run is told to stop.
    """
    width = len(layout.used)
    kept = Reservoir(width, room=most // width, seed=seed)
    reading = Reading(layout)
    say_at = run.t + EVERY
    for block in reading.blocks():
        kept.add(block)
        run.answer()
        if run.should_stop:
            raise Stopped
        if run.t >= say_at:
            say_at += EVERY
            run.report(f"reading {layout.file}, {100 * reading.share:.0f} %: {reading.rows:,} rows")
    say_what_was_read(run, layout, reading, kept)
    return kept.columns


def say_what_was_read(run: Run, layout: Layout, reading: Reading, kept: Reservoir) -> None:
    """Tell how the file was understood, what is learnt from it, and in which units that is told."""
    mark = "comma" if reading.decimal == "," else "point"
    run.say(f"{layout.file}: {reading.rows:,} rows, columns by {DELIMITERS[layout.delimiter]}, decimals by {mark}")
    if layout.encoding == "latin-1":
        run.say("it is no UTF-8 and was taken for Latin-1")
    if kept.seen > kept.room:
        run.say(f"an even random sample of {kept.room:,} rows is kept")
    features = " and ".join(layout.features) if len(layout.features) <= FEW else f"{len(layout.features)} columns"
    run.say(f"{layout.target} from {features}, all standardised")
    run.say("mse 1: no better than to predict the mean alone")
    run.say(f"the typical error is in the units of {layout.target}")


def standardised(layout: Layout, columns: Sequence["array[float]"]) -> tuple[list[Scale], Table]:
    """The scale of each column, and all of them standardised; raises BadData where one can't be."""
    scales = []
    numbers = torch.empty(len(columns[0]), len(columns))
    for i, (name, column) in enumerate(zip(columns_of(layout), columns, strict=True)):
        values = torch.frombuffer(column, dtype=torch.double)
        scale = Scale.of(values)
        if not 0 < scale.deviation < math.inf:
            raise layout.without_spread(name)
        numbers[:, i] = scale.standardise(values)
        scales.append(scale)
    return scales, Table(numbers[:, :-1], numbers[:, -1:])


def show_rows(run: Run, layout: Layout, columns: Sequence["array[float]"]) -> None:
    """Keep some rows as they stand in the table, to be looked at before the training."""
    rows = len(columns[0])
    shown = min(rows, MOST_SHOWN)
    places = [i * rows // shown for i in range(shown)]
    numbers = torch.tensor([[column[place] for column in columns] for place in places])
    which = f"{shown:,} of {rows:,} rows, evenly chosen" if shown < rows else f"all {rows:,} rows"
    preview.show_rows(run, "data", numbers, columns_of(layout), f"{which}, in their own units")


def show_minibatch(run: Run, layout: Layout, data: Table, settings: Settings) -> None:
    """Keep the first minibatch as it will come."""
    X, y = preview.first_minibatch(data, settings)
    text = f"X {len(X)}×{X.shape[1]} and y {len(y)}×1, standardised"
    preview.show_rows(run, "one minibatch", torch.cat([X, y], dim=1), columns_of(layout), text)


def columns_of(layout: Layout) -> tuple[str, ...]:
    """The names of the columns that are used, the target last."""
    return (*layout.features, layout.target)


build = TableRegression
