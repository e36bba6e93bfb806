"""Several learning rates side by side: real trainings in one group, on the screen and without."""

import dataclasses
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from strategies import child_environment
from test_session import LONG, ended, read, table, until

from lintui.events import Applied, Started, Steps
from lintui.known import Key
from trainer.catalog import find
from trainer.loop import build
from tuiapp.app import LintuiApp
from tuiapp.comparison import comparison
from tuiapp.group import Group
from tuiapp.headless import train
from tuiapp.launch import prepare, prepare_several
from tuiapp.plain import put_nothing

RATES = (0.1, 0.03, 0.003)


def group_of(*rates: float, speed: float | None = None, **settings: object) -> Group:
    """Runs of linreg-scratch that are ready to start."""
    entry = find("linreg-scratch")
    at = dataclasses.replace(entry.defaults, **settings)  # type: ignore[arg-type]
    return Group(*prepare_several(entry, rates, at, speed=speed))


def logs(group: Group) -> list[Path]:
    return [session.run.directory.log for session in group.sessions]


def test_each_is_a_run_of_its_own_and_learns_what_it_would_have_learnt_alone() -> None:
    group = group_of(*RATES, seed=5)
    assert train(group, every=LONG, put=put_nothing) == 0
    for rate, log in zip(RATES, logs(group), strict=True):
        entry = find("linreg-scratch")
        alone = Group(prepare(entry, dataclasses.replace(entry.defaults, lr=rate, seed=5)))
        train(alone, every=LONG, put=put_nothing)
        assert table(read(log)) == table(read(alone.first.run.directory.log))


def test_they_bear_the_same_group_and_start_at_the_same_weights() -> None:
    group = group_of(*RATES, epochs=1)
    train(group, every=LONG, put=put_nothing)
    records = [read(log) for log in logs(group)]
    started = [r[0].event for r in records]
    assert all(isinstance(event, Started) for event in started)
    assert len({event.group for event in started}) == 1
    assert started[0].group
    assert [event.config["lr"] for event in started] == list(RATES)
    # The first batch's loss is measured before the first update: same weights, same batch.
    first = [next(e.values["loss"][0] for _, e in r if isinstance(e, Steps) and "loss" in e.values) for r in records]
    assert len(set(first)) == 1


def test_what_happens_to_all_is_told_with_the_name_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    train(group_of(0.1, 0.03), every=LONG)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("lr 0.1  step 300/300") for line in lines)
    assert any(line.startswith("lr 0.03  step 300/300") for line in lines)
    header, one, other = lines[-3:]
    assert header.split()[:3] == ["run", "lr", "now"]
    assert one.split()[:3] == ["●", "lr", "0.1"]
    assert other.split()[:3] == ["▲", "lr", "0.03"]
    # At 0.1 it came to rest long before the end.
    assert "none yet" not in one


# L1 with a coarse step

COARSE = (1e-6, 1e-7, 1e-8)


