"""Specifies the table of keys: nothing twice, nothing that a terminal takes away, and a way to help and out."""

import re
import string
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.keys import Keys, _character_to_key

from lintui.events import Applied, Declared, Ended, Event, Record, Values
from lintui.state import RunState
from tuiapp.conditions import View
from tuiapp.keymap import KEYS, Key, bindings
from tuiapp.keynames import named, shown
from tuiapp.remapping import changed, table
from tuiapp.screens.monitor import MonitorScreen
from tuiapp.screens.panes import LEAST_WIDE
from tuiapp.widgets.footer import footer, spans
from tuiapp.widgets.rows import Rows

NAMED = {key.value for key in Keys} | {_character_to_key(character) for character in string.printable}
ROWS = pytest.mark.parametrize("row", KEYS, ids=lambda row: row.shown)
RATE = Declared(knob="lr", label="learning rate", shape="number", value=0.1)
FACTOR = Declared(knob="lr.factor", label="learning rate", shape="factor", value=1.0, base=0.1)
LOSS = Declared(knob="loss", label="loss", shape="choice", value="mse", choices=("mse", "l1"))
SPEED = Declared(knob="speed", label="speed limit", shape="number", value=20.0)
MOMENTUM = Declared(knob="momentum", label="momentum", shape="number", value=0.0, low=0.0, below=1.0)
TURNED = Applied(id="1", by="me", branch=0, at=1, t=0.1, knob="lr", old=0.1, new=0.2)
BACK = replace(TURNED, id="2", old=0.2, new=0.1, undoes="1")
STOPPING = replace(TURNED, id="3", knob="stop", old=None, new=None)
MEASURED = Values(branch=0, split="train", at=1, t=0.1, values={"loss": 1.0})
ENDED = Ended(branch=0, at=1, t=0.2, how="done", summary={})


@dataclass
class Case:
    """What is known of a run, and what can then be pressed."""

    events: tuple[Event, ...] = ()
    steers: bool = True

    @property
    def view(self) -> View:
        """The view of that run."""
        state = RunState()
        for n, event in enumerate(self.events):
            state.apply(Record(n, event))
        return View(state, self.steers)

    def works(self, shown: str) -> bool:
        """Whether the key has something to do."""
        (row,) = [row for row in KEYS if row.shown == shown]
        return row.when(self.view)


cases = st.builds(
    Case,
    st.lists(
        st.sampled_from([RATE, FACTOR, LOSS, MOMENTUM, SPEED, TURNED, BACK, STOPPING, ENDED]),
        max_size=8,
        unique_by=id,
    ).map(tuple),
    st.booleans(),
)


def names(row: Key) -> list[str]:
    return row.keys.split(",")


def width(rows: list[Key]) -> int:
    """Of the footer as the monitor writes it: a blank, then each key, a blank, its word and two blanks."""
    return 1 + sum(cell_len(f"{row.shown} {row.short}  ") for row in rows)


# Keys


def test_no_key_is_bound_twice() -> None:
    assert [name for name, times in Counter(name for row in KEYS for name in names(row)).items() if times > 1] == []


def test_no_key_is_bound_twice_under_two_names() -> None:
    # What a terminal can't tell apart.
    one = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+left_square_bracket": "escape"}
    bound = Counter(one.get(name, name) for row in KEYS for name in names(row))
    assert [name for name, times in bound.items() if times > 1] == []


@ROWS
def test_every_key_has_a_name_that_textual_knows(row: Key) -> None:
    assert set(names(row)) <= NAMED


@ROWS
def test_what_is_shown_for_a_key_is_what_has_to_be_pressed(row: Key) -> None:
    first = names(row)[0]
    if len(row.shown) == 1:
        assert first == _character_to_key(row.shown)
    else:
        assert first.startswith(row.shown)


def test_no_two_rows_are_shown_as_the_same_key() -> None:
    assert len({row.shown for row in KEYS}) == len(KEYS)


@pytest.mark.parametrize("taken", ["ctrl+a", "ctrl+b", "ctrl+s", "ctrl+backslash"])
def test_keys_that_multiplexers_and_terminals_keep_for_themselves_are_not_used(taken: str) -> None:
    assert not any(taken in names(row) for row in KEYS)


@ROWS
def test_no_action_is_only_on_function_keys_or_alt(row: Key) -> None:
    assert any(not re.fullmatch(r"(.*\+)?f\d+|alt\+.*", name) for name in names(row))


