"""Durations: read and written, drawn as they say, and bounded."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbench.workload.strategies import durations
from workbench.errors import BadKnob
from workbench.runs.batch import _drawn_ms, draw
from workbench.workload.durations import MS_MAX, POINTS_MAX, Durations, Uniform, item_ms_of

WEB = "0:20 50:300 90:1500 99:6000 99.9:20000 100:60000"
BIT = 2**-32  # points lie on one
EVENLY = (np.arange(2**16, dtype=np.uint64) << np.uint64(16)) + np.uint64(2**15)


@given(durations())
def test_what_is_written_is_read_again(one):
    assert Durations.read(one.text) == one


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is not percent:ms"),
        ("0:1", "1 points, and not 2 to 65"),
        ("0:1 100:nan", "'100:nan' is not percent:ms"),
        ("0:1 50:-3 100:7", "'50:-3' is not percent:ms"),
        ("0:1  100:7", "'' is not percent:ms"),
        ("1:1 100:7", "percents must ascend from 0 to 100"),
        ("0:1 99:7", "percents must ascend from 0 to 100"),
        ("0:1 50:3 50:4 100:7", "percents must ascend from 0 to 100"),
        ("0:1 50:9 100:7", "milliseconds must not descend, up to 600,000"),
        ("0:1 100:600001", "milliseconds must not descend, up to 600,000"),
        (" ".join(f"{p}:{p}" for p in range(101)), "101 points, and not 2 to 65"),
    ],
)
def test_wrong_ones_are_refused_with_what_is_wrong(text, why):
    with pytest.raises(BadKnob, match=re.escape(why)):
        Durations.read(text)


@settings(max_examples=50, deadline=None)
@given(durations())
def test_items_follow_the_quantiles_mean_and_digits(one):
    values = _drawn_ms(one, EVENLY)
    shares = (np.arange(2**16)[::997] + 0.5) / 2**16
    low, high = (np.array([one.quantile_ms(s + off) for s in shares]) for off in (-BIT, BIT))
    assert ((low - 1 <= values[::997]) & (values[::997] <= high + 1)).all()
    assert values.mean() == pytest.approx(one.mean_ms, abs=0.6 + MS_MAX / 2**15)
    digits = np.char.str_len(values.astype(str)).mean()
    assert one.mean_digits == pytest.approx(digits, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(durations(), st.integers(1, 200), st.integers(0, 1000))
def test_no_sum_of_items_passes_its_limit(one, items, seed):
    sums = draw(seed, 0, items * 500, one)[1].reshape(500, items).sum(axis=1)
    assert sums.max() <= one.limit_ms(items) <= items * one.longest_ms


def test_a_limit_of_many_is_near_their_mean_and_of_one_its_longest():
    web = Durations.read(WEB)
    assert web.limit_ms(1) == 60_000
    assert 1.0 < web.limit_ms(100_000) / (100_000 * web.mean_ms) < 1.1
    assert 1.5 < web.limit_ms(100) / (100 * web.mean_ms) < 6


def test_runs_that_know_no_durations_are_uniform():
    assert item_ms_of({"value_max": 70}) == Uniform(70)
    assert item_ms_of({"value_max": 70, "durations": None}) == Uniform(70)
    assert item_ms_of({"value_max": 70, "durations": "0:7 100:70"}).text == "0:7 100:70"


@settings(max_examples=80, deadline=None)
@given(durations(), st.integers(0, MS_MAX))
def test_what_is_less_is_so_at_every_share_but_never_below_nothing(one, ms):
    left = one.less(ms)
    shares = [n / 997 for n in range(998)]
    wanted = [max(0.0, one.quantile_ms(share) - ms) for share in shares]
    steep = (MS_MAX / 100) if len(one.points) == POINTS_MAX else 1.0  # no place for the kink
    apart = [
        abs(left.quantile_ms(share) - want) for share, want in zip(shares, wanted, strict=True)
    ]
    assert sorted(apart)[-3] <= steep
    assert left.longest_ms == max(0, one.longest_ms - ms)
