"""Specifies how numbers are written for people: short, never wrong in a digit that is shown, and never failing."""

import math
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiapp.figures import duration, percent, rate, signed, sparkline, three

BLOCKS = "▁▂▃▄▅▆▇█"
# The largest floats round up to what is none any more.
finite = st.floats(-1.79e308, 1.79e308)
holes = st.none() | st.floats()

# Three significant digits


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.03, "0.03"),
        (0.0, "0"),
        (1.0, "1"),
        (100.0, "100"),
        (999.0, "999"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
        (0.001, "0.001"),
        (0.000999, "9.99e-4"),
        (4.67e-5, "4.67e-5"),
        (4.6e-5, "4.6e-5"),
        (-4e-5, "-4e-5"),
        (1260.0, "1.26e3"),
        (1e6, "1e6"),
        (1e10, "1e10"),
        (1e-10, "1e-10"),
        (1e308, "1e308"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (None, "–"),
    ],
)
def test_a_number_is_written_with_three_significant_digits_and_no_ornament(number: float | None, text: str) -> None:
    assert three(number) == text


@given(finite)
def test_three_digits_are_right_to_half_a_unit_of_the_last(x: float) -> None:
    assert float(three(x)) == pytest.approx(x, rel=0.005, abs=5e-324)


@given(st.floats())
def test_three_digits_never_take_more_than_ten_characters(x: float) -> None:
    assert len(three(x)) <= len("-1.23e-308")


@given(st.floats())
def test_no_number_is_padded_with_zeros_that_say_nothing(x: float) -> None:
    text = three(x)
    mantissa, _, exponent = text.partition("e")
    assert not re.search(r"\.\d*0$", mantissa) and not exponent.startswith(("+", "0", "-0"))


# Signed numbers


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.998, "+1.998"),
        (-3.399, "-3.399"),
        (4.2, "+4.200"),
        (0.0, "+0.000"),
        (12.5, "+12.50"),
        (0.05, "+0.05000"),
        (-0.0031, "-3.10e-3"),
        (99999.0, "+99999"),
        (1e5, "+1.00e5"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (None, "–"),
    ],
)
def test_a_signed_number_keeps_its_sign_and_its_zeros(number: float | None, text: str) -> None:
    assert signed(number) == text


@given(finite)
def test_a_signed_number_is_right_in_the_digits_that_it_shows(x: float) -> None:
    text = signed(x)
    assert text[0] in "+-"
    assert float(text) == pytest.approx(x, rel=0.005 if "e" in text else 0.0005, abs=5e-324)


@given(st.sampled_from((1, -1)), st.floats(1.0, 9.9994), st.integers(-2, 3))
def test_a_signed_number_does_not_change_its_width_while_its_size_stays(sign: int, x: float, tens: int) -> None:
    assert len(signed(sign * x * 10.0**tens)) == len(signed(10.0**tens * 1.5))


# Time


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0:00"),
        (3.0, "0:03"),
        (3.999, "0:03"),
        (60.0, "1:00"),
        (760.0, "12:40"),
        (3599.0, "59:59"),
        (3600.0, "1:00:00"),
        (3723.0, "1:02:03"),
        (360_000.0, "100:00:00"),
        (-5.0, "0:00"),
    ],
)
def test_a_duration_is_written_like_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 10**9))
def test_a_duration_says_exactly_its_seconds(seconds: int) -> None:
    *hours, minutes, rest = map(int, duration(seconds).split(":"))
    assert (hours[0] if hours else 0) * 3600 + minutes * 60 + rest == seconds


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, 1e308, 5e-324])
def test_no_duration_is_too_strange_to_be_written(seconds: float) -> None:
    assert duration(seconds)


@pytest.mark.parametrize(
    ("per_second", "text"),
    [
        (4_100.0, "4.1k steps/s"),
        (2_500_000.0, "2.5M steps/s"),
        (38.4, "38 steps/s"),
        (10.0, "10 steps/s"),
        (0.25, "0.25 steps/s"),
        (0.0, "0 steps/s"),
        (None, ""),
    ],
)
def test_a_rate_has_its_unit_and_nothing_is_said_while_it_is_unknown(per_second: float | None, text: str) -> None:
    assert rate(per_second) == text


@given(st.floats(1e-9, 1e12))
def test_a_rate_is_right_to_two_digits(per_second: float) -> None:
    number, unit = rate(per_second).split(" ")
    assert unit == "steps/s"
    factor = {"k": 1e3, "M": 1e6}.get(number[-1], 1)
    assert float(number.rstrip("kM")) * factor == pytest.approx(per_second, rel=0.051)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.008, "0.8 %"), (0.0, "0.0 %"), (0.0123, "1.2 %"), (0.5, "50 %"), (0.931, "93 %"), (1.0, "100 %")],
)
def test_a_share_is_written_in_percent(share: float, text: str) -> None:
    assert percent(share) == text


# Sparklines


@given(st.lists(holes, max_size=30), st.integers(1, 24))
def test_a_sparkline_is_exactly_as_wide_as_asked_for(values: list[float | None], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == width
    assert set(line) <= {*BLOCKS, " "}


@given(st.lists(holes, min_size=1, max_size=24))
def test_a_sparkline_has_a_block_for_each_positive_number_and_a_blank_for_anything_else(
    values: list[float | None],
) -> None:
    line = sparkline(values, len(values))
    assert [c != " " for c in line] == [v is not None and 0 < v < math.inf for v in values]


@given(st.lists(st.floats(sys.float_info.min, 1e308), min_size=2, max_size=24))
def test_a_larger_number_never_gets_a_smaller_block(values: list[float]) -> None:
    heights = [BLOCKS.index(c) for c in sparkline(values, len(values))]
    for (v, height), (w, other) in zip(
        zip(values, heights, strict=True), zip(values[1:], heights[1:], strict=True), strict=False
    ):
        assert v >= w or height <= other
        assert v <= w or height >= other


def test_a_sparkline_reaches_from_the_lowest_block_to_the_highest_by_the_logarithm() -> None:
    assert sparkline([10.0**i for i in range(8)], 8) == BLOCKS


def test_a_sparkline_of_numbers_that_are_all_the_same_is_flat() -> None:
    assert sparkline([3.0] * 5, 5) == "▁▁▁▁▁"


def test_a_sparkline_shows_the_newest_values_and_stands_to_the_right() -> None:
    assert sparkline([9.0, 1.0, 10.0, 100.0], 3) == "▁▅█"
    assert sparkline([1.0, 10.0], 4) == "  ▁█"
    assert sparkline([], 4) == "    "
