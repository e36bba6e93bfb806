"""What can be typed behind `lintui`: commands, flags and their help, without doing any of it."""

import argparse

from lintui import __version__
from trainer.catalog import CATALOG
from tuiapp import completion
from tuiapp.commands import COMMANDS
from tuiapp.commands.named import names
from tuiapp.flags import SOURCES, Help, Parser, add_record, examples, screen_flags
from tuiapp.limits import EXAMPLE
from tuiapp.options import number, rates, whole


def parser() -> argparse.ArgumentParser:
    """Parses a command line into a namespace whose `command` says what to do; raises Mistake."""
    whole_line = Parser(
        prog="lintui",
        description="Watch and steer PyTorch training from the terminal.\nWithout a command: choose an experiment.",
        formatter_class=Help,
        epilog=examples(
            "lintui",
            "lintui demo linreg-scratch",
            "lintui demo softmax-blobs --headless --log run.jsonl",
            "lintui view run.jsonl",
        )
        + SOURCES,
    )
    whole_line.add_argument("-V", "--version", action="version", version=f"lintui {__version__}")
    commands = whole_line.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=Parser)
    screen = screen_flags()
    commands.add_parser(
        "pick",
        parents=[screen],
        help="choose an experiment (what happens without a command)",
        description="Choose one of the built-in experiments, and watch it learn.",
        formatter_class=Help,
        epilog=examples("lintui", "lintui pick --theme light") + SOURCES,
    )
    demo = commands.add_parser(
        "demo",
        parents=[screen],
        help="train a built-in experiment",
        description="Train a built-in experiment, on the screen or, with --headless or off a\nterminal, without.",
        formatter_class=Help,
        epilog=examples(
            "lintui demo --list",
            "lintui demo linreg-scratch --lr 0.1 --seed 7",
            "lintui demo linreg-scratch --lr 0.1,0.03,0.01",
            "lintui demo softmax-blobs --preview",
            "lintui demo softmax-blobs --headless --log run.jsonl",
            f"lintui demo linreg-scratch --lr 3 --fail-on '{EXAMPLE}'",
        )
        + SOURCES,
    )
    _add_demo(demo)
    run = commands.add_parser(
        "run",
        parents=[screen],
        help="your own script, watched and steered",
        description="Run your own training script as it is, watched and steered; off a terminal or with\n"
        "--headless, what it prints and nothing more. Whatever comes behind its name is the\nscript's.",
        formatter_class=Help,
        epilog=examples(
            "lintui run train.py --epochs 3",
            "lintui run --headless --log run.jsonl train.py",
            "lintui run -- accelerate launch train.py",
        )
        + SOURCES,
    )
    run.add_argument("--headless", action="store_true", help="without a screen: what the script prints")
    add_record(run)
    line = run.add_argument("line", nargs=argparse.PARSER, metavar="SCRIPT", help="a .py file, or any command")
    completion.offer(line, completion.files)
    view = commands.add_parser(
        "view",
        parents=[screen],
        help="look at runs, finished or growing",
        description="Look at a log, finished or growing, at several over each other, or choose from a\n"
        "folder of them; off a terminal, their summaries, or the list.",
        formatter_class=Help,
        epilog=examples("lintui view run.jsonl", "lintui view first.jsonl second.jsonl", "lintui view runs/")
        + SOURCES,
    )
    path = view.add_argument(
        "path", metavar="PATH", nargs="+", help="a log, the directory or name of a run, or a folder with some"
    )
    completion.offer(path, completion.files)
    attach = commands.add_parser(
        "attach",
        parents=[screen],
        help="come back to runs that go on in other processes",
        description="Watch and steer runs that go on in other processes, several side by side; off a\n"
        "terminal, the lines of one.",
        formatter_class=Help,
        epilog=examples(
            "lintui attach", "lintui attach linreg-scratch --readonly", "lintui attach first-try second-try"
        )
        + SOURCES,
    )
    runs = attach.add_argument(
        "runs", nargs="*", metavar="RUN", help="names or directories (the newest that goes on)"
    )
    completion.offer(runs, names)
    attach.add_argument("--readonly", action="store_true", help="look at it without steering it")
    for command in COMMANDS:
        added = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            formatter_class=Help,
            epilog=examples(*command.examples),
        )
        command.add(added)
    commands.add_parser(
        "completion",
        help="print what completes lintui's commands in your shell",
        description="Print a script that completes lintui's commands, flags and names in your shell.",
        formatter_class=Help,
        epilog=completion.WHERE,
    ).add_argument("shell", metavar="SHELL", choices=completion.SHELLS, help=", ".join(completion.SHELLS))
    return whole_line


def _add_demo(demo: argparse.ArgumentParser) -> None:
    name = demo.add_argument("name", nargs="?", metavar="NAME", default=CATALOG[0].id, help="which one (see --list)")
    completion.offer(name, completion.experiments)
    demo.add_argument("--list", action="store_true", help="name the experiments, and what each teaches")
    demo.add_argument(
        "--lr", type=rates, metavar="X", help="learning rate, 0 or above; several with commas train side by side"
    )
    completion.offer(demo.add_argument("--loss", metavar="NAME", help="loss to start with"), completion.losses)
    completion.offer(demo.add_argument("--optimizer", metavar="NAME", help="optimizer"), completion.optimizers)
    demo.add_argument("--batch-size", type=whole("--batch-size", least=1), metavar="N", help="samples in a batch")
    demo.add_argument("--epochs", type=whole("--epochs", least=1), metavar="N", help="passes over the data")
    demo.add_argument("--seed", type=whole("--seed", least=0), metavar="N", help="of data, weights and order")
    demo.add_argument("--device", metavar="NAME", help="cpu, cuda:0, mps")
    demo.add_argument("--inputs", type=whole("--inputs", least=1), metavar="N", help="inputs of l1-line")
    csv = demo.add_argument("--csv", metavar="FILE", help="your own table, for the experiment called table")
    completion.offer(csv, completion.files)
    demo.add_argument("--target", metavar="COLUMN", help="of that table, to be predicted")
    demo.add_argument("--features", metavar="COLUMNS", help="to predict it from, with commas (all others)")
    data = demo.add_argument(
        "--data", metavar="DIR", help="a folder with the data set of softmax-scratch and -concise"
    )
    completion.offer(data, completion.files)
    demo.add_argument(
        "--plane",
        metavar="A,B",
        help="two weights that the loss surface is drawn over, such as w[0],b (the first two)",
    )
    demo.add_argument(
        "--speed",
        type=number("--speed", least=0.0),
        metavar="X",
        help="at most so many steps a second, 0 for no limit (on the screen about as many as can be followed)",
    )
    demo.add_argument("--preview", action="store_true", help="look at the data first: wait before the first step")
    demo.add_argument("--headless", action="store_true", help="without a screen: plain lines")
    demo.add_argument("--json", action="store_true", help="without a screen: the log's own lines")
    add_record(demo)
