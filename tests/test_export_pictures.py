"""Specifies a run as a vector picture and as a page: what stands in them, read by parsers that know neither."""

import math
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import applied, batch, classification, regression, started
from strategies import SAMPLE, any_event

from lintui.events import Event, Said, Values
from lintui.export.recording import Recording
from tuiapp.chart import Best, Chart, Curve, Line, Mark
from tuiapp.export import curves
from tuiapp.export.drawing import HEIGHT, WIDTH, drawn
from tuiapp.export.html import page
from tuiapp.export.room import HIGH, Room
from tuiapp.export.source import RunSource
from tuiapp.export.svg import charts_of, picture, state_of
from tuiapp.look import ACCENT, SECOND

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta"}


class Page(HTMLParser):
    """What a page is made of; fails where a tag is closed that is not the one opened last."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[list[str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1][-1] += data


def shown(events: list[Event]) -> tuple[ET.Element, Page]:
    """The picture and the page of a run."""
    state = state_of(Recording(lambda: events))
    return ET.fromstring(picture(charts_of(state))), Page(page(state))


def words(root: ET.Element) -> list[str]:
    """All that is written in a picture."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_a_picture_has_both_charts_with_their_axes_levels_and_interventions() -> None:
    root, _ = shown([*regression()[:-4], *regression()[-3:]])
    said = words(root)
    for text in ("loss · l1", "all data", "each batch", "lr ×2", "loss l1", "estimation error", "step", "log y"):
        assert text in said
    root, _ = shown(regression()[:13])
    assert "floor (least squares) 4.9e-5" in words(root)
    root, _ = shown(classification())
    assert {"accuracy and loss", "test", "train", "epoch", "best 0.929"} <= {*words(root)}


def numbers(root: ET.Element) -> list[float]:
    """Every number that says where something is."""
    found = []
    for element in root.iter():
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "d"):
            found += map(float, re.findall(r"-?[\d.]+(?:e[+-]?\d+)?|nan|inf", element.get(name, "")))
    return found


values = st.sampled_from([0.0, -0.0, 1.0, -3.0, 5e-324, 1e-300, 1e308, -1e308]) | st.floats(
    allow_nan=False, allow_infinity=False
)
places = st.lists(st.tuples(st.floats(0, 100), values), min_size=1, max_size=5).map(sorted)
drawings = st.builds(
    Chart,
    st.lists(
        st.builds(
            Curve,
            st.text(st.characters(categories=("L", "P")), max_size=40),
            st.sampled_from([ACCENT, SECOND]),
            st.lists(places, max_size=3),
            st.lists(st.floats(0, 100), max_size=2),
            marker=st.sampled_from(["", "●"]),
        ),
        max_size=6,
    ),
    st.just(100.0),
    st.sampled_from(["linear", "log", "symlog"]),
    st.lists(st.builds(Line, values, st.text("<>&'\"a", max_size=30), st.just(ACCENT)), max_size=4),
    st.lists(st.builds(Mark, st.floats(0, 100), st.text("<>&'\"a", max_size=30)), max_size=8),
    best=st.none() | st.builds(Best, st.floats(0, 100), values, st.just("best"), st.just(ACCENT), st.booleans()),
)


@given(chart=drawings)
@settings(max_examples=60)
def test_whatever_is_in_a_chart_it_is_drawn_inside_its_frame(chart: Chart) -> None:
    lines = "\n".join(drawn(chart, "<title> & more", "how"))
    root = ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{lines}</svg>')
    found = numbers(root)
    assert all(math.isfinite(number) and -20 <= number <= max(WIDTH, HEIGHT) + 20 for number in found)
    assert "<title> & more" in words(root)


def test_what_is_not_finite_is_marked_where_it_was_and_breaks_the_curve() -> None:
    run = started("run", task="", steps=6, epochs=1)
    loss = {3: math.nan, 5: math.inf}
    said = [run, batch(1, 6, loss=lambda step: loss.get(step, float(step)))]
    root, _ = shown(said)
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles == ["not finite", "not finite"]
    assert "each batch (not finite 2×)" in words(root)


@given(events=st.lists(any_event, max_size=12))
@settings(max_examples=40)
def test_any_events_make_a_well_formed_picture_and_page(events: list[Event]) -> None:
    shown(events)


def test_a_run_that_says_nothing_makes_a_picture_and_a_page_that_say_so() -> None:
    root, made = shown([started("quiet", task="", steps=1, epochs=1)])
    assert words(root) == ["nothing was measured yet"]
    assert "quiet" in made.text and "not ended: 0 steps" in made.text