@pytest.mark.parametrize("seed", [6, 51])
def test_the_table_of_l1_at_several_rates_has_where_each_settles_when_and_with_which_weight(seed: int) -> None:
    # Seeds that start near w = 1: from elsewhere the smallest rate takes 2,000 steps to its plateau.
    entry = find("l1-line")
    at = dataclasses.replace(entry.defaults, epochs=5, seed=seed)
    group = Group(*prepare_several(entry, COARSE, at))
    assert train(group, every=LONG, put=put_nothing) == 0
    cells = under_heads([row.plain for row in comparison(group.watched)])
    assert [float(cell) for cell in cells["lr now"]] == list(COARSE)
    x = build(entry, at).data.X.numpy().astype(float)
    assert numbers(cells["½·lr·mean(x)²"]) == pytest.approx([lr / 2 * x.mean() ** 2 for lr in COARSE], rel=0.005)
    assert numbers(cells["plateau"]) == pytest.approx(numbers(cells["½·lr·mean(x)²"]), rel=0.05)
    for i, (lr, log) in enumerate(zip(COARSE, logs(group), strict=True)):
        records = read(log)
        by_step = {at: loss for split, name, at, loss in table(records) if (split, name) == ("batch", "loss")}
        losses = np.array([by_step[step] for step in range(1, 5 * 313 + 1)])
        plateau = losses[-(len(losses) // 4) :].mean()
        assert float(cells["plateau"][i]) == pytest.approx(plateau, rel=0.005)
        medians = np.array([np.median(losses[max(n - 4, 0) : n + 5]) for n in range(len(losses))])
        assert int(cells["settled at"][i]) == 1 + np.argmax(abs(medians - plateau) <= 0.1 * plateau)
        for name in ("w", "b"):
            assert float(cells[name][i]) == pytest.approx(ended(records).summary[name], rel=1e-5)
        # From the same start on the same batches; labels of 100,000 have no more digits in single precision.
        assert losses[:10] == pytest.approx([*islice(l1_by_numpy(seed, lr), 10)], rel=1e-4, abs=0.01)


def under_heads(rows: Sequence[str]) -> dict[str, list[str]]:
    """The cells of a table by what stands over them; each ends where its head ends."""
    header, *others = rows
    heads = re.finditer(r"\S+(?: \S+)*", header)
    return {head[0]: [row[: head.end()].rpartition("  ")[2].strip() for row in others] for head in heads}


def numbers(cells: Sequence[str]) -> list[float]:
    return [float(cell) for cell in cells]


def l1_by_numpy(seed: int, lr: float) -> Iterator[float]:
    """Every batch loss of descent in double precision, from the start and in the order that the seed says."""
    experiment = build(find("l1-line"), dataclasses.replace(find("l1-line").defaults, seed=seed))
    x, y = (part.numpy().astype(float).reshape(-1) for part in experiment.data)
    w, b = experiment.w.item(), experiment.b.item()
    order = torch.Generator().manual_seed(3 * seed + 2)
    while True:
        for batch in torch.randperm(len(y), generator=order).split(32):
            error = w * x[batch] + b - y[batch]
            yield abs(error).mean()
            w, b = w - lr * (np.sign(error) * x[batch]).mean(), b - lr * np.sign(error).mean()


# On the screen


async def test_on_the_screen_they_are_in_one_chart_and_one_of_them_is_steered() -> None:
    group = group_of(*RATES, speed=50.0, epochs=20)
    app = LintuiApp(lambda _: group, group.first.entry)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: all(state.at > 5 for state in group.states))
        chart = app.monitor.query_one("#loss")
        await until(pilot, lambda: all(f"lr {rate:g}" in chart.lines[1] for rate in RATES))
        await pilot.press("right_square_bracket", "plus")
        await until(pilot, lambda: bool(group.states[1].undoable))
        assert [state.knobs["lr"].value for state in group.states] == [0.1, 0.06, 0.003]
        await pilot.press("space")
        await until(pilot, lambda: all(state.paused for state in group.states) and not app.monitor.pending)
        await pilot.press("9")
        await pilot.pause(0.1)
        rows = [row.plain for row in app.monitor.query_one("#runs").rows[:3]]
        assert [row.strip("› ")[0] for row in rows] == ["●", "▲", "■"]
        assert [row.startswith("›") for row in rows] == [False, True, False]
        await pilot.press("q", "s")
        await until(pilot, lambda: app._exit)
    group.close("")
    assert [ended(read(log)).how for log in logs(group)] == ["stopped"] * 3
    steered = [sum(isinstance(e, Applied) and e.knob == "lr" for _, e in read(log)) for log in logs(group)]
    assert steered == [0, 1, 0]


async def test_alone_there_is_no_pane_of_runs() -> None:
    group = Group(prepare(find("linreg-scratch"), find("linreg-scratch").defaults, speed=50.0))
    app = LintuiApp(lambda _: group, group.first.entry)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: group.states[0].at > 5 and "lr" in app.state.knobs)
        await pilot.press("9", "right_square_bracket")
        assert app.monitor.pane == 0
        assert Key("train", "loss") in app.state.series
        await pilot.press("q", "s")
        await until(pilot, lambda: app._exit)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--lr", "0.1,0.1"), "--lr names 0.1 twice; give each learning rate once"),
        (("--lr", "0.1,,0.2"), "--lr needs a number, not ''; try --lr 0.01"),
        (("--lr", "0.1,-1"), "--lr needs a finite number of at least 0, not '-1'; try --lr 0.01"),
        (("--lr", "1,2,3,4,5,6,7"), "--lr takes 6 learning rates at most, not 7; leave some out"),
        (
            ("--lr", "0.1,0.2", "--log", "run.jsonl"),
            "--log names one log, and 2 learning rates make 2 runs; leave it out",
        ),
        (("--lr", "0.1,0.2", "--json"), "--json prints one log, and 2 learning rates make 2 runs; leave it out"),
    ],
)
def test_what_cannot_be_several_is_said_in_a_line(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "lintui", "demo", "--headless", *arguments],
        capture_output=True,
        text=True,
        env=child_environment() | {"LINTUI_DIR": str(tmp_path)},
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, f"lintui: {told}\n")
    assert list(tmp_path.iterdir()) == []
