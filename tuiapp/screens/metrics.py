"""Which metric a chart shows: typing narrows the list of all that the runs have, enter chooses."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from lintui.known import Key
from tuiapp.metrics import name_of
from tuiapp.screens.search import Offer, Search


class Metric(NamedTuple):
    """An answer: one metric, or what the chart shows by itself."""

    key: Key | None


class ChooseMetric(Search[Metric]):
    """Dismissed with the metric that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
    ]
    ASKS = "a metric for this chart …"
    NOTHING = "no metric has these words in its name"

    def __init__(self, metrics: Sequence[tuple[Key, str]], chosen: Key | None) -> None:
        """Offer these, each with a word on it, and what the chart shows by itself."""
        by_itself = Offer("what it shows by itself", "", Metric(None))
        offered = [by_itself, *(Offer(name_of(key), about, Metric(key)) for key, about in metrics)]
        super().__init__(offered, next((i for i, one in enumerate(offered) if one.answer.key == chosen), 0))
