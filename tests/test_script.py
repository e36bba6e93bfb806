"""`lintui run`: a script that knows nothing of lintui is watched and steered, and does what it does without."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import is_alive
from scripts import ENDLESS, ITS_OWN, MANY, ONE_AFTER_ANOTHER, ONE_STEP, PLAIN
from strategies import child_environment, read_log, wait_until

from lintui.commands import Command, Scale, Set, Stop, new_id
from lintui.events import Applied, Declared, Ended, Layers, Record, Refused, Said, Started, Steps, Watching
from lintui.inbox import leave
from tuiapp.script import Script

LINTUI = (sys.executable, "-m", "lintui")


class Ran:
    """What a script did, with or without lintui."""

    def __init__(
        self, folder: Path, source: str, *arguments: str, watched: bool = True, more: str = "", typed: str = ""
    ) -> None:
        """Run it to its end, with `more` on the path where Python looks for modules, and `typed` piped into it."""
        environment = {**child_environment(), "LINTUI_DIR": str(folder / "runs")}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [more, environment["PYTHONPATH"]]))
        self.runs = folder / "runs"
        (folder / "train.py").write_text(source)
        command = [*LINTUI, "run", "--headless", "train.py"] if watched else [sys.executable, "train.py"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def events(self) -> list[object]:
        """What its log says, which is whole."""
        (log,) = self.runs.glob("*/log.jsonl")
        records, problems = read_log(log)
        assert problems == []
        return [event for _, event in records]

    @property
    def end(self) -> Ended:
        """How its log ends."""
        last = self.events[-1]
        assert isinstance(last, Ended)
        return last


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Ran]:
    """The same script without and with lintui."""
    alone = Ran(tmp_path_factory.mktemp("alone"), PLAIN, "40", watched=False)
    return alone, Ran(tmp_path_factory.mktemp("watched"), PLAIN, "40")


def test_a_watched_script_prints_the_same_to_the_last_digit_and_hands_on_its_code(plain: tuple[Ran, Ran]) -> None:
    alone, watched = plain
    assert alone.code == watched.code == 0
    assert watched.out == alone.out
    assert "weights" in alone.out
    assert watched.err.startswith("lintui: recorded in ")


def test_every_step_is_counted_by_its_optimizer_and_its_loss_heard_from_its_loss_module(
    plain: tuple[Ran, Ran],
) -> None:
    events = plain[1].events
    (started,) = (event for event in events if isinstance(event, Started))
    assert (started.name, started.config["command"]) == ("train", "train.py 40")
    losses = dict(
        pair
        for event in events
        if isinstance(event, Steps) and event.split == "batch"
        for pair in zip(event.at, event.values["loss"], strict=True)
    )
    # It is looked for when the first step has begun: that step's loss was there before.
    assert list(losses) == list(range(2, 41))
    printed = {11: 0.0, 21: 0.0, 31: 0.0}
    for line in plain[0].out.splitlines():
        if line.startswith("step "):
            printed[int(line.split()[1].rstrip(":")) + 1] = float(line.split()[4].rstrip(","))
    for at in (11, 21, 31):
        # The module gave two halves of the mean, which the script halved after that.
        assert losses[at] == pytest.approx(printed[at], rel=1e-6)
    assert plain[1].end.how == "done"
    assert plain[1].end.at == 40


def test_what_it_prints_is_read_as_metrics(plain: tuple[Ran, Ran]) -> None:
    said = {
        (event.split, at): value
        for event in plain[1].events
        if isinstance(event, Steps) and event.split in ("train", "val")
        for at, value in zip(event.at, event.values["loss"], strict=True)
    }
    lines = [line.split() for line in plain[0].out.splitlines() if line.startswith("step ")]
    printed = [(float(words[4].rstrip(",")), float(words[7])) for words in lines]
    assert [value for (split, _), value in said.items() if split == "train"] == [train for train, _ in printed]
    assert [value for (split, _), value in said.items() if split == "val"] == [val for _, val in printed]


def test_parameters_bear_the_names_that_they_have_in_the_model(plain: tuple[Ran, Ran]) -> None:
    (watching,) = (event for event in plain[1].events if isinstance(event, Watching))
    assert watching.names[0].startswith("0.weight")
    assert any(name.startswith("2.bias") for name in watching.names)
    assert any(isinstance(event, Layers) for event in plain[1].events)


@pytest.mark.parametrize(
    ("ending", "code", "how", "reason"),
    [
        ("raise ValueError('too bad')", 1, "failed", "ValueError: too bad"),
        ("sys.exit(3)", 3, "failed", "ended with code 3"),
        ("os._exit(5)", 5, "failed", "ended with code 5"),
        ("os.kill(os.getpid(), 9)", 137, "failed", "ended by SIGKILL"),
    ],
    ids=["an exception", "sys.exit", "os._exit", "a kill"],
)
def test_however_it_ends_its_code_is_handed_on_and_its_log_says_why(
    ending: str, code: int, how: str, reason: str, tmp_path: Path
) -> None:
    ran = Ran(tmp_path, ONE_STEP + ending)
    assert ran.code == code
    assert (ran.end.how, ran.end.reason) == (how, reason)


def test_two_optimizers_a_scaler_workers_of_both_kinds_and_a_progress_bar_are_watched_and_left_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = Ran(tmp_path, MANY, "1")
    monkeypatch.setattr(sys, "argv", ["train.py", "0"])
    exec(compile(MANY, "train.py", "exec"), {"__name__": "__main__"})
    last = ran.out.splitlines()[-1]
    assert (ran.code, f"{last}\n") == (0, capsys.readouterr().out)
    # Of eight pairs of batches one overflows, and there the scaler makes no step of either optimizer.
    assert (ran.end.how, ran.end.at) == ("done", 7)
    (started,) = (event for event in ran.events if isinstance(event, Started))
    assert started.name == "train"
    knobs = {event.knob for event in ran.events if isinstance(event, Declared)}
    assert {"lr.factor", "1.lr.factor", "2.lr.factor", "momentum", "2.beta1"} <= knobs
    said = [value for event in ran.events if isinstance(event, Steps) for value in event.values["loss"]]
    assert (len(said), repr(said[-1])) == (16, last.split()[1])


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A script that forks and trains several things, one after another."""
    return Ran(tmp_path_factory.mktemp("turns"), ONE_AFTER_ANOTHER)