def test_no_key_takes_away_the_movement_in_a_list() -> None:
    moves = {name for binding in Rows.BINDINGS for name in binding.key.split(",")}  # type: ignore[union-attr]
    moves |= {"up", "down", "left", "right", "pageup", "pagedown", "home", "end"}
    assert {"j", "k", "g", "G"} <= moves
    assert not moves & {name for row in KEYS for name in names(row)}


def test_leaving_is_on_q_and_on_the_keys_that_people_press_to_get_out() -> None:
    (row,) = [row for row in KEYS if row.action == "leave"]
    assert {"q", "ctrl+q", "ctrl+c"} <= set(names(row))


# Actions


@ROWS
def test_every_action_is_one_that_the_monitor_has(row: Key) -> None:
    name, _, arguments = row.action.partition("(")
    method = getattr(MonitorScreen, f"action_{name}", None)
    assert callable(method) and method.__doc__
    assert method.__code__.co_argcount - 1 == (arguments.count(",") + 1 if arguments else 0)


def test_every_row_has_an_action_of_its_own() -> None:
    assert len({row.action for row in KEYS}) == len(KEYS)


def test_the_bindings_are_the_table() -> None:
    assert [(binding.key, binding.action) for binding in bindings()] == [(row.keys, row.action) for row in KEYS]


@ROWS
def test_every_row_is_explained_in_a_line_of_the_help(row: Key) -> None:
    assert row.help and row.help.isprintable()
    assert len(row.help) <= 60


# When a key has something to do


def test_a_key_is_there_when_there_is_something_to_steer() -> None:
    assert not any(Case().works(key) for key in "+-LoO><uU")
    assert all(Case((RATE,)).works(key) for key in "+-L")
    assert all(Case((FACTOR,)).works(key) for key in "+-L")
    assert Case((LOSS,)).works("o")
    assert Case((MOMENTUM,)).works("O")
    assert all(Case((SPEED,)).works(key) for key in "><")
    assert all(Case().works(key) for key in ("space", "s", "x"))


def test_what_looks_closer_is_there_when_there_is_a_curve_and_what_steps_back_when_it_was_looked_at_closely() -> None:
    assert not any(Case().works(key) for key in "awvzZ0/")
    assert all(Case((MEASURED,)).works(key) for key in "yawvz/")
    assert not any(Case((MEASURED,)).works(key) for key in "Z0")
    near = replace(Case((MEASURED,)).view, zoomed=True)
    assert all(row.when(near) for row in KEYS if row.shown in "Z0")


def test_setting_back_is_there_when_there_is_something_to_set_back() -> None:
    assert Case((RATE, TURNED)).works("u") and not Case((RATE, TURNED)).works("U")
    assert Case((RATE, TURNED, BACK)).works("U") and not Case((RATE, TURNED, BACK)).works("u")


@given(cases)
def test_a_run_that_can_not_be_told_anything_can_only_be_looked_at_and_left(case: Case) -> None:
    case.steers = False
    working = {row.shown for row in KEYS if row.when(case.view)}
    assert working == {"y", "S", "Y", "tab", "shift+tab", "1", "2", "3", "4", "enter", "esc", "t", "r", "?", "q"}


@given(cases, st.sampled_from([STOPPING, ENDED]))
def test_a_run_that_is_stopping_or_over_can_not_be_told_anything(case: Case, last: Event) -> None:
    over = Case((*(event for event in case.events if event != last), last), case.steers)
    assert {row.shown for row in KEYS if row.when(over.view)} == {
        row.shown for row in KEYS if row.when(View(RunState(), steers=False))
    }


# The footer


@given(cases, st.integers(LEAST_WIDE, 300))
def test_the_footer_fits_and_the_way_to_help_and_out_is_always_in_it(case: Case, columns: int) -> None:
    rows = footer(case.view, columns)
    assert [row.shown for row in rows[-2:]] == ["?", "q"]
    assert width(rows) <= columns


@given(cases, st.integers(LEAST_WIDE, 300))
def test_the_footer_shows_only_keys_that_have_something_to_do_in_the_order_of_the_table(
    case: Case, columns: int
) -> None:
    rows = footer(case.view, columns)
    assert all(row.when(case.view) and row.short for row in rows)
    assert [KEYS.index(row) for row in rows] == sorted({KEYS.index(row) for row in rows})


