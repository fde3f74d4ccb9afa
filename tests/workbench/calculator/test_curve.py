"""A curve from few runs: straight in logarithms, with jumps where a wave begins, thinned."""

from functools import partial
from math import ceil, exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.calculator.curve import (
    THINNED_MAX,
    Curve,
    between,
    far_in_time,
    far_in_usage,
    sampled,
    thinned,
)
from workbench.calculator.setting import Point
from workbench.prices import load_book

BOOK = load_book()
WORK = ("AWS Lambda", "Lambda-GB-Second-ARM", False)
KNOWING = ("Amazon DynamoDB", "ReadRequestUnits", True)
WAVE, LOT = 9_000, 100
NEAR = 0.03


def waves(items):
    """A batch in waves: the next begins when all places are taken."""
    usage = {WORK: 0.05 * items + 2, KNOWING: 3.0 * ceil(items / LOT)}
    return Point(items, usage, 5 + 60 * ceil(items / WAVE) + items / 5_000, (1.0, 3.0), False)


CURVE = sampled(waves, WAVE, BOOK, 1_000_000)


def test_a_power_of_the_items_lies_on_the_line_and_what_begins_at_nothing_is_straight():
    low = Point(100, {WORK: 10.0, KNOWING: 0.0}, 4.0, (0.0,), False)
    high = Point(10_000, {WORK: 1_000.0, KNOWING: 99.0}, 40.0, (0.0,), False)
    usage, done_s = between(low, high, 1_000)
    assert usage == pytest.approx({WORK: 100.0, KNOWING: 9.0})
    assert done_s == pytest.approx(4 * 10**0.5)


@given(st.floats(log(100), log(1_000_000)))
def test_between_its_runs_a_curve_of_waves_is_near(size):
    off = CURVE.off(waves(round(exp(size))), BOOK)
    assert off.worst <= NEAR


def test_both_sides_of_a_jump_are_run():
    sizes = {point.items for point in CURVE.points}
    assert {WAVE, WAVE + 1, 2 * WAVE, 2 * WAVE + 1} <= sizes
    assert len(sizes) < 200


def test_a_straight_curve_takes_no_more_than_the_runs_that_every_curve_has_and_their_middles():
    straight = sampled(
        lambda n: Point(n, {WORK: n / 9}, n / 50, (1.0,), False), WAVE, BOOK, 100_000
    )
    assert len(straight.points) < 60
    assert [p.items for p in thinned(straight, far_in_time)] == [100, 100_000]


def test_what_is_thinned_stays_near_every_run():
    far = partial(far_in_usage, BOOK)
    for how in (far_in_time, far):
        kept = Curve(tuple(thinned(CURVE, how)))
        assert len(kept.points) < len(CURVE.points)
        offs = [kept.off(point, BOOK) for point in CURVE.points]
        assert max(off.time if how is far_in_time else off.usd for off in offs) <= THINNED_MAX