def test_a_page_tells_results_interventions_and_settings() -> None:
    _, made = shown([*SAMPLE])
    assert "sample" in made.text and "stopped after 5 steps in 0.7 s" in made.text and "enough" in made.text
    rows = {row[0]: row[1:] for row in made.cells}
    assert rows["batch/loss"] == ["0.3", "5", "0.3", "5", "0.4", "4"]
    assert rows["train/mse"][:2] == ["0.25", "3"]
    assert rows["lr"] == ["0.03"] and rows["learning rate"] == ["0.03"]
    assert ["3", "0:00", "learning rate 0.03 → 0.06", "someone"] in made.cells
    assert ["3", "0:00", "lr refused: it can't be below 0", "someone"] in made.cells
    assert ["5", "0:00", "learning rate 0.06 → 0.03  (set back)", "someone"] in made.cells


def test_of_a_branch_that_was_left_nothing_is_on_the_page() -> None:
    _, made = shown([*SAMPLE])
    assert "batch/norm" not in {row[0] for row in made.cells}  # measured at step 4 of what was left after step 3


BAD = ["<script>alert(1)</script>", "\"onload='x'", "</svg></style>&amp;", "[@click=app.quit]x", "]]>", "<!--"]


def test_names_that_mean_harm_are_only_text() -> None:
    said: list[Event] = [started(BAD[0], task="", steps=3, epochs=1)]
    said += [Values(branch=0, split=bad, at=1, t=0.0, values={bad: 1.0, BAD[0]: 2.0}) for bad in BAD]
    said += [applied("1", 1, bad, bad, bad, note=bad) for bad in BAD]
    said += [Said(t=0.0, level="info", text=bad) for bad in BAD]
    root, made = shown(said)
    plain = shown(classification())[1]
    assert made.tags <= plain.tags | {"title"} and made.attributes <= plain.attributes
    assert not {"script", "a", "img", "iframe", "link"} & made.tags
    for bad in BAD:
        assert bad in made.text
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= made.tags
    assert any(BAD[0] in text for text in words(root))


@pytest.mark.parametrize("seed", range(10))
def test_a_log_full_of_what_means_harm_makes_a_well_formed_picture_and_page(seed: int, tmp_path: Path) -> None:
    log, random = tmp_path / "log.jsonl", Random(seed)
    hostile.write_raw(log, hostile.run(lambda: hostile.text(random)))
    state = state_of(Recording(RunSource(log)))
    root, made = ET.fromstring(picture(charts_of(state))), Page(page(state))
    text = "".join(words(root)) + made.text
    assert not [character for character in text if ord(character) < 32 and character != "\n"]
    assert "script" not in made.tags


def test_a_page_loads_nothing_from_anywhere() -> None:
    text = page(state_of(Recording(classification)))
    assert "default-src 'none'" in text
    assert [url for url in re.findall(r"\w+://[^\s\"'<]+", text) if "www.w3.org/2000/svg" not in url] == []
    assert "url(" not in text and "src=" not in text


# The curves in sight, as a table


def test_a_table_of_curves_has_a_row_for_each_place_and_every_digit() -> None:
    run = started("run", task="", steps=6, epochs=1)
    said = [run, batch(1, 6, loss=lambda step: step / 7), batch(2, 6, "train", 2, loss=lambda step: step / 3)]
    (_, _, chart), *_ = charts_of(state_of(Recording(lambda: said)))
    head, *rows = curves.table(chart).splitlines()
    assert head == "step,each batch,train"
    assert rows == [f"{step},{step / 7!r},{step / 3 if step % 2 == 0 else ''}" for step in range(1, 7)]


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_raw_curves_stand_in_a_table_beside_the_smooth_ones(scale: str) -> None:
    raw, smooth = (Curve(label, ACCENT, [[(1.5, y)]]) for label, y in (("", 2.0), ("all data", 3.0)))
    chart = Chart([raw, smooth], 10.0, scale, x_name="epoch")
    assert curves.table(chart) == "epoch,all data (raw),all data\n1.5,2.0,3.0\n"


# Room for words


@given(
    lines=st.lists(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 200)), max_size=4), max_size=4),
    wide=st.floats(10, 120),
)
@settings(max_examples=60)
def test_words_cover_no_curve_and_no_words_while_there_is_a_place_where_they_do_not(
    lines: list[list[tuple[float, float]]], wide: float
) -> None:
    room = Room(lines)
    corners = [place for line in lines for place in line]
    places = [(float(x), float(y)) for y in (20, 60, 300) for x in (0, 100, 600)]
    put = [room.put(wide, places) for _ in range(3)]
    # Two of the places are far from all curves, and those at x = 600 are beside all of them.
    assert len(set(put)) == 3
    for x, y in put:
        assert not any(x <= px <= x + wide and y - HIGH <= py <= y for px, py in corners)
