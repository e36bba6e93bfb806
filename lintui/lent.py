"""The directory that `lintui run` made for a training: it goes to whoever begins a run in its process first."""

import os
from pathlib import Path

from lintui.rundir import RunDirectory


def take() -> RunDirectory | None:
    """The directory; None where there is none, or somebody has taken it. Of several ranks only the first gets it.

    From then on, whatever this process starts is not to be watched, nor to load anything of ours.
    """
    path = os.environ.pop("LINTUI_RUN", "")
    if not path:
        return None
    os.environ.pop("LINTUI_HOME", None)
    boot = str(Path(__file__).parent / "boot")
    entries = [entry for entry in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if entry != boot]
    if entries:
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)
    if os.environ.get("RANK", "0") != "0":
        return None
    log = Path(path) / "log.jsonl"
    # Where the person put it elsewhere, a link says where; a log is never created through one.
    return RunDirectory(Path(path), log.readlink() if log.is_symlink() else log)
