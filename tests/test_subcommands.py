"""Specifies the commands for scripts: what they print, what they answer, and with which exit code they end."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from children import Training
from hypothesis import given
from hypothesis import strategies as st
from strategies import HOSTILE, SAMPLE, a_log, child_environment, read_log, wait_until

from lintui import rundir
from lintui.commands import Scale, Set, Step, Stop
from lintui.events import Applied, Declared, Ended, Refused, Said, Started
from lintui.run import Run
from lintui.rundir import RunDirectory, RunDirectoryError
from tuiapp.cli import run as lintui
from tuiapp.commands import assignments
from tuiapp.options import Mistake


class Going:
    """A training on a thread of ours, which can be steered like one of another process."""

    def __init__(self, name: str = "going") -> None:
        """Start it, and wait for its first steps."""
        self.run = Run(name, rundir.create(name), config={"lr": 0.5}, steps=1_000_000)
        self.run.tune("lr", 0.5, label="learning rate", low=0.0)
        self.run.choose("loss", {"mse": 1, "huber": 2}, "mse")
        self.thread = threading.Thread(target=self._train, daemon=True)
        self.thread.start()
        log = self.run.directory.log
        wait_until(lambda: b'"kind":"steps"' in log.read_bytes(), "the first steps")

    def _train(self) -> None:
        while not self.run.should_stop:
            self.run.step({"loss": 1.0 / (self.run.at + 1)})
            self.run.safe_point()
            threading.Event().wait(0.002)
        self.run.finish()

    @property
    def name(self) -> str:
        """The name of its directory."""
        return self.run.directory.path.name

    def ends(self) -> None:
        """Stop it, and wait until it has ended."""
        self.run.post(Stop(id="end", by="the test"))
        self.thread.join()


@pytest.fixture
def going() -> Iterator[Going]:
    """A training that goes on until the test is over."""
    training = Going()
    yield training
    training.ends()


@pytest.fixture
def sample() -> RunDirectory:
    """A run that is over, in which everything happened."""
    directory = rundir.create("sample")
    a_log(directory.log, SAMPLE)
    return directory


Printed = Callable[..., list[str]]


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Printed:
    """Runs a command and returns its lines, where it ends with this exit code and no complaint."""

    def call(*arguments: str, code: int = 0) -> list[str]:
        capfd.readouterr()
        assert lintui(arguments) == code
        out, err = capfd.readouterr()
        assert err == ""
        return out.splitlines()

    return call


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that can't be done and returns its one line."""

    def call(*arguments: str, code: int) -> str:
        capfd.readouterr()
        assert lintui(arguments) == code
        out, err = capfd.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.isprintable() and line.startswith("lintui: ")
        return line

    return call


# ls


def test_ls_tells_of_every_run_the_newest_first_how_it_stands_and_where_it_is(printed: Printed, going: Going) -> None:
    directory = rundir.create("over")
    a_log(directory.log, SAMPLE)
    dead = rundir.create("dead")
    a_log(dead.log, SAMPLE[:-1])
    header, *rows = [line.split() for line in printed("ls")]
    assert header == ["run", "state", "step", "loss", "started", "took"]
    assert [row[0] for row in rows] == [dead.path.name, directory.path.name, going.name]
    assert rows[1][1:4] == ["stopped", "5/400", "0.3"] and rows[1][-1] == "0:00"
    assert rows[2][1:3] == ["going", "on"]
    objects = [json.loads(line) for line in printed("ls", "--json")]
    assert [known["state"] for known in objects] == ["elsewhere", "stopped", "going on"]
    assert [known["run"] for known in objects] == [row[0] for row in rows]
    assert objects[1]["loss"] == 0.3 and objects[1]["diverged"] is False
    assert objects[2]["loss"] == pytest.approx(1.0 / objects[2]["step"])
    assert objects[2]["log"] == str(going.run.directory.log) and objects[2]["steps"] == 1_000_000
    assert len(printed("ls", "-n", "2")) == 3
    assert len(printed("ls", "-n", "1", "--json")) == 1


def test_ls_of_no_runs_says_how_to_start_one_and_as_json_nothing(printed: Printed) -> None:
    assert printed("ls") == ["there is no run yet; start one: lintui demo"]
    assert printed("ls", "--json") == []


