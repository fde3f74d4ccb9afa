"""A curve from few runs: straight in logarithms, with jumps where a wave begins, thinned."""

from functools import partial
from math import ceil, exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.calculator.curve import (
    THINNED_MAX,
    Curve,
    Rates,
    between,
    far_in_time,
    far_in_usage,
    sampled,
    thinned,
)
from workbench.calculator.setting import Point
from workbench.prices import load_book

RATES = Rates(load_book())
WORK = ("AWS Lambda", "Lambda-GB-Second-ARM", False)
KNOWING = ("Amazon DynamoDB", "ReadRequestUnits", True)
LOT, PLACES = 100, 90
WAVE = LOT * PLACES
NEAR = 0.03


def waves(items):
    """A batch in waves: the next begins, with a lot that grows, when all places are taken."""
    usage = {WORK: 0.05 * items + 2, KNOWING: 3.0 * ceil(items / LOT)}
    full, left = divmod(items, WAVE)
    done_s = 5 + 60 * (full + min(left, LOT) / LOT) + items / 5_000
    return Point(items, usage, done_s, (1.0, 3.0), False)


CURVE = sampled(waves, LOT, PLACES, RATES, 1_000_000)


def test_a_power_of_the_items_lies_on_the_line_and_what_begins_at_nothing_is_straight():
    low = Point(100, {WORK: 10.0, KNOWING: 0.0}, 4.0, (0.0,), False)
    high = Point(10_000, {WORK: 1_000.0, KNOWING: 99.0}, 40.0, (0.0,), False)
    usage, done_s = between(low, high, 1_000)
    assert usage == pytest.approx({WORK: 100.0, KNOWING: 9.0})
    assert done_s == pytest.approx(4 * 10**0.5)


@given(st.floats(log(100), log(1_000_000)))
def test_between_its_runs_a_curve_of_waves_is_near(size):
    off = CURVE.off(waves(round(exp(size))), RATES)
    assert max(off.usd, off.time) <= NEAR


def test_both_sides_of_a_jump_are_run_a_lot_apart():
    sizes = {point.items for point in CURVE.points}
    assert {WAVE, WAVE + LOT, 2 * WAVE, 2 * WAVE + LOT} <= sizes
    assert len(sizes) < 250


def test_a_straight_curve_takes_no_more_than_the_runs_that_every_curve_has_and_their_middles():
    def line(items):
        return Point(items, {WORK: items / 9}, items / 50, (1.0,), False)

    straight = sampled(line, LOT, 10**6, RATES, 100_000)
    assert len(straight.points) < 60
    assert [p.items for p in thinned(straight.points, far_in_time)] == [100, 100_000]


def test_what_is_thinned_stays_near_every_run():
    far = partial(far_in_usage, RATES)
    for how in (far_in_time, far):
        kept = Curve(tuple(thinned(CURVE.points, how)))
        assert len(kept.points) < len(CURVE.points)
        offs = [kept.off(point, RATES) for point in CURVE.points]
        assert max(off.time if how is far_in_time else off.usd for off in offs) <= THINNED_MAX


def test_between_two_near_runs_the_time_is_from_one_to_the_other():
    low, high = waves(WAVE), waves(WAVE + LOT)
    jump = Curve((waves(WAVE // 2), low, high, waves(2 * WAVE)))
    assert jump.done_s(WAVE + LOT // 2) == (low.done_s, high.done_s)
    assert jump.done_s(WAVE) == pytest.approx((low.done_s, low.done_s))
    from_s, to_s = jump.done_s(WAVE + WAVE // 2)
    assert from_s == to_s
    assert jump.off(waves(WAVE + 7), RATES).time == 0


def test_coordination_that_is_little_of_the_dollars_is_thinned_by_its_own_dollars():
    def little(items):
        return Point(items, {WORK: items * 1.0, KNOWING: 3.0 + (items > 1_000)}, 1.0, (0.0,), False)

    points = [little(items) for items in (100, 1_000, 1_001, 10_000)]
    assert RATES.coordination_usd(points[0].usage) < 0.004 * RATES.usd(points[0].usage)
    assert thinned(points, partial(far_in_usage, RATES)) == points
