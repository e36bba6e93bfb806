"""One of a knob's options: its digit chooses it at once, or typing narrows the list and enter chooses."""

from lintui.events import Declared
from tuiapp.screens.search import Offer, Search

_DIGITS = "123456789"


class ChooseOption(Search[str]):
    """Dismissed with the name of the option that was chosen."""

    def __init__(self, knob: Declared) -> None:
        """Offer the options of `knob`, each with the words on it that there are; the present one is marked first."""
        self.ASKS = f"{knob.label} from now on …"
        self.NOTHING = f"no {knob.label} has this in its name"
        width = max(map(len, knob.choices), default=0)
        words = dict(zip(knob.choices, knob.words, strict=False))
        offered = [
            Offer(name.ljust(width), words.get(name, ""), name, _DIGITS[i : i + 1])
            for i, name in enumerate(knob.choices)
        ]
        super().__init__(offered, knob.choices.index(knob.value) if knob.value in knob.choices else 0)