def test_ls_passes_over_what_is_broken_and_prints_nothing_that_a_terminal_obeys(printed: Printed) -> None:
    for text in HOSTILE.values():
        directory = rundir.create("x")
        hostile = Started(name=text, created=text, pid=1, host=text, config={text: text})
        a_log(directory.log, [hostile, Said(t=0.0, level=text, text=text)])
    rundir.create("empty").log.touch()
    rundir.create("noise").log.write_bytes(b"\xff\x00\x1b]0;x\x07" * 1000)
    assert len(printed("ls")) == len(HOSTILE) + 3
    for line in [*printed("ls"), *printed("ls", "--json")]:
        assert line.isprintable()
    for directory in rundir.listing():
        for line in printed("show", directory.path.name) if directory.path.name.endswith("-x") else []:
            assert line.isprintable()


def test_ls_calls_a_loss_that_is_no_number_diverged(printed: Printed) -> None:
    run = Run("diverges", rundir.create("diverges"))
    run.step({"loss": float("nan")})
    run.finish()
    (line,) = printed("ls", "--json")
    assert '"loss": null, "diverged": true' in line
    assert printed("ls")[1].split()[3] == "NaN"


# show


def test_show_tells_settings_interventions_and_the_final_and_extreme_values_of_each_metric(
    printed: Printed, sample: RunDirectory
) -> None:
    known = json.loads("\n".join(printed("show", "sample", "--json")))
    assert known["config"] == {"lr": 0.03, "loss": "mse", "amp": False, "warmup": None, "seed": 0}
    assert [(one["knob"], one.get("old"), one.get("new"), one["by"]) for one in known["interventions"]] == [
        ("lr", 0.03, 0.06, "someone"),
        ("lr", None, None, "someone"),
        ("lr", 0.06, 0.03, "someone"),
    ]
    assert known["interventions"][1]["refused"] == "it can't be below 0"
    metrics = {(one["split"], one["name"], one["rank"]): one for one in known["metrics"]}
    loss = metrics["batch", "loss", 0]
    assert loss["final"] == {"at": 5, "value": 0.3}
    assert metrics["train", "loss", 0]["final"] == {"at": 3, "value": None}
    assert known["summary"] == {"loss": 0.3, "kept": True} and known["reason"] == "enough"
    assert known["problems"] == [] and known["state"] == "stopped"
    text = "\n".join(printed("show", "sample"))
    for words in ("stopped after 5 steps", "learning rate 0.03 → 0.06  (someone)", "refused: it can't be below 0"):
        assert words in text
    assert "lr  0.03" in text and str(sample.log) in text and "enough" in text


def test_show_tells_what_is_wrong_with_a_log(printed: Printed, sample: RunDirectory) -> None:
    lines = sample.log.read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b"2.5", b"2.6")
    sample.log.write_bytes(b"".join(lines))
    problems = json.loads(printed("show", "sample", "--json")[0])["problems"]
    assert problems == read_log(sample.log)[1] and "line 7 is damaged" in problems[0]
    assert f"  {problems[0]}" in printed("show", "sample")


# tail


def test_tail_prints_the_last_that_was_said_and_its_end(printed: Printed, sample: RunDirectory) -> None:
    lines = printed("tail", "sample", "-n", "3")
    assert lines[1].startswith("step 5/400  ") and lines[2] == "step 5  learning rate 0.06 → 0.03"
    assert any(line.startswith("stopped after 5 steps in 0.") for line in lines)
    assert lines[-1] == f"log: {sample.log}"
    assert any("a word, and ünïcödé" in line for line in printed("tail", "sample"))


def test_tail_as_json_prints_the_lines_of_the_log_as_they_are(printed: Printed, sample: RunDirectory) -> None:
    written = sample.log.read_text().splitlines()
    assert printed("tail", "sample", "--json", "-n", "100") == written
    assert printed("tail", "sample", "--json", "-n", "2", "-f") == written[-2:]


def test_tail_as_json_prints_nothing_that_a_terminal_obeys_and_means_the_same(printed: Printed) -> None:
    directory = rundir.create("hostile")
    a_log(directory.log, [SAMPLE[0], *(Said(t=0.0, level="info", text=text) for text in HOSTILE.values())])
    lines = printed("tail", "hostile", "--json", "-n", "100")
    assert all(line.isprintable() for line in lines)
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in directory.log.open()]


def test_tail_follows_until_the_run_ends(printed: Printed, going: Going) -> None:
    threading.Timer(0.3, going.ends).start()
    lines = printed("tail", "-f", going.name)
    assert any("stop" in line for line in lines)
    assert f"stopped after {going.run.at} steps" in "\n".join(lines)


def test_tail_as_json_follows_every_line_to_the_end(printed: Printed, going: Going) -> None:
    threading.Timer(0.3, going.ends).start()
    lines = printed("tail", "-f", "-n", "1", going.name, "--json")
    written = going.run.directory.log.read_text().splitlines()
    assert len(lines) > 3 and lines == written[-len(lines) :]


