"""Runs two or more sides in turns and compares medians: on a shared machine only a ratio in one run counts."""

import statistics
from collections.abc import Callable, Mapping


def in_turns(sides: Mapping[str, Callable[[], float]], *, rounds: int, warmup: int = 1) -> dict[str, list[float]]:
    """Call every side once a round, in turns, and return what each gave, the rounds of warming up left out."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for i in range(warmup + rounds):
        for name, side in sides.items():
            value = side()
            if i >= warmup:
                found[name].append(value)
    return found


def ratio(found: Mapping[str, list[float]], above: str, below: str) -> float:
    """The ratio of the medians of two sides."""
    return statistics.median(found[above]) / statistics.median(found[below])


def spread(values: list[float]) -> str:
    """Minimum, median and maximum, for judging how noisy the machine was."""
    return f"{min(values):.4g} … {statistics.median(values):.4g} … {max(values):.4g}"


def verdict(what: str, value: float, target: float, *, at_least: bool) -> bool:
    """Print the figure beside its target, and say whether it was reached."""
    reached = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    print(f"{what}: {value:.3g} (target {sign} {target:g}) {'reached' if reached else 'NOT reached'}")
    return reached
