"""Specifies the pictures: in exactly their cells whatever the numbers are, and with everything where it must be."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from shelf import profile
from strategies import words

from lintui.events import Array, Profile
from tuiapp.appearance import _styles
from tuiapp.arrays import Numbers, Spread
from tuiapp.look import ACCENT, CLASSES, DIM, FAINT, MARK, SECOND, TEXT, TROUBLE
from tuiapp.palette import BRAILLE, Palette
from tuiapp.pictures.drawn import Drawn, Glance, Kept
from tuiapp.pictures.kinds import KINDS, draws, rows_first
from tuiapp.pictures.profile import draw_profiles, places, table
from tuiapp.pictures.rows import draw_rows
from tuiapp.theme import DARK, LOOKS, Look

DOTS = {chr(code) for code in range(0x2801, 0x2900)}
SHOWS = [*KINDS, "", "something else"]
DTYPES = ["uint8", "int32", "int64", "float32", "float64"]


def palette(look: Look = DARK, *, ascii: bool = False) -> Palette:
    """How the app has pictures drawn in a theme."""
    console = Console()
    console.push_theme(_styles(look))
    return Palette(
        FAINT,
        DIM,
        MARK,
        TROUBLE,
        console.get_style,
        signs=look.signs,
        dots=(1, 1) if ascii else BRAILLE,
        ground=look.background if look.rgb else "",
        has_colors=look.name != "mono",
    )


PALETTES = [palette(look, ascii=ascii) for look in LOOKS.values() for ascii in (False, True)]
PALETTE = palette()
SIZED = (Glance(), 80, 12, PALETTE)


def kept(
    numbers: np.ndarray, shows: str, *, samples: Kept | None = None, classes: bool = False, **how: object
) -> Kept:
    """An array as it is when it has been read."""
    array = Array(
        branch=0,
        name="a",
        at=0,
        t=0.0,
        file="a-0.bin",
        shape=numbers.shape,
        dtype=numbers.dtype.name,
        crc32="",
        shows=shows,
        **how,  # type: ignore[arg-type]
    )
    flat = numbers.ravel().tolist()
    return Kept(array, Numbers(numbers.shape, flat, Spread.of(flat)), classes, samples)


def rows(drawn: Drawn) -> list[str]:
    """The picture as text."""
    return ["".join(segment.text for segment in row) for row in drawn.cells]


def colors(row: Sequence[Segment]) -> list[tuple[str, str, str]]:
    """Each cell of a row: its character, its colour and its ground's."""
    found = []
    for text, style, _ in row:
        color = style.color.name if style is not None and style.color is not None else ""
        ground = style.bgcolor.name if style is not None and style.bgcolor is not None else ""
        found += [(character, color, ground) for character in text]
    return found


# Whatever the numbers are

numbers_of_any_shape = st.one_of(
    arrays_of.arrays(st.sampled_from(DTYPES), st.lists(st.integers(1, 6), max_size=4).map(tuple)),
    arrays_of.arrays("float64", st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.floats(-10, 10)),
    arrays_of.arrays("uint8", st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40))),
    arrays_of.arrays("int32", st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 9)),
)
names = st.lists(words, max_size=4).map(tuple)
ends = st.lists(st.floats() | st.integers(-9, 9), max_size=3).map(tuple)
glances = st.builds(Glance, *[st.integers(0, 9) | st.just(10**6)] * 3)
any_array = st.builds(
    lambda numbers, shows, axes, labels, low, high, classes: kept(
        numbers, shows, axes=axes, labels=labels, low=low, high=high, classes=classes
    ),
    *(numbers_of_any_shape, st.sampled_from(SHOWS), names, names, ends, ends, st.booleans()),
)


sizes = st.tuples(st.integers(1, 60), st.integers(1, 20))


@settings(max_examples=400)
@given(any_array, st.none() | any_array, glances, sizes, st.sampled_from(PALETTES))
def test_any_array_gives_exactly_its_cells(
    shown: Kept, samples: Kept | None, glance: Glance, size: tuple[int, int], colors: Palette
) -> None:
    width, height = size
    for draw in (draws(shown.array), draw_rows):
        drawn = draw(replace(shown, samples=samples), glance, width, height, colors)
        assert [sum(segment.cell_length for segment in row) for row in drawn.cells] == [width] * height
        assert drawn.turns >= 1 and drawn.down >= 0 and drawn.right >= 0


