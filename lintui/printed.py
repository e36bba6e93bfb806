"""Reads metrics out of the lines that a training script prints, without knowing the script.

What is taken for a metric has a name whose last word is one of a short list, so that "loss 0.69" is one and
"loading shard 3" is none.
"""

import re
from typing import NamedTuple

_WORDS = frozenset(
    {
        "loss",
        "accuracy",
        "acc",
        "ppl",
        "perplexity",
        "error",
        "err",
        "mse",
        "mae",
        "rmse",
        "nll",
        "bpc",
        "bpb",
        "bleu",
        "rouge",
        "wer",
        "cer",
        "f1",
        "auc",
        "map",
        "iou",
        "dice",
        "psnr",
        "precision",
        "recall",
        "reward",
        "return",
        "kl",
        "elbo",
        "norm",
        "gnorm",
        "lr",
        "learning_rate",
    }
)
"""Last words of names that are metrics; "val_loss" and "train/acc" end in one, too."""
_SPLITS = "train|training|tr|val|valid|validation|dev|eval|test"
_STEP = frozenset({"step", "steps", "global_step", "iter", "iters", "iteration", "update", "updates", "it"})
# Possessive, and of lengths that people print: a line of nothing but digits or letters is given up at once.
_NUMBER = r"[-+]?(?:(?:\d[\d,]{0,40}+(?:\.\d{0,400}+)?|\.\d{1,400}+)(?:[eE][-+]?\d{1,4}+)?|nan|inf(?:inity)?)"
_NAME = r"[A-Za-z_][\w/.-]{0,255}+"
_PAIR = re.compile(
    rf"(?<![\w.])(?P<split>(?:{_SPLITS})[\s/_.-]+)?['\"]?(?P<name>{_NAME})['\"]?"
    rf"(?:\s*[:=]\s*|\s+(?:is\s+|of\s+)?)(?P<number>{_NUMBER})(?:\s?(?P<percent>%)|/(?P<of>\d{{1,18}}+)(?![\w.]))?(?![\w])",
    re.IGNORECASE,
)
_TOPIC = re.compile(rf"\W*({_SPLITS})\b", re.IGNORECASE)
"""A line that begins so speaks of that split, as in "Test set: average loss 0.05"."""
_BRACKETED = re.compile(r"\b(?P<name>step|iter|iteration)s?\s*[\[(#]\s*(?P<number>\d{1,18}+)", re.IGNORECASE)
_LONGEST = 4_000
"""Characters of a line that are looked at."""
_MOST = 64
"""Metrics of a line at most."""


class Printed(NamedTuple):
    """What a line says: its metrics by name as printed, and the step that it names, if it does."""

    metrics: dict[str, float]
    step: int | None


def read(line: str) -> Printed:
    """The metrics in a line that was printed, such as "step 42 loss 0.69" or "{'loss': 0.69, 'epoch': 0.5}".

    A share in per cent, and one of so many ("9829/10000"), become one of 1. Progress bars and dictionaries are
    lines like any other. Names are in lower case.
    """
    metrics: dict[str, float] = {}
    topic = found[1] if (found := _TOPIC.match(line)) else ""
    step = int(found["number"]) if (found := _BRACKETED.search(line[:_LONGEST])) else None
    for pair in _PAIR.finditer(line[:_LONGEST]):
        name = pair["name"].strip("._/-")
        try:
            number = float(pair["number"].replace(",", ""))
        except ValueError:
            continue
        if name.lower() in _STEP:
            step = int(number) if step is None and number >= 0 and number.is_integer() else step
        elif _is_metric(name) and len(metrics) < _MOST:
            whole = 100 if pair["percent"] else int(pair["of"] or 1)
            metrics[_joined(pair["split"] or topic, name)] = number / whole if whole else number
    return Printed(metrics, step)


def _is_metric(name: str) -> bool:
    lower = name.lower()
    return lower in _WORDS or re.split(r"[\W_]+", lower)[-1] in _WORDS


def _joined(split: str, name: str) -> str:
    """A name as other tools write it: the split, a slash, the metric."""
    split, name = split.strip(" \t/_.-").lower(), name.lower()
    return f"{split}/{name}" if split and not re.match(rf"(?:{_SPLITS})[_/.-]", name) else name
