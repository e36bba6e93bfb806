"""Watches a training whose script knows nothing of lintui, through torch's own hooks and what the script prints.

The first step of an optimizer begins the run. Then the model and its loss modules are looked for once, among
all objects that there are: hooks on all modules at once would have torch.compile build other graphs.
"""

import atexit
import gc
import os
import shlex
import sys
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lintui import lent
from lintui.overheard import Overheard
from lintui.own import OwnRun
from lintui.rundir import RunDirectory, RunDirectoryError
from lintui.values import numbers

if TYPE_CHECKING:
    import torch

_OVERHEAD = 0.02
"""Share of the time that watching may take."""
_MOST = 8
"""Optimizers that are watched side by side: each keeps its model in memory for as long as it is."""
_LEFT_BEHIND = 20
"""Steps that others make while the one that counts makes none, after which its training is taken to be over."""


class Stopped(KeyboardInterrupt):
    """Somebody asked for a clean end: what a script does at ctrl+c, it does now."""


class UnaskedRun(OwnRun):
    """A run of a script that says nothing itself."""

    def overhear(self, at: int, metrics: Mapping[str, float], split: str) -> None:
        """Record metrics of step `at`, from a thread beside the training's: nothing is counted, and no safe point is
        passed."""
        values = numbers(metrics, self._complain)
        self._outbox.add((at, self.t, split, tuple(values), (), *values.values()))

    def keep_instead(self, model: "torch.nn.Module | None") -> None:
        """Keep the whole model in checkpoints, where it was found, instead of the parameters by name."""
        if model is not None and self._models:
            self._models[-1] = model

    def let_go(self) -> None:
        """Watch none of the models and optimizers any more, and keep none of them in memory."""
        for rates in self._rates:
            rates.release()
        for knob in self._told:
            self._steering.knobs.pop(knob, None)
        for kept in (self._rates, self._told, self._models, self._parameters):
            kept.clear()
        self._probe = self._sampler = self._rate = None
        self._is_hooked = False

    def _at_exit(self) -> None:
        if self.should_stop:  # what it was stopped with is no error of its own
            self.finish()
        super()._at_exit()


def watch_everything() -> None:
    """Begin a run in the directory that `lintui run` lends, with the first step of an optimizer in this process;
    torch.optim is loaded. A script that begins a run of its own before gets the directory, and is left alone."""
    _Unasked().listen()


class _Unasked:
    """What was found in a process, and the run that it became."""

    def __init__(self) -> None:
        self._run: UnaskedRun | None = None
        self._is_ours = True
        """Whether this process is the one that is watched."""
        self._watched: weakref.WeakSet[torch.optim.Optimizer] = weakref.WeakSet()
        self._left_alone: weakref.WeakSet[torch.optim.Optimizer] = weakref.WeakSet()
        self._counting: weakref.ref[torch.optim.Optimizer] | None = None
        """The first of those that are watched."""
        self._by_others = 0
        """Steps that the others have made since the last one of it."""
        self._losses = _Losses()

    def listen(self) -> None:
        """Have torch say when an optimizer makes a step."""
        from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

        register_optimizer_step_pre_hook(self._before_step)
        register_optimizer_step_post_hook(self._after_step)
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def _leave_to_parent(self) -> None:
        # Where nothing has begun, it may be the child that trains.
        self._is_ours = self._run is None

    def _before_step(self, optimizer: "torch.optim.Optimizer", *_: Any) -> None:
        if optimizer in self._watched or optimizer in self._left_alone or not self._is_ours:
            return
        try:
            if len(self._watched) >= _MOST or self._is_part_of_another(optimizer):
                self._left_alone.add(optimizer)
            elif self._run is not None or self._begin():
                self._watch(optimizer)
            else:
                self._is_ours = False
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._is_ours = False
            print(f"lintui: this training can't be watched ({type(error).__name__}: {error})", file=sys.stderr)

    def _is_part_of_another(self, optimizer: "torch.optim.Optimizer") -> bool:
        """Whether it moves the groups of one that is watched, as the one inside of a wrapper does: its rate would be
        multiplied twice, and its steps counted twice."""
        groups = {id(group) for other in self._watched for group in other.param_groups}
        return any(id(group) in groups for group in optimizer.param_groups)

    def _begin(self) -> bool:
        """Begin the run; whether it is for this process to say it."""
        directory = lent.take()
        if directory is None:
            return False
        try:
            self._run = run = _begun(directory)
        except (
            RunDirectoryError,
            FileExistsError,
        ):  # another process of the same training is the one that is watched
            return False
        heard = Overheard(directory.output, run)
        atexit.register(heard.close)  # before the end of the run, which was registered before
        return True

    def _watch(self, optimizer: "torch.optim.Optimizer") -> None:
        assert self._run is not None
        self._watched.add(optimizer)
        if self._counting is None:
            self._counting = weakref.ref(optimizer)
        modules = [thing for thing in gc.get_objects() if _is_module(thing)]
        self._losses.listen(modules)
        names, model = named(optimizer, modules)
        self._run.watch(names, optimizer)
        self._run.keep_instead(model)

    def _after_step(self, optimizer: "torch.optim.Optimizer", *_: Any) -> None:
        run = self._run
        if run is None or not self._is_ours or optimizer not in self._watched:
            return
        if (loss := self._losses.take()) is not None:
            run.log({"loss": loss})
        if run.should_stop:
            raise Stopped
        self._by_others = 0 if self._counts(optimizer) else self._by_others + 1
        if self._by_others >= _LEFT_BEHIND:
            self._go_on_with(optimizer, run)

    def _counts(self, optimizer: "torch.optim.Optimizer") -> bool:
        return self._counting is not None and self._counting() is optimizer

    def _go_on_with(self, optimizer: "torch.optim.Optimizer", run: UnaskedRun) -> None:
        """One training after another, as in a search or a cross-validation: the steps of this one count from now on,
        and what belongs to those before is not kept from being freed."""
        run.at += self._by_others
        self._by_others = 0
        self._counting = None
        self._watched.clear()
        self._left_alone.clear()
        run.let_go()
        try:
            self._watch(optimizer)
        except Exception as error:  # noqa: BLE001 - a monitor must never take the training down
            self._is_ours = False
            print(f"lintui: this training isn't watched any more ({type(error).__name__}: {error})", file=sys.stderr)


def _begun(directory: RunDirectory) -> UnaskedRun:
    """A run with what there is to know of a process; raises RunDirectoryError and OSError."""
    line = [str(word) for word in sys.argv] or ["python"]
    script = Path(line[0])
    return UnaskedRun(
        (script.parent.name if script.stem == "__main__" else script.stem) or "python",
        directory,
        config={"command": shlex.join(line), "python": sys.version.split()[0]},
        group="",
        steps=None,
        overhead=_OVERHEAD,
        strict=False,
    )


class _Losses:
    """The mean of what the loss modules gave since the last step, still on its device."""

    def __init__(self) -> None:
        self._heard: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        self._sum: torch.Tensor | None = None
        self._count = 0

    def listen(self, modules: "Iterable[torch.nn.Module]") -> None:
        """Hear of every result of the loss modules among these."""
        from torch.nn.modules.loss import _Loss

        for module in modules:
            if isinstance(module, _Loss) and module not in self._heard:
                self._heard.add(module)
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
