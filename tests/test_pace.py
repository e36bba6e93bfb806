"""Pace: drawing takes the share of the time that it may take, whatever a drawing costs."""

from hypothesis import given
from hypothesis import strategies as st

from tuiapp.pace import OFTENEST, SELDOMEST, Pace


def share(pace: Pace, chart: float, rest: float, *, seconds: float = 2_000.0) -> float:
    """The share of a simulated time that went into drawing, once the pace has settled.

    A drawing of the charts costs `chart` seconds, everything else `rest` seconds a second.
    """
    now = cpu = settled_cpu = settled_at = 0.0
    while now < seconds:
        cpu += chart + rest * pace.between
        now += pace.between
        pace.drawn(now, cpu)
        if not settled_at and now > seconds / 2:
            settled_at, settled_cpu = now, cpu
    return (cpu - settled_cpu) / (now - settled_at)


@given(st.floats(0.02, 1.0), st.floats(0.0001, 0.5))
def test_the_share_is_kept_and_used_where_the_rhythm_has_room_for_it(budget: float, chart: float) -> None:
    taken = share(Pace(budget), chart, 0.0)
    within = chart / budget
    if OFTENEST < within < SELDOMEST:
        assert 0.95 * budget <= taken <= 1.05 * budget
    elif within <= OFTENEST:
        assert taken <= 1.05 * budget


def test_what_else_the_screen_does_is_paid_from_the_same_share() -> None:
    assert 0.095 <= share(Pace(0.1), 0.05, 0.04) <= 0.105


def test_a_screen_that_costs_nothing_is_drawn_as_often_as_it_may_be() -> None:
    pace = Pace(0.1)
    for i in range(1, 30):
        pace.drawn(float(i), 0.0)
    assert abs(pace.between - OFTENEST) < 0.01


def test_however_dear_a_drawing_is_one_comes_now_and_then() -> None:
    pace = Pace(0.01)
    for i in range(1, 30):
        pace.drawn(float(i), 10.0 * i)
    assert pace.between <= SELDOMEST