@given(cases)
def test_where_there_is_room_the_footer_shows_every_key_that_has_something_to_do_and_a_word(case: Case) -> None:
    everything = [row for row in KEYS if row.short and row.when(case.view)]
    assert footer(case.view, width(everything)) == everything
    if len(everything) > 2:
        assert len(footer(case.view, width(everything) - 1)) == len(everything) - 1


@given(cases, st.integers(LEAST_WIDE, 300))
def test_where_a_key_stands_in_the_footer_is_where_it_can_be_clicked(case: Case, columns: int) -> None:
    rows = footer(case.view, columns)
    line = " " + "".join(f"{row.shown} {row.short}  " for row in rows)
    assert [line[start:end] for _, start, end in spans(rows)] == [f"{row.shown} {row.short}" for row in rows]


# A person's own keys


def test_every_row_has_a_name_of_its_own_that_can_be_written_in_a_file() -> None:
    assert len({row.name for row in KEYS}) == len(KEYS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", row.name) for row in KEYS)


def test_without_other_keys_the_table_is_the_table() -> None:
    assert table({}) == KEYS
    assert changed(table({})) == {}


@given(st.characters(codec="utf-8"))
def test_a_character_is_named_as_textual_names_it(character: str) -> None:
    try:
        name = named(character)
    except ValueError:
        assert not character.isprintable() or character == " " or not unicodedata.name(character, "")
    else:
        assert name == _character_to_key(character)


SPECIAL = {"return", "ctrl-at", "ctrl+h", "ctrl+i", "ctrl+m"}
"""Names of Textual's that no terminal sends."""


@pytest.mark.parametrize("key", sorted({key.value for key in Keys if "<" not in key.value} - SPECIAL))
def test_every_key_that_textual_names_can_be_written(key: str) -> None:
    assert named(key) == key
    assert named(key.upper() if len(key) > 1 else key) == key


NAMES = sorted({named(chr(code)) for code in range(0x21, 0x7F)} | {"space", "escape", "enter", "f12", "pagedown"})
ways = st.builds(
    lambda modifiers, key: "+".join([*sorted(modifiers), key]),
    st.sets(st.sampled_from(["ctrl", "alt", "shift"])),
    st.sampled_from(NAMES),
)


@given(ways)
def test_what_is_shown_for_any_key_can_be_written_and_means_it(typed: str) -> None:
    try:
        key = named(typed)
    except ValueError as error:
        assert str(error).startswith("to a terminal")
    else:
        assert named(shown(key)) == key


@pytest.mark.parametrize(
    ("typed", "is_shown"),
    [
        ("ctrl+s", "ctrl+s"),
        ("Space", "space"),
        ("plus", "+"),
        ("esc", "esc"),
        ("shift+s", "S"),
        ("question_mark", "?"),
        ("ctrl++", "ctrl++"),
        ("+", "+"),
        ("f2,n", "f2"),
        ("ctrl+a", "ctrl+a"),
        ("ctrl+b", "ctrl+b"),
    ],
)
def test_a_row_with_another_key_is_shown_with_it(typed: str, is_shown: str) -> None:
    out_of_the_way = {"restore": "f9", "double-rate": "f8", "help": "f7", "pause": "f6", "screenshot": "f5"}
    (row,) = [row for row in table({"step": typed, **out_of_the_way}) if row.name == "step"]
    assert row.shown == is_shown


@given(st.dictionaries(st.sampled_from([row.name for row in KEYS]), ways, max_size=4))
def test_whatever_is_bound_there_is_a_way_out_and_no_key_twice(remapping: dict[str, str]) -> None:
    try:
        rows = table(remapping)
    except ValueError as error:
        assert str(error).isprintable()
        return
    (leave,) = [row for row in rows if row.action == "leave"]
    assert {"ctrl+q", "ctrl+c"} <= set(names(leave))
    assert max(Counter(name for row in rows for name in names(row)).values()) == 1
    assert len({row.shown for row in rows}) == len(rows)
    assert [(row.name, row.action) for row in rows] == [(row.name, row.action) for row in KEYS]


def test_two_rows_may_exchange_their_keys() -> None:
    rows = {row.name: row.keys for row in table({"step": "space", "pause": "s"})}
    assert (rows["step"], rows["pause"]) == ("space", "s")
