"""Loaded by Python itself in a process that `lintui run` starts: waits for torch.optim, and touches nothing else.

It stands first on PYTHONPATH, hands on to any other sitecustomize, and never makes a script fail. Nothing
of lintui is imported before the script itself imports torch.optim.
"""

import os
import sys
from importlib import import_module
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def _hand_on() -> None:
    """Run the sitecustomize that Python would have found without this one."""
    ours = sys.modules.pop("sitecustomize", None)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    try:
        import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


class _Waiting:
    """An import finder that finds nothing, but learns that torch.optim is about to be imported."""

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        """Have lintui begin when the module has been loaded, by whoever loads it."""
        if name != "torch.optim":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_begin(module):  # type: ignore[no-untyped-def]
                load(module)
                _begin()

            setattr(spec.loader, "exec_module", load_and_begin)  # noqa: B010 - on this one object, not its class
        return spec


def _begin() -> None:
    try:
        _unasked().watch_everything()
    except Exception as error:  # noqa: BLE001 - the script goes on without us, whatever it is
        print(f"lintui: this training can't be watched ({type(error).__name__}: {error})", file=sys.stderr)


def _unasked() -> Any:
    """The module of the script's own lintui, or else of the one that started it."""
    before = list(sys.path)
    try:
        from lintui import unasked
    except ImportError:
        sys.path += os.environ.get("LINTUI_HOME", "").split(os.pathsep)
        try:
            from lintui import unasked
        finally:
            sys.path[:] = before
    return unasked


try:
    _hand_on()
finally:
    if os.environ.get("LINTUI_RUN") and "torch.optim" not in sys.modules:
        sys.meta_path.insert(0, _Waiting())
