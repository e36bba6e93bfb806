"""The command line of somebody's own script: what it stands for, and the environment that lets lintui into it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import lintui
from tuiapp.options import Mistake


class CantRun(Mistake):
    """The script can't be started; the text is one line that says why and what to do."""


def command_of(line: Sequence[str]) -> list[str]:
    """The command that a line stands for: a script is run by the Python of the environment in use.

    Raises CantRun for a script that isn't there.
    """
    first = line[0]
    if not first.endswith(".py"):
        return list(line)
    if not Path(first).is_file():
        raise CantRun(f"there is no script {first}; name a file, or a command behind `--`")
    return [_python(), *line]


def _python() -> str:
    """What `python` means here: that of an environment that is switched on, or else our own."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        python = Path(os.environ.get(name) or "/nowhere") / "bin" / "python"
        if python.exists():
            return str(python)
    return sys.executable


def name_of(line: Sequence[str]) -> str:
    """What a run of this command line is called: its first script, or else the command."""
    script = next((word for word in line if word.endswith(".py")), line[0])
    return Path(script).stem or "run"


def environment(directory: Path) -> dict[str, str]:
    """The environment in which a script loads what watches it."""
    import filelock
    import orjson
    import platformdirs

    ours = Path(lintui.__file__).parent
    homes = {
        str(Path(module.__file__ or "").parent.parent): None for module in (lintui, orjson, filelock, platformdirs)
    }
    path = [str(ours / "boot"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        # Else Python would keep back what is printed, as it goes into no terminal.
        "PYTHONUNBUFFERED": "1",
        "LINTUI_RUN": str(directory),
        "LINTUI_HOME": os.pathsep.join(homes),
    }
