"""Small questions over the screen: yes or no, a number, one of several, and the help."""

import math
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tuiapp.figures import three
from tuiapp.keymap import Key, View
from tuiapp.look import ACCENT, DIM, TEXT, strong
from tuiapp.screens.unhurried import UnhurriedModal
from tuiapp.widgets.rows import Rows

Answer = TypeVar("Answer")


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
        self.query_one("#box").styles.width = 6 + max(
            [len(self.question), *(len(f"{k}  {text}") + 4 for k, text in self.options.values()), 24]
        )
        self._show()

    def _show(self) -> None:
        lines = []
        for i, (key, text) in enumerate(self.options.values()):
            here = i == self.place
            line = Text("› " if here else "  ", ACCENT).append(f"{key}  ", strong(ACCENT))
            lines.append(line.append(text, strong(TEXT) if here else DIM))
        self.query_one("#options", Static).update(Text("\n").join(lines))

    def action_move(self, by: int) -> None:
        """To the next option."""
        self.place = (self.place + by) % len(self.options)
        self._show()

    def action_choose(self) -> None:
        """Answer with the marked option."""
        self.dismiss(list(self.options)[self.place])

    def on_key(self, event: object) -> None:
        """Answer with the option whose key was pressed."""
        for answer, (key, _) in self.options.items():
            if getattr(event, "character", None) == key:
                self.dismiss(answer)


class EnterRate(Question[float]):
    """An exact learning rate; what can't be one is said at once and nothing is sent."""

    def __init__(self, present: float | None) -> None:
        """Show the rate that is in force."""
        super().__init__()
        self.present = present

    def compose(self) -> ComposeResult:
        """The question, the field, and room for what is wrong."""
        with Vertical(id="box"):
            yield Static(Text.assemble((f"learning rate (now {three(self.present)})", strong(TEXT))), markup=False)
            yield Input(placeholder="for example 0.01", id="rate")
            yield Static(Text.assemble(("enter sets it, esc leaves it as it is", DIM)), id="wrong", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the number, or say why it is none."""
        try:
            self.dismiss(learning_rate(event.value))
        except ValueError as error:
            self.query_one("#wrong", Static).update(Text(str(error), "bold"))


def learning_rate(text: str) -> float:
    """The learning rate that was typed; raises ValueError with a line that says what is wrong."""
    text = text.strip()
    if not text:
        raise ValueError("nothing was typed; a number is needed, such as 0.01")
    try:
        rate = float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number; try one such as 0.01") from None
    if not math.isfinite(rate):
        raise ValueError(f"{text[:40]!r} is not a finite number; try one such as 0.01")
    if rate < 0:
        raise ValueError(f"a learning rate can't be below 0; try {three(-rate)}")
    return rate


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
        keys = [(row.shown, row.help) for row in self.table if row.when(self.view)]
        keys.append(("arrows", "move in the pane in focus; hjkl, g, G too"))
        rows = [Text().append(f"{key:>10}  ", strong(TEXT)).append(does, DIM) for key, does in keys]
        self.query_one("#list", Rows).show(rows)
        self._fit()
        self.query_one("#list", Rows).focus()

    def on_resize(self) -> None:
        """Leave out of sight what there is no room for; the list scrolls."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        keys = self.query_one("#list", Rows)
        about = sum(widget.size.height for widget in self.query("#about"))
        keys.styles.height = max(min(len(keys.rows), self.size.height - about - 6), 1)
