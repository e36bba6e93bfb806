"""lintui, the library that a training loop talks to; importing it is instant and loads no torch."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Run", "__version__", "init"]

if TYPE_CHECKING:
    from lintui.run import Run, init


def __getattr__(name: str) -> Any:
    if name in ("Run", "init"):
        from lintui import run

        return getattr(run, name)
    raise AttributeError(f"module 'lintui' has no attribute {name!r}")
