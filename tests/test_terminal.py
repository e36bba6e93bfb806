"""Specifies the screen as a person at a real terminal meets it: what is seen is what the run has confirmed."""

import re
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from strategies import read_log
from terminal import Gate, Terminal

from lintui.events import Applied, Ended, Refused, Steps
from trainer.catalog import CATALOG

WIDE, NARROW = (120, 36), (80, 24)
ALTERNATE, CURSOR, WRAP = 1049, 25, 7
BRAILLE = re.compile("[\u2801-\u28ff]")
DEMO = ["demo", "softmax-blobs", "--speed", "30", "--epochs", "1000"]
"""Trains for a quarter of an hour, if nobody stops it."""


@dataclass
class Watch:
    """A person at a terminal, the run that they watch, and where its log lies."""

    terminal: Terminal
    runs: Path

    @property
    def log(self) -> Path:
        """The log of the one run that there is."""
        (log,) = self.runs.glob("*/log.jsonl")
        return log

    @property
    def answers(self) -> list[Applied | Refused]:
        """What the run has answered so far, in its log."""
        return [event for _, event in read_log(self.log)[0] if isinstance(event, Applied | Refused)]

    @property
    def status(self) -> str:
        """The top line."""
        return self.terminal.lines[0]

    @property
    def steering(self) -> str:
        """The line that says how the run is set; empty while something in it is not confirmed yet."""
        line = self.terminal.lines[-2]
        return "" if "…" in line else line

    @property
    def rate(self) -> float:
        """The learning rate as it is shown."""
        self.terminal.until(lambda _: re.search(r"lr [\d.e-]+ ", self.steering), "a learning rate")
        return float(self.steering.partition("lr ")[2].split()[0])

    @property
    def step(self) -> int:
        """The number of steps as it is shown."""
        found = re.search(r"step (\d+)/", self.status)
        return int(found[1]) if found else -1

    def press(self, keys: str) -> None:
        """Type."""
        self.terminal.press(keys)

    def sees(self, *texts: str) -> None:
        """Wait for something on the screen."""
        self.terminal.sees(*texts)

    def shows_rate(self, rate: float) -> None:
        """Wait for the run to confirm a learning rate."""
        self.terminal.until(lambda _: f"lr {rate:.3g} " in self.steering, f"the learning rate {rate:.3g}")

    def shows_loss(self, loss: str) -> None:
        """Wait for the run to confirm a loss."""
        self.terminal.until(lambda _: f"loss {loss}" in self.steering, f"the loss {loss}")

    def trains(self) -> None:
        """Wait for a few more steps."""
        before = self.step
        self.terminal.until(lambda _: self.step > before + 3, "more steps")

    def pauses(self) -> int:
        """Pause, and return the step at which that was confirmed."""
        self.press(" ")
        self.terminal.until(lambda _: "paused" in self.status, "a pause")
        return self.step

    def goes_on(self) -> None:
        """Go on after a pause."""
        self.press(" ")
        self.terminal.until(lambda _: "paused" not in self.status, "the end of a pause")
        self.trains()


def watching(size: tuple[int, int], runs: Path, *arguments: str, gate: Gate | None = None) -> Terminal:
    """A terminal of this size with our command on it."""
    environment = {"LINTUI_DIR": str(runs), **(gate.environment if gate else {})}
    return Terminal(arguments, columns=size[0], rows=size[1], environment=environment)


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=["120x36", "80x24"])
def watch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """One run for all tests of a size; each takes it as it is, and leaves it training without a question on it."""
    runs = tmp_path_factory.mktemp("runs")
    with watching(request.param, runs, *DEMO) as terminal:
        watch = Watch(terminal, runs)
        terminal.until(lambda _: watch.step > 0, "a first step")
        yield watch


