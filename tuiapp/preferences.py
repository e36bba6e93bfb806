"""How a person wants the screen to be, whatever run is on it; without knowing where the wishes come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What flags, the environment and the configuration files may say about the screen."""

    theme: str = ""
    """A theme's name; empty: the one that suits the terminal."""
    ascii: bool = False
    """Whether to draw with nothing but ASCII."""
    budget: float = 0.1
    """Share of the trainer's time that drawing may take, above 0 and at most 1."""
    bandwidth: int | None = None
    """Bytes a second that may go to the terminal, from 1; None: as many as it takes."""
    fail_on: str = ""
    """Conditions that end the training with exit code 3, such as "nan,loss>5"; empty: none."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Other keys for actions: from an action's name to comma-separated keys in Textual's names."""