def test_a_child_that_was_forked_off_before_the_first_step_is_watched_where_it_is_what_trains(turns: Ran) -> None:
    assert (turns.code, turns.end.how) == (0, "done")
    assert "Traceback" not in turns.out


def test_the_rate_of_an_optimizer_inside_another_is_multiplied_once(turns: Ran) -> None:
    assert "moved 0.5\n" in turns.out


def test_of_trainings_in_turn_every_step_counts_and_what_is_over_can_be_freed(turns: Ran) -> None:
    assert f"made {turns.end.at}\n" in turns.out
    assert "freed [True, True]\n" in turns.out


def test_a_model_that_cant_be_written_down_gets_no_checkpoint_and_is_watched_on(turns: Ran) -> None:
    (refused,) = (event for event in turns.events if isinstance(event, Refused))
    assert refused.id == "keep"
    assert "the checkpoint can't be made" in refused.reason
    assert not any(isinstance(event, Said) and "switched off" in event.text for event in turns.events)


def test_a_last_line_without_an_end_is_read_too(turns: Ran) -> None:
    assert turns.out.endswith("val loss 0.125")
    said = [event.values["loss"] for event in turns.events if isinstance(event, Steps) and event.split == "val"]
    assert said == [(0.125,)]


def test_a_script_that_says_its_run_itself_says_it_where_it_is_looked_at(tmp_path: Path) -> None:
    ran = Ran(tmp_path, ITS_OWN)
    assert (ran.code, ran.out) == (0, "['LINTUI_DIR']\n")
    shown, other = sorted(ran.runs.iterdir())
    assert ran.err.endswith(f"recorded in {shown / 'log.jsonl'}\n")
    events = [event for _, event in read_log(shown / "log.jsonl")[0]]
    assert [event.name for event in events if isinstance(event, Started)] == ["mine"]
    losses = [value for event in events if isinstance(event, Steps) for value in event.values["loss"]]
    assert losses == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert isinstance(events[-1], Ended)
    assert other.name.endswith("-other")


def test_what_is_piped_into_it_is_for_the_script(tmp_path: Path) -> None:
    assert Ran(tmp_path, "import sys\nprint(sys.stdin.read())", typed="some data").out == "some data\n"


def test_a_stop_before_the_first_step_reaches_a_script_that_doesnt_hear_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINTUI_DIR", str(tmp_path / "runs"))
    (tmp_path / "train.py").write_text(
        "import os, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}):\n"
        "    time.sleep(0.01)\n"
        "import lintui\n"
        "run = lintui.init('mine')\n"
        "while not run.should_stop:\n"
        "    run.log({'loss': 1.0})\n"
        "    time.sleep(0.01)\n"
    )
    script = Script([str(tmp_path / "train.py")])
    script.start()
    wait_until(lambda: "ready" in script.directory.output.read_text(), "its start")
    send = script.watched[0].send
    assert send is not None
    send(Stop(id="stop", by="me"))
    (tmp_path / "go").touch()
    wait_until(lambda: not script.is_alive, "its end")
    script.close("left")
    assert script.state.ended is not None
    assert (script.code, script.state.ended.how, script.state.ended.reason) == (0, "stopped", "")


