"""The loss surface over two weights of a linear model, the first two or those that somebody chose."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch

from lintui.knobs import Choice
from lintui.run import Run
from trainer.data import Table
from trainer.line import Line
from trainer.losses import Loss, mse
from trainer.surface import Place, Plane, Surface
from trainer.trouble import BadData

_BEYOND = 0.25
"""Share of the way from the start to the goal that a grid reaches beyond both, where nobody said how far."""
_TOLD = 10
"""Names that a mistake lists at most."""


class Goal(NamedTuple):
    """Where the numbers of a line should come to."""

    numbers: Sequence[float]
    """One for each of them, the bias last."""
    called: Literal["true", "minimum"]
    """What they are: those that the data were made with, or those of the smallest loss."""


def over_line(
    run: Run,
    line: Line,
    data: Table,
    goal: Goal,
    *,
    names: Sequence[str],
    plane: str,
    grid: tuple[Place, Place] | None = None,
    loss: Loss = mse,
    text: str,
    in_use: Choice[Loss],
    every: int,
) -> Callable[[], None]:
    """What records the surface over two numbers of a line, the others at the goal; says the goal's place.

    `names` are those of all its numbers, of which `plane` chooses two; where it is empty, the first two, over a
    `grid` that reaches from its first place to its second at first. Raises BadData where `plane` names no two.
    It is to be called before the first and after every step, and looks each `every` steps whether the path has left
    the grid. Of a run whose speed is limited it does so at each, and records the gradient over all the data of the
    loss `in_use`, too: from minibatch to minibatch, the step that comes is lr times that on average.
    """
    i, j = chosen(plane, names)
    rest = [k for k in range(len(names)) if k not in (i, j)]
    axes = names[i], names[j]
    run.log({name: goal.numbers[k] for k, name in ((i, axes[0]), (j, axes[1]))}, split=goal.called)
    columns = data.X if line.b is None else torch.cat([data.X, torch.ones_like(data.y)], dim=1)
    numbers = torch.tensor(goal.numbers, dtype=columns.dtype, device=columns.device).reshape(-1, 1)

    def place() -> Place:
        at = line.flat()
        u, v = torch.stack((at[i], at[j])).tolist()  # one transfer: on a GPU, each would cost a wait
        return u, v

    low, high = grid if grid is not None and not plane else _around(place(), (goal.numbers[i], goal.numbers[j]))
    surface = Surface(
        run,
        Plane(columns[:, rest] @ numbers[rest], columns[:, [i]], columns[:, [j]], data.y),
        loss,
        place,
        axes=axes,
        low=low,
        high=high,
        text=text + _others([names[k] for k in rest], goal),
        every=1 if run.is_limited else every,
    )

    if not run.is_limited:
        return surface.follow

    def follow() -> None:
        surface.follow()
        predicted = line.predict(data.X).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(in_use.value(predicted, data.y).mean(), predicted)
        along = (gradient * columns[:, [i, j]]).sum(dim=0).tolist()
        run.log(dict(zip(axes, along, strict=True)), split="slope")

    return follow


def chosen(plane: str, names: Sequence[str]) -> tuple[int, int]:
    """Which two of the numbers are meant; those of a person's own table also by the column alone. Raises BadData."""
    if not plane:
        return 0, 1
    meant = {name[2:-1]: i for i, name in enumerate(names) if name.endswith("]")}
    meant |= {name: i for i, name in enumerate(names)}
    # A column's name may have commas of its own.
    for comma in (k for k, character in enumerate(plane) if character == ","):
        one, other = (meant.get(part.strip()) for part in (plane[:comma], plane[comma + 1 :]))
        if one is not None and other is not None and one != other:
            return one, other
    there = ", ".join(names[:_TOLD]) + (" …" if len(names) > _TOLD else "")
    raise BadData(f"--plane needs two of {there} with a comma between them, not {plane!r}")


def _around(start: Place, goal: Place) -> tuple[Place, Place]:
    """A square that holds both, with room around them."""
    reach = (0.5 + _BEYOND) * (max(abs(g - s) for s, g in zip(start, goal, strict=True)) or 1.0)
    (x, y) = ((s + g) / 2 for s, g in zip(start, goal, strict=True))
    return (x - reach, y - reach), (x + reach, y + reach)


def _others(names: Sequence[str], goal: Goal) -> str:
    """Where the others are, as the end of a sentence."""
    if not names:
        return ""
    one = len(names) == 1
    if goal.called == "minimum":
        return f", {names[0] if one else 'the others'} where {'it is' if one else 'they are'} best"
    return f", {names[0]} at its true value" if one else ", the others at their true values"
