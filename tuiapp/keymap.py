"""The one table of keys: dispatch, footer, help, palette and a person's own keys all follow from it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuiapp.conditions import (
    Condition,
    View,
    always,
    can_detach,
    can_keep,
    can_redo,
    can_undo,
    has_curves,
    has_exports,
    has_histograms,
    has_ledger,
    has_losses,
    has_output,
    has_pictures,
    has_rate,
    has_settings,
    has_several,
    has_speed,
    has_surface,
    is_zoomed,
    live,
    plays,
    replays,
    sees_surface,
)

if TYPE_CHECKING:
    from textual.binding import Binding


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
    paused: str = ""
    """For the footer what it does while the run is paused; empty: the same as elsewhere."""
    replaying: tuple[str, str] = ("", "")
    """For the footer and for the help what it does where a run is played again; empty: the same as elsewhere."""

    @property
    def name(self) -> str:
        """What a person calls the row in a configuration file, such as "set-rate"."""
        return self.called or self.action.partition("(")[0].replace("_", "-")

    def worded(self, view: View) -> "Key":
        """The row in the words of this view."""
        short, help = self.replaying
        if view.replays and help:
            return replace(self, short=short, help=help)
        return replace(self, short=self.paused) if view.state.paused and self.paused else self


KEYS = (
    Key(
        "space",
        "space",
        "pause",
        "pause",
        "pause, and go on",
        plays,
        paused="go on",
        replaying=("play", "play it again, and hold"),
    ),
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
    Key("C", "C", "clip", "", "cut outliers off and mark them, or show everything", has_curves),
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


def bindings() -> "list[Binding]":
    """The table in Textual's form; where a person has other keys, the app's keymap gives them by name."""
    from textual.binding import Binding

    return [
        Binding(row.keys, row.action, row.short or row.help, show=False, priority=True, id=row.name) for row in KEYS
    ]
