"""From a foreign metric's name to split and name, so that runs of different tools overlay, without their values.

Our own logs say split "train" and name "loss", or "batch" for what belongs to a single step.
"""

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "eval": "eval",
    "evaluation": "eval",
    "test": "test",
    "testing": "test",
    "batch": "batch",
}
"""What tools call a split, in small letters, and what we call it."""
_NAMES = {"loss": "loss", "acc": "accuracy", "accuracy": "accuracy", "learning_rate": "lr"}
_OF_STEPS = ("_step", "/step")
_OF_EPOCHS = ("_epoch", "/epoch")


def split_and_name(raw: str, split: str = "") -> tuple[str, str]:
    """Where a series called `raw` belongs; `split` is where its row says that it was measured, if it does.

    What names no split is of "train"; what says that it is of a step is of "batch".
    """
    name, said = raw, SPLITS.get(split, "")
    is_of_steps = name.lower().endswith(_OF_STEPS)
    for ending in (*_OF_STEPS, *_OF_EPOCHS):
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
            break
    for sign in "/", "_", ".", " ":
        first, _, rest = name.partition(sign)
        if rest and first.lower() in SPLITS:
            said, name = said or SPLITS[first.lower()], rest
            break
        rest, _, last = name.rpartition(sign)
        if rest and last.lower() in SPLITS:
            said, name = said or SPLITS[last.lower()], rest
            break
    if is_of_steps and said in ("", "train"):
        said = "batch"
    return said or "train", _NAMES.get(name.lower(), name)


def tensor_and_kind(raw: str) -> tuple[str, str]:
    """Of which parameter a histogram is, and of its "weights", its "gradients", or empty where `raw` doesn't say."""
    lower = raw.lower()
    if "grad" in lower:
        for part in ("gradients", "gradient", "grads", "grad"):
            for shorter in (raw.removeprefix(f"{part}/"), raw.removesuffix(f"/{part}"), raw.removesuffix(f".{part}")):
                if shorter and shorter != raw:
                    return shorter, "gradients"
        return raw, "gradients"
    for part in ("weights", "parameters", "params"):
        if (shorter := raw.removeprefix(f"{part}/")) and shorter != raw:
            return shorter, "weights"
    return raw, "weights" if any(word in lower for word in ("weight", "bias", "kernel", "param")) else ""