# The first picture


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_the_first_picture_comes_before_torch_and_says_what_is_waited_for(
    size: tuple[int, int], tmp_path: Path, runs: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    with watching(size, runs, *DEMO, gate=gate) as terminal:
        watch = Watch(terminal, runs)
        terminal.until(
            lambda _: "softmax-blobs" in watch.status and "loading torch" in watch.status, "a first picture"
        )
        terminal.until(lambda _: gate.is_reached(), "the import of torch")
        maps = Path(f"/proc/{terminal.worker}/maps")
        if maps.exists():
            assert "libtorch" not in maps.read_text()
        # The screen is alive while torch is waited for.
        watch.press("?")
        watch.sees("pause, and go on")
        watch.press("\x1b")
        terminal.no_longer_sees("pause, and go on")
        gate.open()
        terminal.until(lambda _: watch.step > 0, "a first step")
        watch.sees("all data", "each batch", "cross-entropy")
        terminal.until(lambda _: BRAILLE.search(terminal.text), "a curve")
        assert "loading torch" not in terminal.text
        if maps.exists():
            assert "libtorch" in maps.read_text()


def test_on_a_wide_screen_all_panes_are_seen_and_on_a_narrow_one_their_keys_lead_to_them(watch: Watch) -> None:
    titles = ["─ loss", "─ accuracy", "─ weights and gradients", "─ what happened"]
    if watch.terminal.screen.columns >= WIDE[0]:
        watch.sees(*titles)
        return
    for key, title in zip("2341", [*titles[1:], titles[0]], strict=True):
        watch.press(key)
        watch.sees(title)
        assert sum(other in watch.terminal.text for other in titles) == 1


# The learning rate


def test_plus_doubles_the_learning_rate_and_minus_halves_it_once_the_run_has_said_so(watch: Watch) -> None:
    rate, answers = watch.rate, len(watch.answers)
    watch.press("+")
    watch.shows_rate(2 * rate)
    watch.press("-")
    watch.shows_rate(rate)
    double, half = watch.answers[answers:]
    assert isinstance(double, Applied) and isinstance(half, Applied)
    assert (double.knob, double.old, double.new) == ("lr", rate, 2 * rate)
    assert (half.knob, half.old, half.new) == ("lr", 2 * rate, rate)


def test_what_can_not_be_a_learning_rate_is_said_and_not_sent_and_then_one_that_can_be_is_taken(watch: Watch) -> None:
    answers = len(watch.answers)
    watch.press("L")
    watch.sees("learning rate, 0 or above (now")
    for typed, complaint in (
        ("abc", "'abc' is not a number"),
        ("", "nothing was typed"),
        ("nan", "'nan' is not a finite number"),
        ("1e400", "'1e400' is not a finite number"),
        ("-1", "can't be below 0"),
    ):
        watch.press(f"{typed}\r")
        watch.sees(complaint, "learning rate, 0 or above (now")
        if typed:
            watch.press("\x15")  # ctrl+u empties the field
            watch.sees("for example 0.01")
    watch.press("0.05\r")
    watch.terminal.no_longer_sees("learning rate, 0 or above (now")
    watch.shows_rate(0.05)
    (taken,) = watch.answers[answers:]
    assert isinstance(taken, Applied)
    assert (taken.knob, taken.new) == ("lr", 0.05)


def test_a_question_can_be_left_without_an_answer(watch: Watch) -> None:
    answers = len(watch.answers)
    for key, question in (
        ("L", "learning rate, 0 or above (now"),
        ("o", "loss from now on"),
        ("q", "the training is going on"),
    ):
        watch.press(key)
        watch.sees(question)
        watch.press("\x1b")
        watch.terminal.no_longer_sees(question)
    assert watch.answers[answers:] == []


def test_keys_pressed_into_a_question_do_not_reach_the_run(watch: Watch) -> None:
    answers = len(watch.answers)
    watch.press("L")
    watch.sees("learning rate, 0 or above (now")
    watch.press("s x-+uq\r")
    watch.sees("'s x-+uq' is not a number")
    watch.press("\x1b")
    watch.terminal.no_longer_sees("learning rate, 0 or above (now")
    watch.trains()
    assert watch.answers[answers:] == []


# The loss, and setting back


def test_a_loss_is_chosen_by_its_digit_and_set_back_and_forward(watch: Watch) -> None:
    watch.shows_loss("cross-entropy")
    answers = len(watch.answers)
    watch.press("o")
    watch.sees("loss from now on", "1  cross-entropy", "2  squared-error")
    watch.press("2")
    watch.shows_loss("squared-error")
    watch.press("u")
    watch.shows_loss("cross-entropy")
    watch.press("U")
    watch.shows_loss("squared-error")
    watch.press("u")
    watch.shows_loss("cross-entropy")
    chosen, back, forward, again = watch.answers[answers:]
    assert all(isinstance(answer, Applied) and answer.knob == "loss" for answer in (chosen, back, forward, again))
    assert (back.undoes, forward.redoes, again.undoes) == (chosen.id, back.id, forward.id)


def test_a_learning_rate_is_set_back(watch: Watch) -> None:
    rate = watch.rate
    watch.press("+")
    watch.shows_rate(2 * rate)
    watch.press("u")
    watch.shows_rate(rate)
    *_, done, undone = watch.answers
    assert isinstance(undone, Applied)
    assert (undone.undoes, undone.old, undone.new) == (done.id, 2 * rate, rate)


# Pause and step


def test_space_pauses_and_goes_on(watch: Watch) -> None:
    answers = len(watch.answers)
    at = watch.pauses()
    watch.goes_on()
    pause, on = watch.answers[answers:]
    assert isinstance(pause, Applied) and isinstance(on, Applied)
    assert (pause.knob, pause.new, on.knob, on.new) == ("paused", True, "paused", False)
    assert pause.at == on.at == at


def test_s_makes_exactly_one_step_and_pauses_again(watch: Watch) -> None:
    at = watch.pauses()
    answers = len(watch.answers)
    for more in (1, 2, 3):
        watch.press("s")
        watch.terminal.until(lambda _, more=more: watch.step == at + more, f"step {at + more}")
        assert "paused" in watch.status
    # A step too many would have been made by now, and would be counted here.
    watch.goes_on()
    one, two, three, on = watch.answers[answers:]
    assert [answer.knob for answer in (one, two, three, on)] == ["step", "step", "step", "paused"]
    assert [answer.at for answer in (one, two, three, on)] == [at, at + 1, at + 2, at + 3]


# Sizes


def test_a_terminal_may_take_any_size_while_the_run_goes_on(watch: Watch) -> None:
    terminal = watch.terminal
    size = terminal.screen.columns, terminal.screen.lines
    for columns, rows in ((20, 5), (300, 100), (40, 12), (1, 1), (80, 24), size):
        terminal.resize(columns, rows)
        if columns < 40:
            said = "lintui needs 40×12" if columns > 1 else "…"
            terminal.until(lambda _, said=said: terminal.text.split("\n")[0].rstrip() == said, "a word on the size")
            continue
        terminal.until(lambda _: "softmax-blobs" in watch.status, f"the top line at {columns}×{rows}")
        terminal.until(lambda _: "q quit" in terminal.lines[-1], f"the keys at {columns}×{rows}")
        terminal.until(lambda _: "lr " in watch.steering, f"the steering line at {columns}×{rows}")
        terminal.until(lambda _: BRAILLE.search(terminal.text), f"a curve at {columns}×{rows}")
        terminal.until(lambda _, columns=columns: terminal.lines[1].endswith("╮"), f"the frame at {columns}×{rows}")
    watch.trains()


# Leaving


@pytest.mark.parametrize("key", ["q", "\x11", "\x03"], ids=["q", "ctrl+q", "ctrl+c"])
def test_leaving_asks_first_while_the_training_goes_on(watch: Watch, key: str) -> None:
    watch.press(key)
    watch.sees("the training is going on", "s  stop the training and leave", "c  cancel")
    watch.press("c")
    watch.terminal.no_longer_sees("the training is going on")
    watch.trains()


def test_after_leaving_the_terminal_is_as_it_was_and_the_summary_stands_on_it(runs: Path) -> None:
    with watching(WIDE, runs, *DEMO) as terminal:
        before = termios.tcgetattr(terminal.fd)
        watch = Watch(terminal, runs)
        terminal.until(lambda _: watch.step > 0, "a first step")
        assert ALTERNATE in terminal.modes
        watch.press("+")
        watch.shows_rate(0.2)
        watch.press("o2")
        watch.shows_loss("squared-error")
        watch.press("u")
        watch.shows_loss("cross-entropy")
        watch.pauses()
        watch.press("q")
        watch.sees("the training is going on")
        watch.press("s")
        assert terminal.leaves() == 0

        assert terminal.modes <= {CURSOR, WRAP} and CURSOR in terminal.modes
        assert terminal.output.count(b"\x1b[>") == terminal.output.count(b"\x1b[<u")
        assert termios.tcgetattr(terminal.fd) == before
        records, problems = read_log(watch.log)
        assert problems == []
        ended = records[-1].event
        assert isinstance(ended, Ended)
        assert ended.how == "stopped"
        lines = terminal.left_behind.splitlines()
        assert lines[0].startswith(f"stopped after {ended.at} steps in ")
        assert any(line.startswith("test accuracy ") for line in lines)
        assert lines[-1] == f"log: {watch.log}"

        answers = watch.answers
        assert all(isinstance(answer, Applied) for answer in answers)
        assert [answer.knob for answer in answers] == ["lr", "loss", "loss", "paused", "stop"]
        ids = [answer.id for answer in answers]
        assert len(set(ids)) == 5 and all(ids)
        assert [answer.undoes for answer in answers if isinstance(answer, Applied)] == ["", "", ids[1], "", ""]
        assert len({answer.by for answer in answers}) == 1
        steps = [at for _, event in records if isinstance(event, Steps) and event.split == "batch" for at in event.at]
        assert steps == list(range(1, ended.at + 1))


def test_x_stops_the_training_and_stays_and_then_q_leaves_at_once(runs: Path) -> None:
    with watching(NARROW, runs, *DEMO) as terminal:
        watch = Watch(terminal, runs)
        terminal.until(lambda _: watch.step > 0, "a first step")
        watch.press("x")
        watch.sees("stop at step", "y  stop and keep the result")
        watch.press("y")
        terminal.until(lambda _: "stopped in " in watch.status, "the end of the training")
        terminal.until(lambda _: "stopped after" in terminal.lines[-2], "a summary in a line")
        watch.press("4")
        watch.sees("what happened", "test accuracy")
        assert ALTERNATE in terminal.modes
        watch.press("q")
        assert terminal.leaves() == 0
        assert terminal.left_behind.startswith("stopped after")
        last = read_log(watch.log)[0][-1].event
        assert isinstance(last, Ended) and last.how == "stopped"


def test_a_run_that_comes_to_its_end_stays_on_the_screen_with_what_came_of_it(runs: Path) -> None:
    with watching(WIDE, runs, "demo", "linreg-scratch", "--speed", "0") as terminal:
        watch = Watch(terminal, runs)
        terminal.until(lambda _: "done in " in watch.status, "the end of the training")
        watch.sees("done after 300 steps", "floor", "half-squared", "(true 4.2)")
        watch.press("q")
        assert terminal.leaves() == 0
        assert terminal.left_behind.startswith("done after 300 steps")


# The picker


def test_without_a_command_an_experiment_is_chosen(runs: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    with watching(NARROW, runs, gate=gate) as terminal:
        watch = Watch(terminal, runs)
        watch.sees(*(entry.id for entry in CATALOG[:10]), f"› {CATALOG[0].id}", CATALOG[0].look_for[:40])
        watch.press("\x1b[B")
        watch.sees(f"› {CATALOG[1].id}", CATALOG[1].look_for[:40])
        assert not runs.exists()
        watch.press("\r")
        terminal.until(lambda _: CATALOG[1].id in watch.status and "loading torch" in watch.status, "the monitor")
        assert CATALOG[1].id in str(watch.log)


@pytest.mark.parametrize("key", ["q", "\x1b", "\x03"], ids=["q", "esc", "ctrl+c"])
def test_the_picker_is_left_without_a_trace(runs: Path, key: str) -> None:
    with watching(NARROW, runs) as terminal:
        terminal.sees(f"› {CATALOG[0].id}")
        terminal.press(key)
        assert terminal.leaves() == 0
        assert terminal.left_behind == ""
        assert terminal.modes <= {CURSOR, WRAP}
        assert not runs.exists()
