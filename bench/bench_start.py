"""`lintui --version` ÷ `python -c pass`, whole processes in turns, and what it loads."""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from turns import in_turns, ratio, spread, verdict

LINTUI = str(Path(sysconfig.get_path("scripts")) / "lintui")


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def loaded() -> set[str]:
    """Which heavy modules `lintui --version` loads."""
    look = (
        "import sys; sys.argv = ['lintui', '--version']; from lintui.__main__ import main; main(); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    output = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout
    return set(output.split()) & {"torch", "textual", "rich", "plotext", "argparse", "orjson"}


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    found = in_turns(
        {
            "lintui --version": lambda: seconds([LINTUI, "--version"]),
            "python -c pass": lambda: seconds([sys.executable, "-c", "pass"]),
        },
        rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 25,
    )
    for name, values in found.items():
        print(f"{name}: {spread(values)} s")
    heavy = loaded()
    print(f"heavy modules loaded: {', '.join(sorted(heavy)) or 'none'}")
    reached = verdict("version ÷ pass", ratio(found, "lintui --version", "python -c pass"), 3.0, at_least=False)
    return not (reached and not heavy)


if __name__ == "__main__":
    sys.exit(main())
