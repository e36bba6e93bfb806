"""When a key has something to do: what is seen at the moment, and a condition for each kind of key."""

from collections.abc import Callable
from dataclasses import dataclass

from lintui.state import RunState
from tuiapp import arrays, ledger, surface


@dataclass(frozen=True, slots=True)
class View:
    """What decides whether a key has something to do at the moment."""

    state: RunState
    steers: bool
    """Whether commands can be given to the run from here."""
    detaches: bool = False
    """Whether the screen can be left while the run goes on in this process."""
    prints: bool = False
    """Whether what the run prints is kept."""
    several: bool = False
    """Whether other runs stand beside this one."""
    exports: bool = False
    """Whether the pane that the keys act on can be kept as numbers."""
    relief: bool = False
    """Whether the keys act on a surface."""
    zoomed: bool = False
    """Whether the chart that the keys act on shows a part of the run only."""
    replays: bool = False
    """Whether what is seen is a record that can be played again."""

    @property
    def live(self) -> bool:
        """Whether the run can still be told something."""
        return self.steers and self.state.ended is None and not self.state.stopping


Condition = Callable[[View], bool]


def always(_: View) -> bool:
    """The key is always there."""
    return True


def live(view: View) -> bool:
    """The run goes on."""
    return view.live


def plays(view: View) -> bool:
    """The run goes on, or can be played again."""
    return view.live or view.replays


def replays(view: View) -> bool:
    """The run can be played again."""
    return view.replays


def can_detach(view: View) -> bool:
    """The run goes on in this process, and can do so without the screen."""
    return view.live and view.detaches


def has_output(view: View) -> bool:
    """What the run prints is kept."""
    return view.prints


def has_rate(view: View) -> bool:
    """The run goes on and has a learning rate that can be changed."""
    return view.live and ("lr" in view.state.knobs or "lr.factor" in view.state.knobs)


def has_losses(view: View) -> bool:
    """The run goes on and has losses to choose from."""
    return view.live and "loss" in view.state.knobs


def has_settings(view: View) -> bool:
    """The run goes on and has an optimizer with settings that can be changed."""
    return view.live and bool(view.state.settings())


def has_speed(view: View) -> bool:
    """The run goes on and is held to a speed, or is played at one."""
    return view.replays or (view.live and "speed" in view.state.knobs)


def can_undo(view: View) -> bool:
    """There is an intervention that can be set back."""
    return view.live and bool(view.state.undoable)


def can_redo(view: View) -> bool:
    """There is a setting-back that can be set forward again."""
    return view.live and bool(view.state.redoable)


def can_keep(view: View) -> bool:
    """The run goes on and can keep what it has learned."""
    return view.live and "checkpoint" in view.state.knobs


def has_curves(view: View) -> bool:
    """There is something to be seen."""
    return bool(view.state.series)


def has_ledger(view: View) -> bool:
    """Every step can be read, as far as the run was looked at."""
    return ledger.has_ledger(view.state)


def has_several(view: View) -> bool:
    """Several runs stand beside each other."""
    return view.several


def has_surface(view: View) -> bool:
    """The run has a loss surface."""
    return surface.has_surface(view.state)


def sees_surface(view: View) -> bool:
    """The loss surface is in focus."""
    return view.relief


def has_pictures(view: View) -> bool:
    """Something larger than a number was recorded."""
    return arrays.has_pictures(view.state)


def has_histograms(view: View) -> bool:
    """How weights or gradients are spread was recorded."""
    return bool(view.state.histograms.by)


def has_exports(view: View) -> bool:
    """The pane in focus can be kept as numbers."""
    return view.exports


def is_zoomed(view: View) -> bool:
    """Only a part of the run is in sight."""
    return view.zoomed
