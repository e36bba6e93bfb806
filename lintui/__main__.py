"""The command's front door: finds the right packages and hands over, without loading a screen or torch itself."""

import os
import sys


def main() -> int:
    """Run the `lintui` command on `sys.argv` and return its exit code."""
    if sys.argv[1:] == ["--version"]:
        # Answered before anything else is imported: scripts ask for the version in loops.
        from lintui import __version__

        print(f"lintui {__version__}")
        return 0
    # Thousands of projects have a trainer.py of their own: ours must win over the working folder and PYTHONPATH.
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [home, *(entry for entry in sys.path if entry != home)]
    import signal

    from tuiapp.cli import run

    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # between two things that would have noted it
        code = 130
    # All that is left is to end: another ctrl+c would break that off with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