def test_tail_follows_a_run_that_dies_to_its_end(printed: Printed) -> None:
    training = Training()
    threading.Timer(0.5, training.is_killed).start()
    lines = printed("tail", "-f", "child")
    assert f"died after {training.state.at} steps: its process is gone, and has not said why" in lines


def test_a_reader_that_goes_ends_a_command_quietly() -> None:
    directory = rundir.create("sample")
    a_log(directory.log, [SAMPLE[0], *(Said(t=0.0, level="info", text="x" * 1000) for _ in range(500))])
    for command in (["tail", "sample", "-n", "500"], ["tail", "sample", "--json", "-n", "500"], ["show", "sample"]):
        child = subprocess.Popen(
            [sys.executable, "-m", "lintui", *command],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.read(10)
        child.stdout.close()
        _, err = child.communicate()
        assert (child.returncode, err) == (0, b"")


def test_a_full_disk_is_one_line() -> None:
    a_log(rundir.create("sample").log, SAMPLE)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lintui", "ls"],
            env=child_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and "No space left" in done.stderr


# set


def test_set_waits_for_every_answer_and_prints_it(printed: Printed, going: Going) -> None:
    lines = printed("set", "going", "lr=0.25", "lr=x2", "loss=huber", "paused=true")
    texts = [line.partition("  ")[2] for line in lines]
    assert texts == ["learning rate 0.5 → 0.25", "learning rate 0.25 → 0.5", "loss mse → huber", "paused"]
    assert all(line.startswith("step ") for line in lines)
    assert [line.partition("  ")[2] for line in printed("set", "going", "step=3", "paused=off")] == [
        "3 steps",
        "goes on",
    ]


def test_set_prints_the_answers_as_they_stand_in_the_log(printed: Printed, going: Going) -> None:
    (line,) = printed("set", "going", "lr=0.25", "--json")
    assert json.loads(line)["new"] == 0.25
    assert line in going.run.directory.log.read_text().splitlines()


def test_what_a_run_refuses_is_told_with_its_reason_and_exit_code_1(printed: Printed, going: Going) -> None:
    first, second = printed("set", "going", "lr=-1", "lr=0.1", code=1)
    assert "refused: the learning rate can't be below 0" in first
    assert "learning rate 0.5 → 0.1" in second


def test_set_stops_a_run(printed: Printed, going: Going) -> None:
    (line,) = printed("set", "going", "stop")
    assert line.endswith("  stop")
    going.thread.join()
    assert isinstance(read_log(going.run.directory.log)[0][-1].event, Ended)


def test_a_knob_or_a_value_that_is_none_is_refused_before_anything_is_given(
    refused: Callable[..., str], going: Going
) -> None:
    for typed, words in (
        ("lrr=1", "did you mean lr?"),
        ("lr=fast", "lr needs a finite number, not 'fast'; try lr=0.01"),
        ("lr=nan", "try lr=0.01"),
        ("lr=xx", "try lr=x2"),
        ("loss=hubr", "did you mean huber?"),
        ("paused=perhaps", "try paused=true"),
        ("step=many", "try step=5"),
        ("faster", "try lr=0.01"),
        (HOSTILE["sets the title"], "says nothing"),
    ):
        assert words in refused("set", "going", "lr=0.1", typed, code=2)
    assert not any(isinstance(event, Applied | Refused) for _, event in read_log(going.run.directory.log)[0])


def test_set_finds_a_knob_that_was_declared_late(printed: Printed, going: Going) -> None:
    for i in range(3_000):
        going.run.log({"loss": 0.5}, split=f"split {i % 7}")
        if i == 1_500:
            going.run.tune("late", 1.0)
    wait_until(lambda: going.run.directory.log.stat().st_size > 200_000 or going.run.at > 400, "a longer log")
    assert printed("set", "going", "late=2")[0].endswith("late 1 → 2")


def test_set_an_optimizers_learning_rate_as_such_where_the_knob_is_a_factor_on_it() -> None:
    knobs = {"lr.factor": Declared(knob="lr.factor", label="learning rate", shape="factor", value=1.0, base=0.1)}
    assert assignments.command("lr=0.01", knobs, id="1", by="me") == Set(id="1", by="me", knob="lr", value=0.01)
    assert assignments.command("lr=x0.5", knobs, id="1", by="me") == Scale(id="1", by="me", knob="lr", factor=0.5)
    assert assignments.command("step", knobs, id="1", by="me") == Step(id="1", by="me", count=1)
    with pytest.raises(Mistake, match="did you mean lr"):
        assignments.command("lrs=0.01", knobs, id="1", by="me")


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_command_or_a_mistake_of_one_line(typed: str) -> None:
    knobs = {"lr": SAMPLE[2], "loss": SAMPLE[3], "paused": SAMPLE[1]}
    for text in (typed, f"lr={typed}", f"loss={typed}", f"paused={typed}", f"step={typed}"):
        try:
            command = assignments.command(text, knobs, id="1", by="me")
        except Mistake as mistake:
            assert "try " in str(mistake) or "there is " in str(mistake) or "did you mean" in str(mistake)
        else:
            assert command.id == "1"


def test_a_run_that_is_over_can_not_be_set(refused: Callable[..., str], sample: RunDirectory) -> None:
    assert "does not go on (stopped)" in refused("set", "sample", "lr=1", code=4)
    a_log(rundir.create("dead").log, [SAMPLE[2]])
    assert "does not go on (died)" in refused("set", "dead", "lr=1", code=4)


def test_an_answer_that_does_not_come_in_time_is_no_success(refused: Callable[..., str]) -> None:
    run = Run("hangs", rundir.create("hangs"))
    run.tune("lr", 1.0)
    wait_until(lambda: b'"lr"' in run.directory.log.read_bytes(), "the knob")
    assert "no answer within 0.1 s" in refused("set", "hangs", "lr=1", "--timeout", "0.1", code=1)
    run.finish()


# Finding a run


def test_a_run_is_found_by_its_directory_its_name_its_path_its_log_and_any_part_that_no_other_has(
    tmp_path: Path,
) -> None:
    first, second = rundir.create("first-try"), rundir.create("second-try", tmp_path / "elsewhere.jsonl")
    for directory in (first, second):
        a_log(directory.log, SAMPLE)
    for word in (first.path.name, "first-try", str(first.path), str(first.log), "first", first.path.name[:-4]):
        assert rundir.find(word).path == first.path
    for word in (str(tmp_path / "elsewhere.jsonl"), "second"):
        assert rundir.find(word).path == second.path
    again = rundir.create("first-try")
    a_log(again.log, SAMPLE)
    assert rundir.find("first-try").path == again.path
    with pytest.raises(
        RunDirectoryError, match=f"try may be {again.path.name}, {second.path.name}, {first.path.name};"
    ):
        rundir.find("try")
    for word in ("", "nothing", "\0", "x" * 5_000, str(tmp_path)):
        with pytest.raises(RunDirectoryError, match="there is no run called"):
            rundir.find(word)


@pytest.mark.parametrize("command", [["show"], ["tail"], ["set"], ["attach"]], ids=lambda words: words[0])
def test_a_run_that_is_not_there_is_one_line_and_exit_code_4(
    command: list[str], refused: Callable[..., str], sample: RunDirectory
) -> None:
    more = ["lr=1"] if command == ["set"] else []
    for name in ("nothing", HOSTILE["sets the title"]):
        assert "there is no run called" in refused(*command, name, *more, code=4)
    a_log(rundir.create("sample-2").log, SAMPLE)
    assert "sample-2" in refused(*command, "ampl", *more, code=4)


@pytest.mark.parametrize("command", [["show"], ["tail"]], ids=lambda words: words[0])
@pytest.mark.parametrize("content", [b"", b"no log\n", b"\x00" * 100_000])
def test_a_file_that_is_no_log_is_one_line_and_exit_code_4(
    command: list[str], content: bytes, tmp_path: Path, refused: Callable[..., str]
) -> None:
    (tmp_path / "file").write_bytes(content)
    assert "is no log of a run" in refused(*command, str(tmp_path / "file"), code=4)


# attach


def test_off_a_terminal_attach_prints_the_lines_of_one_run_to_its_end(printed: Printed, going: Going) -> None:
    threading.Timer(0.3, going.ends).start()
    assert any("stopped after" in line for line in printed("attach", "going"))


def test_off_a_terminal_attach_follows_a_run_that_dies_to_its_end(capfd: pytest.CaptureFixture[str]) -> None:
    training = Training()
    threading.Timer(1.0, training.is_killed).start()
    assert lintui(["attach", "child"]) == 0
    assert f"died after {training.state.at} steps: its process is gone" in capfd.readouterr().out.splitlines()[-1]


def test_off_a_terminal_several_runs_are_not_attached_at_once(
    refused: Callable[..., str], going: Going, sample: RunDirectory
) -> None:
    assert "lintui tail -f" in refused("attach", "going", "sample", code=2)
