"""The one table of keys: dispatch, footer, help, palette and a person's own keys all follow from it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lintui.state import RunState
from tuiapp import arrays, keynames, ledger, surface
from tuiapp.options import nearest

if TYPE_CHECKING:
    from textual.binding import Binding


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


@dataclass(frozen=True, slots=True)
class Key:
    """One row: keys in Textual's names, how they are printed, what they do."""

    keys: str
    """Comma-separated, in Textual's names."""
    shown: str
    action: str
    short: str
    """A word or two for the footer; empty: not in the footer."""
    help: str
    when: Condition = always
    called: str = ""
    """What the action is called in a configuration file; empty: by the action's own name."""
    replaying: tuple[str, str] = ("", "")
    """For the footer and for the help what it does where a run is played again; empty: the same as elsewhere."""

    @property
    def name(self) -> str:
        """What a person calls the row in a configuration file, such as "set-rate"."""
        return self.called or self.action.partition("(")[0].replace("_", "-")

    def worded(self, view: View) -> "Key":
        """The row in the words of this view."""
        short, help = self.replaying
        return replace(self, short=short, help=help) if view.replays and help else self


KEYS = (
    Key("space", "space", "pause", "pause", "pause, and go on", plays, replaying=("play", "play it again, and hold")),
    Key("s", "s", "step", "step", "make one step, then pause again", plays, replaying=("step", "one step on")),
    Key("b", "b", "step_back", "back", "one step back", replays),
    Key("J", "J", "seek", "go to", "go to a step", replays),
    Key("B", "B", "to_beginning", "", "to the beginning", replays),
    Key("E", "E", "to_end", "", "to the end, and on with what is added", replays),
    Key("plus,equals_sign", "+", "scale_rate(2.0)", "lr ×2", "double the learning rate", has_rate, "double-rate"),
    Key("minus", "-", "scale_rate(0.5)", "lr ÷2", "halve the learning rate", has_rate, "halve-rate"),
    Key("L", "L", "set_rate", "set lr", "set an exact learning rate", has_rate),
    Key("o", "o", "choose_loss", "loss", "choose the loss", has_losses),
    Key("6", "6", "pane(5)", "ledger", "every step: is after = before − lr·gradient?", has_ledger, "pane-6"),
    Key("7", "7", "pane(6)", "surface", "the loss surface, and the way over it", has_surface, "pane-7"),
    Key(
        "D",
        "D",
        "switch_surface",
        "3-D",
        "a map, or in relief: arrows turn it",
        sees_surface,
        "relief",
    ),
    Key(
        "8",
        "8",
        "pane(7)",
        "pictures",
        "data, regions, matrices, images; n, N for the next one",
        has_pictures,
        "pane-8",
    ),
    Key(
        "H",
        "H",
        "pane(9)",
        "spread",
        "how weights and gradients are spread, over the steps",
        has_histograms,
        "histograms",
    ),
    Key("9", "9", "pane(8)", "runs", "the runs side by side", has_several, "pane-9"),
    Key("right_square_bracket", "]", "next_run(1)", "next run", "steer the next run", has_several, "next-run"),
    Key("left_square_bracket", "[", "next_run(-1)", "", "steer the run before", has_several, "previous-run"),
    Key(
        "O",
        "O",
        "set_optimizer",
        "optimizer",
        "set momentum, weight decay or another optimizer setting",
        has_settings,
    ),
    Key("u", "u", "undo", "set back", "set the last intervention back, from now on", can_undo),
    Key("U", "U", "redo", "forward", "set it forward again", can_redo),
    Key(
        "greater_than_sign",
        ">",
        "scale_speed(2.0)",
        "faster",
        "twice as many steps a second",
        has_speed,
        "faster",
        replaying=("faster", "play twice as fast"),
    ),
    Key(
        "less_than_sign",
        "<",
        "scale_speed(0.5)",
        "slower",
        "half as many steps a second",
        has_speed,
        "slower",
        replaying=("slower", "play half as fast"),
    ),
    Key("c", "c", "checkpoint", "checkpoint", "keep the training as it stands in a file", can_keep),
    Key("x", "x", "stop", "stop", "stop cleanly and keep the result", live),
    Key("y", "y", "next_scale", "y axis", "linear, log or symlog y axis of this chart"),
    Key("a", "a", "next_axis", "x axis", "x axis by step, epoch or time", has_curves),
    Key("w", "w", "next_smoothing", "smooth", "smoothing, from none to strong; raw stays visible", has_curves),
    Key("C", "C", "clip", "", "cut outliers off, and say how many; or everything in sight", has_curves),
    Key("v", "v", "cursor", "cursor", "a cursor with values; arrows or h, l, home, end move it", has_curves),
    Key("z", "z", "zoom_in", "zoom", "half as much in sight; arrows move it", has_curves),
    Key("Z", "Z", "zoom_out", "", "twice as much in sight", is_zoomed),
    Key("0", "0", "zoom_reset", "", "the whole run in sight", is_zoomed),
    Key("slash", "/", "filter", "filter", "only what contains some text, in this pane; esc clears", has_curves),
    Key("i", "i", "choose_metric", "metric", "choose which metric this chart shows", has_curves),
    Key("e", "e", "export", "export", "keep the numbers of this pane in a file", has_exports),
    Key("S", "S", "screenshot", "picture", "keep a picture of the screen in a file (SVG)"),
    Key("Y", "Y", "copy", "copy", "copy this pane as text, to the clipboard and a file"),
    Key("tab", "tab", "next_pane", "", "next pane"),
    Key("shift+tab", "shift+tab", "previous_pane", "", "previous pane"),
    Key("1", "1", "pane(0)", "", "loss", called="pane-1"),
    Key("2", "2", "pane(1)", "", "second metric", called="pane-2"),
    Key("3", "3", "pane(2)", "", "weights and gradients", called="pane-3"),
    Key("4", "4", "pane(3)", "", "what happened", called="pane-4"),
    Key("5", "5", "pane(4)", "", "what was printed", has_output, called="pane-5"),
    Key("enter", "enter", "maximise", "", "this pane alone, and all of them again"),
    Key("escape", "esc", "restore", "", "one step back"),
    Key("t", "t", "theme", "", "choose a theme"),
    Key("ctrl+z", "ctrl+z", "detach", "", "leave the screen, and go on training", can_detach),
    Key("r", "r", "redraw", "", "draw the screen again"),
    Key("question_mark", "?", "help", "help", "this help"),
    Key("q,ctrl+q,ctrl+c", "q", "leave", "quit", "leave; while training, asks first"),
)