def test_a_script_has_a_while_for_its_last_words_and_its_end_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINTUI_DIR", str(tmp_path / "runs"))
    (tmp_path / "train.py").write_text(
        "import os, time, lintui\n"
        "run = lintui.init('mine')\n"
        "run.log({'loss': 1.0})\n"
        "try:\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(0.5)\n"
        "    print('kept what there was', flush=True)\n"
        "    os._exit(7)\n"
    )
    script = Script([str(tmp_path / "train.py")])
    script.start()
    wait_until(lambda: [script.watched[0].look(), script.state.at][-1], "the first step")
    script.close("SIGTERM")
    script.close("SIGTERM")
    assert (script.code, script.directory.output.read_text()) == (7, "kept what there was\n")
    ends = [event for _, event in read_log(script.directory.log)[0] if isinstance(event, Ended)]
    assert [(end.how, end.reason, end.at) for end in ends] == [("stopped", "SIGTERM", 1)]


def test_a_script_that_never_trains_is_run_and_nothing_is_recorded(tmp_path: Path) -> None:
    ran = Ran(tmp_path, "import sys\nprint('lossless')\nprint('beside', file=sys.stderr)\nsys.exit(4)")
    assert (ran.code, ran.out) == (4, "lossless\nbeside\n")
    assert "train ended with code 4 and made no step of a torch optimizer: nothing was recorded" in ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["nowhere.py"], "there is no script nowhere.py"),
        (["--", "no-such-command"], "can't start no-such-command"),
        ([], "the following arguments are required: SCRIPT"),
    ],
)
def test_what_cannot_be_started_is_one_clear_line(line: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*LINTUI, "run", "--headless", *line],
        cwd=tmp_path,
        env={**child_environment(), "LINTUI_DIR": str(tmp_path / "runs")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"lintui: {said}")
    assert done.stderr.count("\n") == 1


def test_a_sitecustomize_of_its_own_is_loaded_too_and_what_it_starts_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\nos.environ['THEIRS'] = 'loaded'\n")
    source = ONE_STEP + (
        "import subprocess\n"
        "print(os.environ.get('THEIRS'), sorted(name for name in os.environ if name.startswith('LINTUI')))\n"
        "code = 'import torch; w = torch.zeros(1, requires_grad=True); o = torch.optim.SGD([w], 1.0); o.step()'\n"
        "subprocess.run([sys.executable, '-c', code], check=True)\n"
    )
    ran = Ran(tmp_path, source, more=str(tmp_path))
    assert ran.out == "loaded ['LINTUI_DIR']\n"
    assert ran.end.at == 1
    assert len(list(ran.runs.iterdir())) == 1


class Going:
    """A script that goes on until it is told to end."""

    def __init__(self, folder: Path) -> None:
        (folder / "train.py").write_text(ENDLESS)
        self.process = subprocess.Popen(
            [*LINTUI, "run", "--headless", "train.py"],
            cwd=folder,
            env={**child_environment(), "LINTUI_DIR": str(folder / "runs")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.runs = folder / "runs"
        wait_until(lambda: any(isinstance(event, Steps | Layers) for _, event in self.records), "the first step")

    @property
    def log(self) -> Path:
        """Where it is."""
        (log,) = self.runs.glob("*/log.jsonl")
        return log

    @property
    def records(self) -> list[Record]:
        """What its log says so far."""
        return read_log(self.log)[0] if list(self.runs.glob("*/log.jsonl")) else []

    def tell(self, command: Command) -> Applied:
        """Give it a command, and return the answer."""
        leave(self.log.parent / "inbox", command)
        answers = wait_until(
            lambda: [event for _, event in self.records if isinstance(event, Applied) and event.id == command.id],
            f"an answer to {command}",
        )
        return answers[0]


def test_it_is_steered_through_its_inbox_and_stops_as_at_ctrl_c(tmp_path: Path) -> None:
    going = Going(tmp_path)
    try:
        answer = going.tell(Scale(id=new_id(), by="me", knob="lr", factor=0.5))
        assert (answer.knob, answer.old, answer.new) == ("lr.factor", 1.0, 0.5)
        assert going.tell(Set(id=new_id(), by="me", knob="paused", value=True)).new is True
        at = going.records[-1].event.at  # type: ignore[union-attr]
        time.sleep(0.3)
        assert going.tell(Set(id=new_id(), by="me", knob="paused", value=False)).at == at
        going.tell(Stop(id=new_id(), by="me"))
        out, _ = going.process.communicate(timeout=60)
        assert (out, going.process.returncode) == ("kept what there was\n", 0)
        end = going.records[-1].event
        assert isinstance(end, Ended)
        assert end.how == "stopped"
    finally:
        going.process.kill()


def test_ctrl_c_ends_the_script_with_it(tmp_path: Path) -> None:
    going = Going(tmp_path)
    try:
        started = going.records[0].event
        assert isinstance(started, Started)
        going.process.send_signal(signal.SIGINT)
        out, _ = going.process.communicate(timeout=60)
        assert (out, going.process.returncode) == ("kept what there was\n", 130)
        assert not is_alive(started.pid)
    finally:
        going.process.kill()
