"""lintui, the library that a training loop talks to; importing it is instant and loads no torch."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Run", "__version__", "init"]

if TYPE_CHECKING:
    from lintui.own import init
    from lintui.run import Run


def __getattr__(name: str) -> Any:
    if name == "init":
        from lintui.own import init

        return init
    if name == "Run":
        from lintui.run import Run

        return Run
    raise AttributeError(f"module 'lintui' has no attribute {name!r}")
