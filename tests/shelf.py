"""Arrays as runs keep them, made by NumPy: a file in a folder, and the event that names it."""

from pathlib import Path
from typing import Any

import numpy as np

from lintui import artifacts
from lintui.events import Array, Profile


def keep(folder: Path, name: str, numbers: np.ndarray, at: int = 0, **how: Any) -> Array:
    """Put the numbers into a file of the run in `folder`, and return what the run says about it."""
    data = numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()
    (folder / "artifacts").mkdir(parents=True, exist_ok=True)
    file, crc32 = artifacts.save(folder / "artifacts", name, at, data)
    return Array(
        branch=0,
        name=name,
        at=at,
        t=at / 20,
        file=file,
        shape=numbers.shape,
        dtype=numbers.dtype.name,
        crc32=crc32,
        **how,
    )


def profile(y: tuple[float, ...], at: int = 0, **changes: Any) -> Profile:
    """Numbers over the angles of a circle."""
    how = {"name": "which way is down", "x_name": "angle (°)", "y_name": "change of loss", "low": 0.0, "high": 355.0}
    return Profile(**{"branch": 0, "at": at, "t": at / 20, "y": y, "marks": {}, **how, **changes})
