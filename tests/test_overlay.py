"""Several runs over each other: what tells them apart, what is compared, and that no name ever covers a curve."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from recorded import Recording, applied, batch, knobs, looks, started
from rich.cells import cell_len
from strategies import a_log, scalars, words
from textual.widgets import Input

from lintui.events import Ended, Event, Level, Record, Scalar, Started, Steps, Values, Watching
from lintui.known import Key
from lintui.sources import Found
from lintui.state import RunState
from tuiapp.app import LintuiApp
from tuiapp.captions import lay_out
from tuiapp.chart import Chart, Curve
from tuiapp.charts import draw
from tuiapp.comparison import comparison
from tuiapp.differing import differing, labels
from tuiapp.look import LOOKS
from tuiapp.metrics import alone, charts_beside, name_of
from tuiapp.palette import Palette
from tuiapp.plans import LOSS, PLACES, first_chart, side_by_side
from tuiapp.prepare import prepare
from tuiapp.screens.metrics import ChooseMetric
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.shortening import shortened
from tuiapp.sight import Sight
from tuiapp.watched import Watched
from tuiapp.widgets.chart import ChartView
from tuiapp.widgets.rows import Rows

LONG = [f"resnet50-imagenet-{what}-augmented-cosine-schedule-seed-{i}" for i, what in enumerate("abcdefgh")]
names = st.text(st.characters(categories=("L", "N", "P", "So")), max_size=30)
configs = st.dictionaries(st.sampled_from(["lr", "seed", "loss", "batch_size"]), scalars, max_size=4)


def state_of(*events: Event) -> RunState:
    state = RunState()
    for n, event in enumerate(events):
        state.apply(Record(n, event))
    return state


def begun(config: Mapping[str, Scalar], name: str = "run") -> Started:
    return replace(started(name, task="", steps=100, epochs=1), config=dict(config))


def measured(last: int, scale: float = 1.0, name: str = "loss", split: str = "train") -> Steps:
    """One metric of each step up to the last, falling from `scale`."""
    at = tuple(range(last + 1))
    values = tuple(scale * math.exp(-step / 40) for step in at)
    return Steps(branch=0, split=split, at=at, t=tuple(step / 20 for step in at), values={name: values})


def watched(*logs: Sequence[Event], names: Sequence[str] = ()) -> list[Watched]:
    """Runs that are over, as they are found in files."""
    called = names or [f"run-{i}" for i in range(len(logs))]
    found = [Found(Path(name), name, "lintui") for name in called]
    runs = [Watched(Recording([*log]), None, found=one) for log, one in zip(logs, found, strict=True)]
    for run in runs:
        run.look()
    return runs


# Names that are cut


@given(st.lists(names, min_size=1, max_size=12), st.integers(4, 40))
@example(LONG, 8)
@example(["aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaabaaaaaaaaa"], 4)
def test_names_are_cut_to_the_width_and_only_equal_ones_look_alike(called: list[str], width: int) -> None:
    cut = shortened(called, width)
    assert all(cell_len(short) <= width for short in cut)
    assert all(short == name for short, name in zip(cut, called, strict=True) if cell_len(name) <= width) or any(
        cell_len(name) > width for name in called
    )
    assert len(set(cut)) == len(set(called))


def test_a_name_that_fits_stays_whole_and_a_long_one_keeps_both_its_ends() -> None:
    assert shortened(["short", "a-long-beginning-and-an-end"], 11) == ["short", "a-lon…n-end"]


# The names above a chart


@given(st.lists(st.tuples(names, names), max_size=10).map(tuple), st.integers(1, 90), st.integers(1, 5))
def test_captions_lie_within_their_rows_and_never_on_each_other(
    called: tuple[tuple[str, str], ...], width: int, rows: int
) -> None:
    taken: set[tuple[int, int]] = set()
    for caption in lay_out(called, width, rows):
        cells = {(caption.row, caption.column + x) for x in range(2 + cell_len(caption.text))}
        assert not cells & taken
        assert all(row < rows and column < width for row, column in cells)
        taken |= cells


def test_eight_long_names_are_all_there_on_a_small_terminal_and_all_different() -> None:
    captions = lay_out(tuple((name, "") for name in LONG), 78, 4)
    assert len({caption.text for caption in captions}) == 8


@given(
    st.lists(st.tuples(names, st.lists(st.floats(0.1, 10), min_size=1, max_size=20)), min_size=1, max_size=8),
    st.integers(20, 80),
    st.integers(6, 24),
)
def test_no_name_ever_covers_a_curve(called: list[tuple[str, list[float]]], width: int, height: int) -> None:
    """With names and without, as much of each curve is seen: the names have rows of their own."""
    curves = [
        Curve(name, color, [[(float(x), y) for x, y in enumerate(ys)]])
        for (name, ys), (color, _) in zip(called, LOOKS, strict=False)
    ]
    rows = draw(Chart(curves, 20.0, "linear"), width, height, Palette(style=lambda _: None))  # type: ignore[arg-type, return-value]
    text = ["".join(segment.text for segment in row) for row in rows]
    assume("more room" not in text[0])  # numbers of many digits at the axis leave none for curves
    top = next(y for y, row in enumerate(text) if "│" in row or "┤" in row)
    captions = lay_out(tuple((curve.label, "") for curve in reversed(curves) if curve.label), width, height // 4)
    assert all(caption.row < top for caption in captions)
    # The same curves in the rows that are left, without a name, are the same picture.
    bare = [replace(curve, label="") for curve in curves]
    below = draw(Chart(bare, 20.0, "linear"), width, height - top + 1, Palette(style=lambda _: None))  # type: ignore[arg-type, return-value]
    assert text[top:] == ["".join(segment.text for segment in row) for row in below][1:]


# What differs


@given(st.lists(configs, min_size=1, max_size=6))
def test_exactly_the_settings_that_are_not_the_same_for_all_are_told(each: list[dict[str, Scalar]]) -> None:
    def same(one: object, other: object) -> bool:
        both = one == other or (one != one and other != other)
        return both and isinstance(one, bool) == isinstance(other, bool)

    told = differing([state_of(begun(config)) for config in each])
    absent = object()
    for name in {name for config in each for name in config}:
        values = [config.get(name, absent) for config in each]
        assert (name not in told) == all(same(value, values[0]) for value in values)
    assert all(len(column) == len(each) for column in told.values())


def test_what_somebody_changed_is_a_difference_and_said_with_what_it_was() -> None:
    changed = applied("1", 5, "lr", 0.1, 0.05)
    paused = applied("2", 6, "paused", False, True)
    kept = applied("5", 9, "checkpoint", None, "step-9.pt")
    undone = [applied("3", 7, "lr", 0.1, 0.2), applied("4", 8, "lr", 0.2, 0.1)]
    states = [state_of(begun({"lr": 0.1}), *more) for more in ([changed, paused, kept], [], undone)]
    assert differing(states) == {"lr": ["0.1 → 0.05", "0.1", "0.1"]}


@given(st.lists(st.tuples(configs, words), min_size=1, max_size=6))
def test_labels_are_all_different(runs: list[tuple[dict[str, Scalar], str]]) -> None:
    states = [state_of(begun(config, name)) for config, name in runs]
    assert len(set(labels(states, ["folder"] * len(states)))) == len(states)


@pytest.mark.parametrize(
    ("each", "called", "expected"),
    [
        ([{"command": "train.py --lr 1"}, {"command": "train.py"}], "aa", ["train.py --lr 1", "train.py"]),
        ([{"lr": 0.1, "seed": 1}, {"lr": 0.2, "seed": 1}], "aa", ["lr 0.1", "lr 0.2"]),
        (
            [{"lr": 0.1, "batch_size": 8}, {"lr": 0.2, "batch_size": 9}],
            "aa",
            ["lr 0.1, batch size 8", "lr 0.2, batch size 9"],
        ),
        ([{"a": "x" * 40, "b": 1}, {"a": "y" * 40, "b": 2}], "aa", ["b 1", "b 2"]),
        ([{"lr": 0.1}, {"lr": 0.1}], "ab", ["a", "b"]),
        ([{}, {}], "aa", ["first", "second"]),
    ],
)
def test_a_label_is_what_differs_else_the_name_else_the_directory(
    each: list[dict[str, Scalar]], called: str, expected: list[str]
) -> None:
    states = [state_of(begun(config, name)) for config, name in zip(each, called, strict=True)]
    assert labels(states, ["first", "second"]) == expected


# Curves of several runs


@given(st.permutations(range(8)), st.text("0123456789-", max_size=3))
def test_a_run_keeps_its_colour_and_sign_whatever_is_filtered_and_whichever_has_values(
    lengths: list[int], filter: str
) -> None:
    runs = watched(*([begun({}), *([measured(10 * n)] if n else [])] for n in lengths))
    for run, name in zip(runs, LONG, strict=True):
        run.label = name
    own = {run.label: look for run, look in zip(runs, LOOKS, strict=False)}
    chart = prepare(LOSS, runs[0].state, replace(LOSS.sight, filter=filter), 40, runs)
    assert {curve.label: (curve.color, curve.sign) for curve in chart.curves}.items() <= own.items()
    assert {curve.label for curve in chart.curves} == {
        name for name, n in zip(LONG, lengths, strict=True) if n and filter in name
    }
    assert len(set(own.values())) == 8


def test_as_many_runs_as_are_let_in_have_a_colour_and_a_sign_of_their_own() -> None:
    colors, signs = zip(*LOOKS, strict=True)
    assert len(set(colors)) == len(set(signs)) == len(LOOKS) == 10


def test_the_axis_covers_the_longest_run_and_each_epoch_is_its_own() -> None:
    from lintui.events import Epoch

    def run(steps: int, each: int) -> list[Event]:
        ends = [Epoch(branch=0, number=n, at=n * each, t=n * each / 20) for n in range(1, steps // each + 1)]
        return [begun({}), measured(steps), *ends, Ended(branch=0, at=steps, t=1.0, how="done", summary={})]

    runs = watched(run(100, 50), run(60, 10))
    by_step = prepare(LOSS, runs[0].state, LOSS.sight, 40, runs)
    assert by_step.x_end >= 100
    by_epoch = prepare(LOSS, runs[0].state, Sight(scale="log", axis="epoch"), 40, runs)
    assert by_epoch.x_name == "epoch"
    ends = {curve.label or i: curve.pieces[-1][-1][0] for i, curve in enumerate(by_epoch.curves)}
    assert sorted(ends.values()) == [2.0, 6.0]


def test_at_the_cursor_a_run_that_ended_before_says_nothing() -> None:
    runs = watched([begun({}), measured(100)], [begun({}), measured(30)])
    chart = prepare(LOSS, runs[0].state, replace(LOSS.sight, cursor=80.0), 100, runs)
    assert [bool(curve.reading) for curve in chart.curves] == [False, True]


# Which metric


def test_runs_are_compared_by_what_most_of_them_have() -> None:
    ours = [begun({}), measured(10), measured(10, split="batch")]
    first = state_of(*ours, Values(branch=0, split="test", at=5, t=1, values={"accuracy": 0.5}))
    other = state_of(begun({}), measured(10, split="batch"), measured(9, name="perplexity", split="val"))
    assert charts_beside([first, first])[0] is LOSS
    assert charts_beside([first, other, other])[0].compared == Key("batch", "loss")
    assert charts_beside([first, other, other])[1].compared == Key("val", "perplexity")
    assert charts_beside([first, first])[1].compared == Key("test", "accuracy")


def test_of_a_run_without_a_loss_anything_it_measures_is_drawn() -> None:
    only = state_of(begun({}), measured(10, name="perplexity", split="val"))
    assert [row.key for row in first_chart(only).rows] == [Key("val", "perplexity")]
    assert charts_beside([only, only])[0].compared == Key("val", "perplexity")


@given(st.lists(st.tuples(words, words), max_size=6))
def test_whatever_the_metrics_are_called_there_are_two_charts_to_draw(called: list[tuple[str, str]]) -> None:
    runs = watched(*([begun({}), *(measured(3, name=name, split=split) for split, name in called)],) * 2)
    for plan in charts_beside([run.state for run in runs]):
        prepare(plan, runs[0].state, plan.sight, 20, runs)
        side_by_side(plan, runs)
    shown = {split for split, _ in called} - PLACES
    assert bool(charts_beside([run.state for run in runs])[0].rows) or not shown


def test_more_accuracy_is_better_and_less_of_a_loss() -> None:
    assert alone(Key("val", "accuracy")).largest
    assert alone(Key("eval", "f1")).largest
    assert not alone(Key("train", "loss")).largest
    assert not alone(Key("val", "perplexity")).largest
    assert alone(Key("val", "accuracy")) is alone(Key("val", "accuracy"))
    assert name_of(Key("train", "loss", 1)) == "train loss · rank 1"


# The table


def column(rows: Sequence[str], heading: str) -> list[str]:
    """The cells under a heading, which ends where they end."""
    header, *others = rows
    end = header.index(heading) + len(heading)
    return [row[:end].rpartition("   ")[2].strip() for row in others]


def test_the_table_has_the_last_the_best_and_the_value_at_the_cursor_of_each_run() -> None:
    def run(values: Iterable[float], lr: float) -> list[Event]:
        column = tuple(values)
        at = tuple(range(1, len(column) + 1))
        steps = Steps(branch=0, split="train", at=at, t=tuple(map(float, at)), values={"loss": column})
        return [begun({"lr": lr, "seed": 1}), steps, Ended(branch=0, at=len(at), t=9.0, how="done", summary={})]

    runs = watched(run([4.0, 1.0, 2.0], 0.1), run([8.0, 6.0, 5.0, 3.5], 0.2))
    for one, label in zip(runs, ("one", "other"), strict=True):
        one.label = label
    rows = [row.plain for row in comparison(runs, 0, [LOSS], cursor=2.0)]
    assert column(rows, "final loss") == ["2", "3.5"]
    assert column(rows, "best loss") == ["1 at 2", "3.5 at 4"]
    assert column(rows, "at step 2") == ["1", "6"]
    assert column(rows, " lr") == ["0.1", "0.2"]
    assert "seed" not in rows[0]
    assert column([row.plain for row in comparison(runs, 0, [LOSS], cursor=4.0)], "at step 4") == ["–", "3.5"]


# On the screen


@asynccontextmanager
async def shown(runs: Sequence[Watched], size: tuple[int, int] = (120, 36)):
    """A monitor of these runs, drawn."""
    screen = MonitorScreen(*runs)
    app = LintuiApp(lambda _: pytest.fail("nothing is to be started"), monitor=screen)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen._tick()
        screen.redraw()
        await pilot.pause()
        yield app, pilot


def eight() -> list[Watched]:
    return watched(
        *([begun({"lr": 0.1 * 2**-n}, "same"), measured(40 + 20 * n, 1 + n)] for n in range(8)), names=LONG
    )


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
async def test_eight_runs_are_in_one_chart_each_with_its_label(size: tuple[int, int]) -> None:
    async with shown(eight(), size) as (app, _):
        chart = "\n".join(app.monitor.query_one("#loss", ChartView).lines)
        for n in range(8):
            assert f"lr {0.1 * 2**-n:g}" in chart


async def test_a_metric_is_chosen_for_one_chart_from_all_that_the_runs_have() -> None:
    perplexity = measured(50, name="perplexity", split="val")
    runs = watched([begun({"lr": 0.1}), measured(50), perplexity], [begun({"lr": 0.2}), measured(70)])
    async with shown(runs) as (app, pilot):
        await pilot.press("i")
        assert isinstance(app.screen, ChooseMetric)
        app.screen.query_one(Input).value = "perp"
        await pilot.pause()
        assert [name for name, *_ in app.screen.found] == ["val perplexity"]
        assert app.screen.found[0][1] == "1 of 2 runs"
        await pilot.press("enter")
        await pilot.pause()
        assert app.monitor.query_one("#loss", ChartView).plan.compared == Key("val", "perplexity")
        await pilot.press("i", "home", "pageup", "enter")
        await pilot.pause()
        assert app.monitor.query_one("#loss", ChartView).plan is LOSS


async def test_a_run_that_comes_into_focus_keeps_its_colour_and_the_table_marks_it() -> None:
    async with shown(eight()) as (app, pilot):
        before = [curve.color for curve in app.monitor.query_one("#loss", ChartView)._chart.curves]
        await pilot.press("right_square_bracket", "9")
        await pilot.pause()
        rows = [row.plain for row in app.monitor.query_one("#runs").rows[:8]]
        assert [row.startswith("›") for row in rows] == [False, True, *[False] * 6]
        assert [row[2] for row in rows] == [sign for _, sign in LOOKS[:8]]
        await pilot.press("1")
        await pilot.pause()
        assert [curve.color for curve in app.monitor.query_one("#loss", ChartView)._chart.curves] == before


async def test_what_could_not_be_read_is_told_on_the_screen(tmp_path: Path) -> None:
    from tuiapp.logs import looked_up, opened

    log = tmp_path / "log.jsonl"
    a_log(log, [begun({}), *(measured(n) for n in range(6))])
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([lines[0], lines[1], b"not a line\n" * 6, *lines[2:]]))
    async with shown(opened(looked_up([str(log)]))) as (app, _):
        assert "log: 6 problems" in app.monitor.query_one("#status").text.plain
        told = [row.plain for row in app.monitor.query_one("#happened").rows]
        assert told[0] == "not all of the log could be read (6 times):"
        assert told[4] == "  … and 3 more"


# Several learning rates


def rates(*each: float, seeds: Sequence[int] = (0, 0, 0)) -> list[Watched]:
    """Runs of different learning rates, each of which settles at a level of its own."""

    def run(lr: float, seed: int) -> list[Event]:
        reason = Level(split="batch", name="loss", value=lr, label="½·lr·mean(x)²")
        weights = Watching(names=("w", "b"), shapes=("1", "1"), whole=(False, False))
        losses = batch(0, 59, loss=lambda step: lr * (1 + 9 * math.exp(-step / 4)))
        train = batch(0, 59, "train", 10, loss=lambda step: lr * (1 + 9 * math.exp(-step / 4)))
        config = {"lr": lr, "seed": seed}
        return [begun(config), *knobs(lr, "l1", ("l1",)), weights, reason, losses, train, looks((59,), 2, lr)]

    return watched(*map(run, each, seeds))


def test_of_learning_rates_the_table_says_first_where_they_settle_and_why() -> None:
    heads = re.split("   +", comparison(rates(0.1, 0.01, 0.001), 0)[0].plain.strip())
    assert heads[:7] == ["run", "lr now", "plateau", "½·lr·mean(x)²", "settled at", "w", "b"]
    assert {"step", "best loss"} <= {*heads[7:]}


def test_of_runs_that_differ_in_more_the_table_says_first_what_they_measured() -> None:
    heads = re.split("   +", comparison(rates(0.1, 0.01, seeds=(0, 7)), 0)[0].plain.strip())
    assert heads.index("step") < heads.index("best loss") < heads.index("plateau")


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12)], ids=["120x36", "80x24", "40x12"])
async def test_what_the_columns_mean_is_whole_and_stays_while_the_columns_are_scrolled(size: tuple[int, int]) -> None:
    async with shown(rates(0.1, 0.01, 0.001), size) as (app, pilot):
        await pilot.press("9")
        await pilot.pause()
        pane = app.monitor.query_one("#runs", Rows)

        def seen() -> list[str]:
            return [pane.render_line(y).text for y in range(pane.count() + 1)]

        before = seen()
        assert "within 10 % of it" in " ".join(" ".join(before).split())
        await pilot.press("right", "l")
        await pilot.pause()
        after = seen()
        assert pane.scroll_offset.x > 0
        assert after[0] != before[0]
        assert after[4:] == before[4:]


async def test_a_key_to_the_right_brings_about_a_column_more_into_view() -> None:
    async with shown(rates(0.1, 0.01, 0.001), (50, 24)) as (app, pilot):
        await pilot.press("9")
        await pilot.pause()
        pane = app.monitor.query_one("#runs", Rows)
        assert "settled at" not in pane.render_line(0).text
        await pilot.press("right", "right")
        await pilot.pause()
        assert "settled at" in pane.render_line(0).text
        await pilot.press("left", "h", "h")
        await pilot.pause()
        assert pane.scroll_offset.x == 0
