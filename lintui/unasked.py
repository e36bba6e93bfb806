"""Watches a training whose script knows nothing of lintui, through torch's own hooks and what the script prints.

The first step of an optimizer begins the run. Then the model and its loss modules are looked for once, among
all objects that there are: hooks on all modules at once would have torch.compile build other graphs.
"""

import atexit
import gc
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lintui.overheard import Overheard
from lintui.own import OwnRun
from lintui.rundir import RunDirectory, RunDirectoryError
from lintui.values import numbers

if TYPE_CHECKING:
    import torch

_OVERHEAD = 0.02
"""Share of the time that watching may take."""


class Stopped(KeyboardInterrupt):
    """Somebody asked for a clean end: what a script does at ctrl+c, it does now."""


class UnaskedRun(OwnRun):
    """A run of a script that says nothing itself."""

    def overhear(self, at: int, metrics: Mapping[str, float], split: str) -> None:
        """Record metrics of step `at`, from a thread beside the training's: nothing is counted, and no safe point is
        passed."""
        self._outbox.add(at, self.t, split, numbers(metrics, self._complain))

    def keep_instead(self, model: "torch.nn.Module | None") -> None:
        """Keep the whole model in checkpoints, where it was found, instead of the parameters by name."""
        if model is not None and self._models:
            self._models[-1] = model

    def _at_exit(self) -> None:
        if self.should_stop:  # what it was stopped with is no error of its own
            self.finish()
        super()._at_exit()


def watch_everything(directory: str) -> None:
    """Begin a run in `directory` with the first step of an optimizer in this process; torch.optim is loaded."""
    _Unasked(Path(directory)).listen()


class _Unasked:
    """What was found in a process, and the run that it became."""

    def __init__(self, directory: Path) -> None:
        log = directory / "log.jsonl"
        # Where the person put it elsewhere, a link says where; a log is never created through one.
        self._directory = RunDirectory(directory, log.readlink() if log.is_symlink() else log)
        self._run: UnaskedRun | None = None
        self._is_ours = True
        """Whether this process is the one that is watched."""
        self._watched: set[int] = set()
        """Optimizers that are watched, by id: they are kept alive by the run."""
        self._losses = _Losses()

    def listen(self) -> None:
        """Have torch say when an optimizer makes a step."""
        from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

        register_optimizer_step_pre_hook(self._before_step)
        register_optimizer_step_post_hook(self._after_step)
        os.register_at_fork(after_in_child=self._stay_silent)

    def _stay_silent(self) -> None:
        self._is_ours = False

    def _before_step(self, optimizer: "torch.optim.Optimizer", *_: Any) -> None:
        if id(optimizer) in self._watched or not self._is_ours:
            return
        try:
            self._watched.add(id(optimizer))
            self._watch(optimizer)
        except RunDirectoryError:  # another process of the same training is the one that is watched
            self._is_ours = False
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._is_ours = False
            print(f"lintui: this training can't be watched ({type(error).__name__}: {error})", file=sys.stderr)

    def _watch(self, optimizer: "torch.optim.Optimizer") -> None:
        self._run = self._run or self._begin()
        modules = [thing for thing in gc.get_objects() if _is_module(thing)]
        self._losses.listen(modules)
        names, model = named(optimizer, modules)
        self._run.watch(names, optimizer)
        self._run.keep_instead(model)

    def _begin(self) -> "UnaskedRun":
        run = UnaskedRun(
            Path(sys.argv[0]).stem or "python",
            self._directory,
            config={"command": shlex.join(sys.argv), "python": sys.version.split()[0]},
            group="",
            steps=None,
            overhead=_OVERHEAD,
            strict=False,
        )
        _leave_alone_what_starts_from_here()
        heard = Overheard(self._directory.output, run)
        atexit.register(heard.close)  # before the end of the run, which was registered before
        return run

    def _after_step(self, optimizer: "torch.optim.Optimizer", *_: Any) -> None:
        run = self._run
        if run is None or not self._is_ours or id(optimizer) not in self._watched:
            return
        if (loss := self._losses.take()) is not None:
            run.log({"loss": loss})
        if run.should_stop:
            raise Stopped


def _leave_alone_what_starts_from_here() -> None:
    """Whatever this process starts is not to be watched, nor to load anything of ours."""
    for name in ("LINTUI_RUN", "LINTUI_HOME"):
        os.environ.pop(name, None)
    here = str(Path(__file__).parent / "boot")
    entries = [entry for entry in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if entry != here]
    if entries:
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)


class _Losses:
    """The mean of what the loss modules gave since the last step, still on its device."""

    def __init__(self) -> None:
        self._heard: set[int] = set()
        self._sum: torch.Tensor | None = None
        self._count = 0

    def listen(self, modules: "Iterable[torch.nn.Module]") -> None:
        """Hear of every result of the loss modules among these."""
        from torch.nn.modules.loss import _Loss

        for module in modules:
            if isinstance(module, _Loss) and id(module) not in self._heard:
                self._heard.add(id(module))
                module.register_forward_hook(self._hear)

    def _hear(self, _: Any, __: Any, output: Any) -> None:
        import torch

        # Without a gradient it is an evaluation; being compiled, it is no result yet.
        if torch.compiler.is_compiling() or not getattr(output, "requires_grad", False) or output.numel() != 1:
            return
        value = output.detach()
        self._sum = value.clone() if self._sum is None else self._sum + value
        self._count += 1

    def take(self) -> "torch.Tensor | None":
        """The mean since the last call; None where there was nothing."""
        if self._sum is None:
            return None
        mean = self._sum if self._count == 1 else self._sum / self._count
        self._sum, self._count = None, 0
        return mean.reshape(())


def _is_module(thing: object) -> bool:
    from torch.nn import Module

    # Not isinstance: a proxy may do anything when it is asked for its class.
    return issubclass(type(thing), Module)


def named(
    optimizer: "torch.optim.Optimizer", modules: "Iterable[torch.nn.Module]"
) -> "tuple[Mapping[str, torch.nn.Parameter], torch.nn.Module | None]":
    """The optimizer's parameters by the names that they have in the smallest module that holds most, and that module.

    Those that it does not hold are named by their place, such as "group 0 [3]".
    """
    groups = [group["params"] for group in optimizer.param_groups]
    places = {id(p): (f"group {g} [{i}]", p) for g, group in enumerate(groups) for i, p in enumerate(group)}
    names: dict[int, str] = {}
    model, most = None, (0, 0)
    for module in modules:
        held = {id(p): name for name, p in module.named_parameters()}
        found = len(held.keys() & places.keys())
        # Of several that hold as many, the one that holds the least besides, which is the innermost.
        if found and (found, -len(held)) > most:
            names, model, most = held, module, (found, -len(held))
    return {names.get(id, place): p for id, (place, p) in places.items()}, model
