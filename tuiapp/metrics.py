"""Which metrics runs have and how each is looked at by itself; without drawing any."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from lintui.known import Key
from lintui.state import RunState
from tuiapp.look import ACCENT
from tuiapp.plans import LOSS, NO_OTHER, PLACES, SECONDS, Plan, Row
from tuiapp.sight import Sight

_LARGER_IS_BETTER = (
    *("acc", "accuracy", "f1", "auc", "auroc", "precision", "recall", "score", "reward", "return"),
    *("bleu", "rouge", "iou", "map", "r2", "psnr", "ssim", "throughput"),
)
"""Words in the names of metrics of which more is better; of all others it is less."""
_OVER_DECADES = ("loss", "error", "mse", "perplexity", "nll")
"""Words in the names of metrics that fall over several powers of ten."""
_SET = ("lr", "rate", "epoch", "time", "seconds")
"""Words in the names of what is set or goes by, and says little about what was learnt."""
_LOOKED_AT = 500
"""Metrics of a run among which one is looked for that several runs have."""


def name_of(key: Key) -> str:
    """A metric as it is listed: "train loss", of a rank but the first with that."""
    return f"{key.split} {key.name}".strip() + (f" · rank {key.rank}" if key.rank else "")


def metrics_of(states: Iterable[RunState]) -> list[Key]:
    """All metrics of these runs, each once, in the order in which they came."""
    return list(dict.fromkeys(key for state in states for key in state.series if key.split not in PLACES))


@lru_cache(maxsize=64)
def alone(key: Key) -> Plan:
    """The chart of one metric. The same for the same key: how it is looked at stays with it."""
    return Plan(
        name_of(key),
        (Row(key, name_of(key), ACCENT, sign="●"),),
        Sight(scale="log" if _has_word(key, _OVER_DECADES) else "linear", axis="step"),
        largest=_has_word(key, _LARGER_IS_BETTER),
    )


def charts_beside(states: Sequence[RunState]) -> tuple[Plan, Plan]:
    """What two charts of several runs show: their loss, and another metric, each one that most of them have."""
    has = [dict.fromkeys(islice(state.series, _LOOKED_AT)) for state in states]

    def most(preferred: Iterable[Key], others: Iterable[Key]) -> Key | None:
        candidates = dict.fromkeys((*preferred, *others))
        found = max(candidates, key=lambda key: sum(key in keys for keys in has), default=None)
        return found if found is not None and any(found in keys for keys in has) else None

    every = [key for key in dict.fromkeys(key for keys in has for key in keys) if key.split not in PLACES]
    first = most([row.key for row in reversed(LOSS.rows)], (key for key in every if _has_word(key, ("loss",))))
    first = first or most((), every)
    compared = [plan.compared for plan in SECONDS]
    rest = [key for key in every if key != first]
    measured = [key for key in rest if not _has_word(key, _SET)]
    # Another loss is hardly what is wanted beside a loss.
    others = [key for key in measured if not _has_word(key, ("loss", "mse"))]
    second = most(compared, others) or most((), measured) or most((), rest)
    return _chart_of(first) or LOSS, _chart_of(second) or NO_OTHER


def _chart_of(key: Key | None) -> Plan | None:
    """The chart in the table that compares runs by this metric, or else that of the metric alone."""
    if key is None:
        return None
    return next((plan for plan in (LOSS, *SECONDS) if plan.compared == key), None) or alone(key)


def _has_word(key: Key, words: Iterable[str]) -> bool:
    name = key.name.casefold()
    for sign in "/_-.@":
        name = name.replace(sign, " ")
    return not {*name.split()}.isdisjoint(words)
