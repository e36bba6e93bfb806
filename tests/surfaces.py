"""Loss surfaces whose every number is known, and runs that went over them, to draw and to keep."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lintui import artifacts
from lintui.events import Array, Event, Layers, Record, Values, Watching
from lintui.state import RunState
from tuiapp.palette import Palette
from tuiapp.scene import Scene
from tuiapp.surface import NAME, Surface, read
from tuiapp.track import Goal, Place

PALETTE = Palette(text="white", axis="white", mark="white")
IN_ASCII = Palette(text="white", axis="white", mark="white", dots=(1, 1))
AXES = ("w[0]", "w[1]")
LOW, HIGH = (0.0, -5.0), (5.0, 0.0)
TRUE = (2.0, -3.4)
Loss = Callable[[np.ndarray, np.ndarray], np.ndarray]


def bowl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A quadratic around the true place."""
    with np.errstate(over="ignore"):
        return (x - TRUE[0]) ** 2 + (y - TRUE[1]) ** 2


def numbers(loss: Loss = bowl, shape: tuple[int, int] = (50, 50)) -> np.ndarray:
    """A loss at the places of a grid, rows along the first axis."""
    x, y = (np.linspace(*ends) for ends in zip(LOW, HIGH, shape, strict=True))
    return loss(x[:, None], y[None, :]).astype("<f4")


def said(grid: np.ndarray, **changes: object) -> Array:
    """The event that names the file of a surface."""
    fields = {"branch": 0, "name": NAME, "at": 0, "t": 0.0, "file": "loss-surface-0.bin", "shape": grid.shape}
    fields |= {"dtype": "float32", "crc32": "0", "shows": "surface", "axes": AXES, "low": LOW, "high": HIGH}
    return Array(**{**fields, "text": "squared distance", **changes})  # type: ignore[arg-type]


def surface(loss: Loss = bowl, shape: tuple[int, int] = (50, 50)) -> Surface:
    """A surface as it is read."""
    grid = numbers(loss, shape)
    return read(said(grid), grid.tobytes())


def scene(of: Surface, places: Sequence[Sequence[float]] = (), step: tuple[float, float] | None = None) -> Scene:
    """A surface with a way over it, step by step."""
    return Scene(of, [Place(at, *place) for at, place in enumerate(places)], 1, Goal("true", *TRUE), step)


def descent(steps: int = 40, lr: float = 0.05) -> np.ndarray:
    """Gradient descent on the bowl from (0, 0), in closed form: of shape (steps + 1, 2)."""
    shrunk = (1 - 2 * lr) ** np.arange(steps + 1)
    return np.array(TRUE) * (1 - shrunk[:, None]) + 0.0


def watched(places: np.ndarray, lr: float = 0.05) -> list[Event]:
    """A run that went this way on the bowl, a look at every step; its third row is a bias."""
    ats = tuple(range(1, len(places)))
    before, value = (tuple((*map(float, place), 4.2) for place in part) for part in (places[:-1], places[1:]))
    gradient = tuple((*map(float, 2 * (place - TRUE)), 0.0) for place in places[:-1])
    columns = {"before": before, "value": value, "gradient": gradient, "change": gradient}
    return [
        Watching(names=("b", *AXES)[::-1], shapes=("",) * 3, whole=(False,) * 3),
        Values(branch=0, split="true", at=0, t=0.0, values={"w[0]": TRUE[0], "w[1]": TRUE[1]}),
        *(
            Values(branch=0, split="train", at=at, t=0.0, values={"loss": float(bowl(*place))})
            for at, place in enumerate(places)
        ),
        *(
            Values(branch=0, split="slope", at=at, t=0.0, values=dict(zip(AXES, slope, strict=True)))
            for at, slope in enumerate((2 * (places - TRUE)).tolist())
        ),
        Layers(
            branch=0,
            at=ats,
            t=(0.0,) * len(ats),
            lr=(lr,) * len(ats),
            values={name: tuple((y, x, b) for x, y, b in column) for name, column in columns.items()},
        ),
    ]


def kept(folder: Path, grid: np.ndarray, at: int = 0, **changes: object) -> Array:
    """The surface in a file of a run's own folder, and the event that says so."""
    (folder / "artifacts").mkdir(mode=0o700, exist_ok=True)
    file, crc32 = artifacts.save(folder / "artifacts", NAME, at, grid.tobytes())
    return said(grid, **{"file": file, "crc32": crc32, "at": at, **changes})


def state(events: Sequence[Event]) -> RunState:
    """What is known after some events."""
    known = RunState()
    for n, event in enumerate(events):
        known.apply(Record(n, event))
    return known
