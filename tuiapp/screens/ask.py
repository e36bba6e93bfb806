"""Small questions over the screen: yes or no, a number, one of several, and the help."""

import math
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click
from textual.widgets import Input, Static

from lintui.events import Declared
from tuiapp.conditions import View
from tuiapp.figures import three, typed
from tuiapp.keymap import Key
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.unhurried import UnhurriedModal
from tuiapp.widgets.rows import Rows

Answer = TypeVar("Answer")
ONE_CELL = "[ -~]*"
"""What may be typed: characters about whose width no two terminals differ."""
_LONGEST = 400
"""Characters of a number that is typed: more than any has, and few enough to draw at every key."""


class Question(UnhurriedModal[Answer | None], Generic[Answer]):
    """A box in the middle of the screen; escape answers nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+q", "cancel", show=False, priority=True),
    ]

    def action_cancel(self) -> None:
        """Go back as if nothing had been asked."""
        self.dismiss(None)


class Choose(Question[str]):
    """One of several, by its letter or with the arrows and enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j,tab", "move(1)", show=False),
        Binding("enter", "choose", show=False, priority=True),
    ]

    def __init__(self, question: str, options: dict[str, tuple[str, str]], chosen: str = "") -> None:
        """`options`: for each answer the key that gives it and what it does; `chosen` is marked first."""
        super().__init__()
        self.question = question
        self.options = options
        self.place = list(options).index(chosen) if chosen in options else 0

    def compose(self) -> ComposeResult:
        """The question over its options."""
        with Vertical(id="box"):
            yield Static(Text.assemble((self.question, strong(TEXT))), markup=False)
            yield Static(id="options", markup=False)

    def on_mount(self) -> None:
        """Show the options."""
        widest = max([len(self.question), *(len(f"{k}  {text}") + 4 for k, text in self.options.values()), 24])
        for box in self.query("#box"):  # none where the app ends at this moment
            box.styles.width = 6 + widest
        self._show()

    def _show(self) -> None:
        lines = []
        for i, (key, text) in enumerate(self.options.values()):
            here = i == self.place
            line = Text("› " if here else "  ", ACCENT).append(f"{key}  ", strong(ACCENT))
            lines.append(line.append(text, strong(TEXT) if here else DIM))
        for options in self.query("#options").results(Static):  # none when a key came before they are there
            options.update(Text("\n").join(lines))

    def action_move(self, by: int) -> None:
        """To the next option."""
        self.place = (self.place + by) % len(self.options)
        self._show()

    def action_choose(self) -> None:
        """Answer with the marked option."""
        self.dismiss(list(self.options)[self.place])

    def on_click(self, event: Click) -> None:
        """Answer with the option that was clicked."""
        if event.widget in [*self.query("#options")] and 0 <= event.y < len(self.options):
            self.dismiss(list(self.options)[event.y])

    def on_key(self, event: object) -> None:
        """Answer with the option whose key was pressed."""
        for answer, (key, _) in self.options.items():
            if getattr(event, "character", None) == key:
                self.dismiss(answer)


class EnterNumber(Question[float]):
    """An exact value for a knob; what can't be one is said at once and nothing is sent."""

    def __init__(self, knob: Declared, present: float | None) -> None:
        """Ask for a value of `knob`, showing the one in force."""
        super().__init__()
        self.knob = knob
        self.present = present

    def compose(self) -> ComposeResult:
        """The question, the field, and room for what is wrong."""
        bounds = f", {bounds}" if (bounds := allowed(self.knob)) else ""
        now = "–" if self.present is None else typed(self.present) if self.knob.below else three(self.present)
        with Vertical(id="box"):
            title = f"{self.knob.label}{bounds} (now {now})"
            example = f"for example {_example(self.knob)}"
            yield Static(Text.assemble((title, strong(TEXT))), markup=False)
            yield Input(placeholder=example, id="number", max_length=_LONGEST, restrict=ONE_CELL)
            yield Static(Text.assemble(("enter sets it, esc leaves it as it is", DIM)), id="wrong", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the number, or say why it is none."""
        try:
            self.dismiss(number(event.value, self.knob))
        except ValueError as error:
            self.query_one("#wrong", Static).update(Text(str(error), "bold"))


def allowed(knob: Declared) -> str:
    """Which values a knob takes, in a few words; empty: any."""
    low, high, below = (f"{bound:g}" if bound is not None else "" for bound in (knob.low, knob.high, knob.below))
    end = high or (f"below {below}" if below else "")
    if low and end:
        return f"from {low} to {end}"
    return f"{low} or above" if low else f"up to {end}" if high else end


def number(text: str, knob: Declared) -> float:
    """The value that was typed; raises ValueError with a line that says what is wrong."""
    text = text.strip()
    such = f"such as {_example(knob)}"
    if not text:
        raise ValueError(f"nothing was typed; a number is needed, {such}")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number; try one {such}") from None
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!r} is not a finite number; try one {such}")
    if knob.low is not None and value < knob.low:
        raise ValueError(f"the {knob.label} can't be below {knob.low:g}; try one {such}")
    if knob.high is not None and value > knob.high:
        raise ValueError(f"the {knob.label} can't be above {knob.high:g}; try one {such}")
    if knob.below is not None and value >= knob.below:
        raise ValueError(f"the {knob.label} has to stay below {knob.below:g}; try one {such}")
    return value


def _example(knob: Declared) -> str:
    """A value that the knob takes."""
    low = knob.low if knob.low is not None else -math.inf
    if knob.below is not None:
        return f"{knob.below - 0.1 * min(knob.below - low, 1.0):g}"
    value = max(0.01, low)
    return f"{value if knob.high is None else min(value, knob.high):g}"


class Help(Question[None]):
    """Every key that has something to do, and what the experiment is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,enter", "cancel", show=False, priority=True),
    ]

    def __init__(self, view: View, about: list[str], table: tuple[Key, ...]) -> None:
        """Show the keys of the table that have something to do in this view."""
        super().__init__()
        self.table = table
        self.view = view
        self.about = about

    def compose(self) -> ComposeResult:
        """The keys, and the words about the experiment."""
        with Vertical(id="box", classes="help"):
            if self.about:
                yield Static(Text.assemble(("\n".join(self.about), DIM)), id="about", markup=False)
            yield Rows(id="list")

    def on_mount(self) -> None:
        """Fill in the keys."""
        keys = [(row.shown, row.worded(self.view).help) for row in self.table if row.when(self.view)]
        keys.append(("arrows", "move in the pane in focus; hjkl, g, G too"))
        rows = [Text().append(f"{key:>10}  ", strong(TEXT)).append(does, DIM) for key, does in keys]
        for listed in self.query("#list").results(Rows):  # none where the app ends at this moment
            listed.show(rows)
            self._fit()
            listed.focus()

    def on_resize(self) -> None:
        """Leave out of sight what there is no room for; the list scrolls."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        about = sum(widget.size.height for widget in self.query("#about"))
        for keys in self.query("#list").results(Rows):  # none when the help was left meanwhile
            keys.styles.height = max(min(len(keys.rows), self.size.height - about - 5), 1)