_WAYS_OUT = ("ctrl+q", "ctrl+c")
_PALETTE = "ctrl+p"


def table(remapping: Mapping[str, str]) -> tuple[Key, ...]:
    """The rows with other keys, from a row's name to comma-separated keys; raises ValueError, a line each.

    Leaving stays on ctrl+q and ctrl+c whatever is asked for.
    """
    rows = {row.name: row for row in KEYS}
    for name, typed in remapping.items():
        if name not in rows:
            raise ValueError(f"no action is called {name!r}; {nearest(name, rows)}")
        rows[name] = _with_keys(rows[name], typed)
    bound: dict[str, str] = {}
    for row in rows.values():
        for key in row.keys.split(","):
            if key in bound:
                both = f"{keynames.shown(key)} is bound to both {bound[key]} and {row.name}"
                raise ValueError(f"{both}; give one of them another key")
            bound[key] = row.name
    return tuple(rows.values())


def _with_keys(row: Key, typed: str) -> Key:
    """The row on other keys."""
    keys = [keynames.named(key.strip()) for key in typed.split(",")]
    if row.action == "leave":
        keys += _WAYS_OUT
    elif taken := [key for key in keys if key in _WAYS_OUT]:
        raise ValueError(f"{taken[0]} always leaves; give {row.name} another key")
    if _PALETTE in keys:
        raise ValueError(f"{_PALETTE} is the command palette; give {row.name} another key")
    return replace(row, keys=",".join(dict.fromkeys(keys)), shown=keynames.shown(keys[0]))


def bindings() -> "list[Binding]":
    """The table in Textual's form; where a person has other keys, the app's keymap gives them by name."""
    from textual.binding import Binding

    return [
        Binding(row.keys, row.action, row.short or row.help, show=False, priority=True, id=row.name) for row in KEYS
    ]


def changed(rows: Iterable[Key]) -> dict[str, str]:
    """The keys of the rows that are not as they come, by name: a keymap for Textual."""
    return {row.name: row.keys for row in rows if row not in KEYS}


def footer(view: View, width: int, keys: Iterable[Key] = KEYS) -> list[Key]:
    """The rows that have something to do now and fit into a line, the way to help and out always among them."""
    rows = [row.worded(view) for row in keys if row.short and row.when(view)]
    room = width - 1 - sum(_width(row) for row in rows[-2:])
    fitting = []
    for row in rows[:-2]:
        room -= _width(row)
        if room < 0:
            break
        fitting.append(row)
    return fitting + rows[-2:]


def spans(rows: list[Key]) -> Iterator[tuple[Key, int, int]]:
    """Where each row of a footer stands: its first cell, and the first that is not its own any more."""
    start = 1
    for row in rows:
        yield row, start, start + _width(row) - 2
        start += _width(row)


def _width(row: Key) -> int:
    return len(row.shown) + len(row.short) + 3