numbers = st.floats() | st.integers(-400, 400)
any_profile = st.builds(
    lambda y, low, high, marks, x, y_name: profile(y, low=low, high=high, marks=marks, x_name=x, y_name=y_name),
    *(st.lists(numbers, max_size=80).map(tuple), numbers, numbers),
    *(st.dictionaries(words, numbers, max_size=12), words, words),
)


@given(st.lists(any_profile, min_size=1, max_size=3), sizes, st.sampled_from(PALETTES))
def test_any_profile_gives_exactly_its_cells(said: list[Profile], size: tuple[int, int], colors: Palette) -> None:
    width, height = size
    for turn in range(len(said)):
        drawn = draw_profiles(said, turn, width, height, colors)
        assert [sum(segment.cell_length for segment in row) for row in drawn.cells] == [width] * height
        assert drawn.turns == len(said)


def test_where_nobody_said_what_it_shows_it_is_its_numbers() -> None:
    assert draws(kept(np.ones((2, 2)), "").array) is draw_rows
    assert rows_first(kept(np.ones((2, 2)), "").array)
    assert not rows_first(kept(np.ones((2, 2)), "table").array)
    assert rows_first(replace(kept(np.ones((2, 2)), "table").array, name="one minibatch"))


# Points


def dots(drawn: Drawn) -> set[tuple[int, int]]:
    """Column and row of the cells with points in them."""
    return {(x, y) for y, row in enumerate(rows(drawn)) for x, c in enumerate(row) if c in DOTS}


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=30), st.integers(20, 100), st.integers(8, 30))
def test_a_point_stands_at_its_share_of_both_axes_and_nowhere_else(
    points: list[tuple[float, float]], width: int, height: int
) -> None:
    # The corners fix both axes, which leave 4 % of room on every side.
    table = np.array([(-1, -1), (1, 1), *points])
    drawn = draw_table(table, width, height)
    axis = rows(drawn)[height // 2]
    left = re.search("[│┤]", axis).end()  # type: ignore[union-attr]
    across, down = width - left, height - 2
    expected = set()
    for x, y in table:
        right, up = (x + 1.08) / 2.16, (y + 1.08) / 2.16
        expected.add((left + right * (2 * across - 1) / 2, 1 + down - 0.5 - up * (4 * down - 1) / 4))
    found = dots(drawn)
    assert all(any(abs(x - column) <= 1 and abs(y - row) <= 1 for column, row in found) for x, y in expected)
    assert all(any(abs(x - column) <= 1 and abs(y - row) <= 1 for x, y in expected) for column, row in found)


def draw_table(table: np.ndarray, width: int = 60, height: int = 20, turn: int = 0, **how: object) -> Drawn:
    return KINDS["table"](kept(table, "table", **how), Glance(turn), width, height, PALETTE)  # type: ignore[arg-type]


def test_each_feature_is_seen_against_the_label() -> None:
    # The first feature rises with the label, the second falls.
    table = np.array([(i, -i, 2.0 * i) for i in range(20)])
    one, other = (draw_table(table, turn=turn, axes=("area", "age", "price")) for turn in (0, 1))
    assert (one.turns, one.turned) == (2, "feature")
    assert "price over area" in one.says.plain and "price over age" in other.says.plain
    assert "area" in rows(one)[-1] and rows(one)[0].startswith("price")
    rising, falling = ([y for _, y in sorted(dots(drawn))] for drawn in (one, other))
    assert rising == sorted(rising, reverse=True)
    assert falling == sorted(falling)
    assert rows(draw_table(table, turn=99)) == rows(draw_table(table, turn=1))


def test_classes_are_told_apart_by_colour_and_where_that_is_not_enough_by_signs() -> None:
    table = np.array([(x, y, (x > 0) + 2 * (y > 0)) for x in range(-5, 6) for y in range(-5, 6)], "float32")
    shown = kept(table, "table", classes=True, labels=("a", "b", "c", "d"), axes=("u", "v", "label"))
    drawn = KINDS["table"](shown, Glance(), 60, 20, PALETTE)
    assert drawn.turns == 1
    assert [PALETTE.color(CLASSES[i]) in {c for row in drawn.cells for _, c, _ in colors(row)} for i in range(4)]
    assert re.findall(r"\S \w", rows(drawn)[0][3:]) == ["● a", "▲ b", "■ c", "◆ d"]
    for look, ascii, signs in ((LOOKS["mono"], False, "●▲■◆"), (DARK, True, "o^#*")):
        text = "".join(rows(KINDS["table"](shown, Glance(), 60, 20, palette(look, ascii=ascii)))[1:])
        assert all(sign in text for sign in signs)


def test_whole_labels_of_a_regression_are_no_classes() -> None:
    assert "0 over" not in draw_table(np.array([(0, 0), (1, 1), (2, 2), (3, 3)]), axes=("x", "y")).says.plain
    assert "▲" not in "".join(rows(draw_table(np.array([(0, 0), (1, 1), (2, 2), (3, 3)]))))


def test_samples_that_are_not_finite_are_left_out_and_counted() -> None:
    table = np.array([(0, 0), (1, 1), (np.nan, 1), (1, np.inf)])
    assert "without 2 that are not finite" in draw_table(table).says.plain
    assert "no sample" in "".join(rows(draw_table(np.full((3, 2), np.nan))))


# Regions


def quadrants() -> np.ndarray:
    """Class 0 at the upper left, 1 at the upper right, 2 and 3 below."""
    y, x = np.mgrid[0:40, 0:60]
    return ((x >= 30) + 2 * (y >= 20)).astype("uint8")


FROM_ABOVE = {"low": (4.0, -4.0), "high": (-4.0, 4.0), "axes": ("v", "u")}


def corners(drawn: Drawn) -> list[str]:
    """The grounds of the four corners, from the upper left."""
    return [colors(drawn.cells[y])[x][2] for y in (2, -3) for x in (8, -2)]


def tints(numbers: Sequence[int]) -> list[str]:
    """The grounds of cells in the regions of these classes."""
    one_class = [kept(np.full((4, 4), number, "uint8"), "regions", **FROM_ABOVE) for number in numbers]
    return [colors(KINDS["regions"](one, Glance(), 40, 12, PALETTE).cells[5])[20][2] for one in one_class]


def test_each_cell_of_the_plane_has_the_colour_of_the_class_that_is_predicted_there() -> None:
    assert len(set(tints(range(10)))) == 10
    drawn = KINDS["regions"](kept(quadrants(), "regions", **FROM_ABOVE), Glance(), 64, 24, PALETTE)  # type: ignore[arg-type]
    assert corners(drawn) == tints([0, 1, 2, 3])
    # The border is in the middle, between -4 and 4.
    middle = colors(drawn.cells[3])
    border = next(x for x in range(8, 64) if middle[x][2] == tints([1])[0])
    left = rows(drawn)[3].index("│") + 1 if "│" in rows(drawn)[3] else rows(drawn)[3].index("┤") + 1
    assert border == pytest.approx(left + (64 - left) / 2, abs=1)
    assert "class 0 25 %" in drawn.says.plain


def test_an_axis_that_grows_downwards_is_turned_so_that_larger_numbers_are_above() -> None:
    from_below = {"low": (-4.0, -4.0), "high": (4.0, 4.0), "axes": ("v", "u")}
    drawn = KINDS["regions"](kept(quadrants(), "regions", **from_below), Glance(), 64, 24, PALETTE)  # type: ignore[arg-type]
    assert corners(drawn) == tints([2, 3, 0, 1])
    mirrored = {"low": (4.0, 4.0), "high": (-4.0, -4.0), "axes": ("v", "u")}
    drawn = KINDS["regions"](kept(quadrants(), "regions", **mirrored), Glance(), 64, 24, PALETTE)  # type: ignore[arg-type]
    assert corners(drawn) == tints([1, 0, 3, 2])


def test_samples_are_drawn_over_their_regions_and_those_outside_are_not() -> None:
    table = kept(np.array([(2.0, 2.0, 1), (-2.0, -2.0, 2), (9.0, 0.0, 0)]), "table", classes=True)
    regions = kept(quadrants(), "regions", samples=table, **FROM_ABOVE)
    drawn = KINDS["regions"](regions, Glance(), 64, 24, PALETTE)
    (left, low), (right, high) = sorted(dots(drawn))
    assert left < 32 < right and high < 12 < low
    cell = colors(drawn.cells[high])[right]
    assert cell[1:] == (PALETTE.color(CLASSES[1]), tints([1])[0])


def test_in_ascii_regions_are_the_digits_of_their_classes() -> None:
    drawn = KINDS["regions"](kept(quadrants(), "regions", **FROM_ABOVE), Glance(), 64, 24, palette(ascii=True))  # type: ignore[arg-type]
    text = rows(drawn)
    assert re.search("0{25,}1{25,}$", text[3]) and re.search("2{25,}3{25,}$", text[-3])


# Counts


def test_counts_add_up_along_rows_and_columns_and_the_share_that_is_right_is_the_diagonal_s() -> None:
    counts = np.random.default_rng(0).integers(0, 200, (10, 10))
    names = tuple(f"class{i}" for i in range(10))
    drawn = KINDS["counts"](kept(counts, "counts", labels=names), Glance(), 118, 29, PALETTE)
    text = rows(drawn)
    for i in range(10):
        shown = re.findall(r"\d+", text[1 + i].removeprefix(f"class{i}"))
        assert list(map(int, shown[:10])) == counts[i].tolist()
        assert int(shown[10]) == counts[i].sum()
        assert int(shown[11]) == pytest.approx(100 * counts[i, i] / counts[i].sum(), abs=0.51) or "." in text[1 + i]
    total = list(map(int, re.findall(r"\d+", text[11])))
    assert total[:10] == counts.sum(0).tolist()
    assert total[10] == counts.sum()
    assert f"{np.trace(counts)} of {counts.sum()} right" in drawn.says.plain


def test_the_more_of_a_row_there_is_in_a_cell_the_more_it_is_shaded() -> None:
    counts = np.array([[50, 10, 40, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9]])
    drawn = KINDS["counts"](kept(counts, "counts"), Glance(), 80, 12, PALETTE)
    row, text = colors(drawn.cells[1]), rows(drawn)[1]
    right, few, many, none = (row[text.index(f" {count} ", 5) + 1][2] for count in (50, 10, 40, 0))

    def distance(color: str) -> int:
        ground = DARK.background
        return sum(abs(int(color[i : i + 2], 16) - int(ground[i : i + 2], 16)) for i in (1, 3, 5))

    assert none == "" and 0 < distance(few) < distance(many)
    assert right not in {few, many}


@pytest.mark.parametrize("width", [78, 118])
def test_a_matrix_of_ten_classes_with_names_can_be_read_whole(width: int) -> None:
    fashion = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    counts = np.full((10, 10), 100, "int32") + 999 * np.eye(10, dtype="int32")
    drawn = KINDS["counts"](kept(counts, "counts", labels=tuple(fashion)), Glance(), width, 18, PALETTE)
    assert (drawn.down, drawn.right) == (0, 0)
    text = rows(drawn)
    assert all(text[1 + i].startswith(name) for i, name in enumerate(fashion))
    assert len(set(text[0].split())) >= 12


def test_counts_whose_sum_no_float_can_hold_are_drawn_all_the_same() -> None:
    drawn = KINDS["counts"](kept(np.array([[1.7e308] * 3, [-1.7e308] * 3, [1.7e308, -1.7e308, 0]]), "counts"), *SIZED)
    assert "inf" in rows(drawn)[1]


def test_what_does_not_fit_is_scrolled_to() -> None:
    counts = np.arange(400).reshape(20, 20)
    whole = KINDS["counts"](kept(counts, "counts"), Glance(), 40, 10, PALETTE)
    last = KINDS["counts"](kept(counts, "counts"), Glance(0, whole.down, whole.right), 40, 10, PALETTE)
    assert whole.down > 0 and whole.right > 0
    assert rows(last)[-1].startswith("total")
    assert "399" in rows(last)[-2] and "right" in rows(last)[0]


@pytest.mark.parametrize(
    ("labels", "heads"),
    [
        (("T-shirt/top", "Trouser", "Bag"), ["T-…", "Tr…", "Bag"]),
        (("class 10", "class 11", "class 12"), ["c…0", "c…1", "c…2"]),
    ],
)
def test_a_name_over_a_column_that_is_cut_shows_it_and_is_never_like_another(
    labels: tuple[str, ...], heads: list[str]
) -> None:
    width = 5 + 1 + 3 * (len(heads[0]) + 2) + 7 + 7
    counts = kept(np.full((3, 3), 10 ** (len(heads[0]) - 1), "int32"), "counts", labels=labels)
    text = rows(KINDS["counts"](counts, Glance(), width, 8, PALETTE))
    assert text[0].split()[:3] == heads


# Images


def test_a_bright_pixel_is_where_it_is_in_the_image() -> None:
    images = np.zeros((3, 6, 8), "uint8")
    images[1, 5, 2] = 255
    drawn = KINDS["images"](kept(images, "images", labels=("a", "b", "c")), Glance(), 40, 12, PALETTE)
    text, bright = rows(drawn), PALETTE.color(TEXT)
    assert text[0].split() == ["a", "b", "c"]
    found = [
        (x, y) for y, row in enumerate(drawn.cells) for x, cell in enumerate(colors(row)) if bright in cell[1:] and y
    ]
    # Captions first; two rows of pixels in a cell; the second image after eight columns and a gap.
    assert found == [(text[0].index("b") + 2, 1 + 5 // 2)]
    assert colors(drawn.cells[found[0][1]])[found[0][0]][0] in "▄▀"


def test_signed_numbers_are_told_apart_by_colour_and_by_characters() -> None:
    images = np.zeros((1, 4, 9), "float32")
    images[0, :, 0], images[0, :, 8] = -2.0, 2.0
    row = colors(KINDS["images"](kept(images, "images"), Glance(), 30, 8, PALETTE).cells[2])
    assert row[0][2] == PALETTE.color(SECOND) and row[8][2] == PALETTE.color(ACCENT)
    assert row[4][2] == DARK.background
    for colors_of in (palette(ascii=True), palette(LOOKS["mono"])):
        assert rows(KINDS["images"](kept(images, "images"), Glance(), 30, 8, colors_of))[2].startswith("=       #")


def test_images_that_do_not_fit_are_scrolled_to_and_shrunk_where_not_even_one_would_or_somebody_wants_it() -> None:
    images = kept(np.ones((10, 28, 28), "uint8"), "images", labels=tuple(f"image{i}" for i in range(10)))
    draw = KINDS["images"]
    first = draw(images, Glance(), 118, 31, PALETTE)
    assert re.findall(r"image\d", rows(first)[0]) == ["image0", "image1", "image2", "image3"]
    assert "1–8 of 10" in first.says.plain and first.down == 1
    lower = draw(images, Glance(), 118, 29, PALETTE)
    assert "1–4 of 10" in lower.says.plain and "image4" not in "".join(rows(lower))
    assert "image9" in "".join(rows(draw(images, Glance(0, first.down), 118, 31, PALETTE)))
    smaller = draw(images, Glance(1), 118, 31, PALETTE)
    assert "10 images" in smaller.says.plain and smaller.down == 0
    tiny = draw(images, Glance(), 20, 5, PALETTE)
    assert "image0" in rows(tiny)[0] and "of 10" in tiny.says.plain


@given(
    count=st.integers(1, 30),
    size=st.tuples(st.integers(2, 30), st.integers(2, 30)),
    width=st.integers(10, 140),
    height=st.integers(2, 60),
    glance=st.builds(Glance, st.integers(0, 1), st.integers(0, 5)),
)
def test_every_image_that_is_seen_is_whole_and_exactly_these_are_said_to_be(
    count: int, size: tuple[int, int], width: int, height: int, glance: Glance
) -> None:
    pixels = np.full((count, *size), 255, "uint8")
    pixels[0, 0, 0] = 0
    images = kept(pixels, "images", labels=tuple(chr(0x3B1 + i) for i in range(count)))
    drawn = KINDS["images"](images, glance, width, height, palette(ascii=True))
    text = rows(drawn)
    captions = [y for y, row in enumerate(text) if any("α" <= character <= chr(0x3B1 + 30) for character in row)]
    seen = [ord(character) - 0x3B1 for y in captions for character in text[y].split()]
    assert seen == [*range(seen[0], seen[-1] + 1)]
    said = f"{count} images" if len(seen) == count else f"{seen[0] + 1}–{seen[-1] + 1} of {count}"
    assert drawn.says.plain.startswith(f"{said}  ")
    below = [len([*takewhile(str.strip, text[y + 1 :])]) for y in captions]
    assert below[0] > 0 and len({*below}) == 1, "as many rows of pixels under the last captions as under the first"


# Profiles


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_value_stands_where_numpy_finds_it_and_at_the_mark_of_the_direction_of_steepest_descent(
    seed: int,
) -> None:
    gradient = np.random.default_rng(seed).normal(size=2)
    angles = np.arange(0, 360, 5)
    along = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], 1)
    down = np.degrees(np.arctan2(*-gradient[::-1])) % 360
    said = profile(tuple((along @ gradient).tolist()), marks={"−gradient": float(min(down, 355.0))})
    drawn = draw_profiles([said], 0, 100, 20, PALETTE)
    best = angles[np.argmin(along @ gradient)]
    assert f"smallest at {best}°" in drawn.says.plain
    assert "−gradient at" in drawn.says.plain
    mark = next(i for row in rows(drawn)[1:5] for i, c in enumerate(row) if c == "┊")
    (smallest,) = [row.index("◆") for row in rows(drawn)[1:] if "◆" in row]
    assert abs(smallest - mark) <= 2  # columns, of 3.9 degrees each
    assert all(str(angle) in rows(drawn)[-1].split() for angle in (0, 90, 180, 270))


def test_numbers_lie_evenly_from_the_first_place_to_the_last() -> None:
    assert places(profile((1.0, 2.0, 3.0), low=0.0, high=4.0)) == [(0.0, 1.0), (2.0, 2.0), (4.0, 3.0)]
    assert places(profile((1.0, 2.0), low=4.0, high=0.0)) == [(0.0, 2.0), (4.0, 1.0)]


def test_every_profile_that_is_kept_is_in_the_file_with_every_digit() -> None:
    said: list[Profile] = [profile((0.1, 1 / 3), at, low=0.0, high=1.0) for at in (3, 4)]
    assert table(said).splitlines() == [
        "step,angle (°),change of loss",
        *(f"{at},{x},{y!r}" for at in (3, 4) for x, y in ((0.0, 0.1), (1.0, 1 / 3))),
    ]


# Numbers


def test_a_minibatch_is_read_row_by_row_under_its_names_with_its_shape() -> None:
    batch = np.random.default_rng(1).normal(size=(10, 3)).astype("float32")
    drawn = draw_rows(kept(batch, "table", axes=("x[0]", "x[1]", "y")), Glance(), 60, 12, PALETTE)
    assert rows(drawn)[0].split() == ["x[0]", "x[1]", "y"]
    for i, row in enumerate(rows(drawn)[1:11]):
        assert list(map(float, row.split())) == pytest.approx([i, *batch[i]], abs=1e-5)
    assert "10×3 float32" in drawn.says.plain


def test_of_many_numbers_those_in_view_are_drawn() -> None:
    numbers = kept(np.arange(6000.0).reshape(100, 60), "")
    drawn = draw_rows(numbers, Glance(0, 10**6, 10**6), 60, 12, PALETTE)
    assert drawn.down == 100 - 11
    assert rows(drawn)[-1].split()[-1] == "5999"
    assert all(cell_len(row) == 60 for row in rows(drawn))
