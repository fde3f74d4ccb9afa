"""Intervals instead of single numbers, paired differences, and verdicts that may be open."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.statistics import (
    CANNOT_TELL,
    Interval,
    by_group,
    cold_and_warm,
    interval,
    paired_ratio,
    repetitions_for,
    smaller,
)
from workbench.errors import BadInput

VALUES = st.lists(st.floats(0.1, 1e6), min_size=2, max_size=12)


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_an_interval_holds_its_mean_and_lies_within_the_values(values):
    found = interval(values)
    assert found.low <= found.middle * (1 + 1e-9)
    assert found.middle <= found.high * (1 + 1e-9)
    assert min(values) * (1 - 1e-9) <= found.low
    assert found.high <= max(values) * (1 + 1e-9)
    assert found == interval(values)


def test_the_bootstrap_finds_the_normal_interval_of_many_values():
    values = [100 + 10 * np.sin(12.9898 * k) * 2**0.5 for k in range(400)]  # deviation 10
    found = interval(values)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * 10 / 20, rel=0.1)


def test_the_interval_of_very_many_values_goes_on_where_the_bootstrap_ends():
    values = [100 + 10 * np.sin(12.9898 * k) for k in range(1_000)]
    many, fewer = interval(values), interval(values[:-1])
    assert many.low == pytest.approx(fewer.low, rel=1e-3)
    assert many.high == pytest.approx(fewer.high, rel=1e-3)


def test_most_intervals_hold_the_true_mean():
    from workbench.engine.random_streams import stream

    dice = stream(3, "coverage")
    held = 0
    for _ in range(200):
        found = interval([dice.gauss(50, 5) for _ in range(20)])
        held += found.low <= 50 <= found.high
    assert 175 <= held <= 199  # 95 % less what twenty values lose


def test_one_value_has_no_width_and_gives_no_verdict():
    assert interval([3.0]) == Interval(3.0, 3.0, 3.0, 1)
    assert smaller(paired_ratio([1.0], [9.0]), "sqs", "sfn") == CANNOT_TELL


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_is_no_number_has_no_interval(values):
    with pytest.raises(BadInput, match="cannot have an interval"):
        interval(values)


def test_pairs_see_a_difference_that_the_spread_between_seeds_hides():
    first = [10.0, 20.0, 40.0, 80.0, 160.0]
    second = [value * 1.1 for value in first]
    assert smaller(paired_ratio(first, second), "sqs", "sfn") == "sqs"
    assert smaller(paired_ratio(second, first), "sqs", "sfn") == "sfn"
    alone = interval(first), interval(second)
    assert alone[0].high > alone[1].low


@pytest.mark.parametrize("factor", [1.0, 1.01, 0.99])
def test_within_two_percent_nobody_can_tell(factor):
    first = [10.0, 20.0, 40.0]
    ratio = paired_ratio(first, [value * factor for value in first])
    assert smaller(ratio, "sqs", "sfn") == CANNOT_TELL


def test_an_interval_that_holds_both_answers_is_no_verdict():
    ratio = paired_ratio([1.0, 3.0, 1.0], [2.0, 1.0, 1.1])
    assert ratio.low < 1 < ratio.high
    assert smaller(ratio, "sqs", "sfn") == CANNOT_TELL


def test_seeds_that_do_not_match_are_no_pairs():
    with pytest.raises(BadInput, match="run the same seeds"):
        paired_ratio([1.0], [1.0, 2.0])


def test_a_narrower_interval_wants_more_repetitions():
    values = [90.0, 100.0, 110.0]  # deviation 10 %
    assert [repetitions_for(values, width) for width in (10, 5, 1)] == [4, 16, 385]
    assert repetitions_for([5.0, 5.0], 1) == 2
    with pytest.raises(BadInput, match="two repetitions"):
        repetitions_for([1.0], 5)
    with pytest.raises(BadInput, match="above 0"):
        repetitions_for(values, 0)


def test_cold_and_warm_are_told_apart():
    calls = pd.DataFrame(
        {
            "design": ["sqs"] * 4,
            "cold": [True, True, False, False],
            "duration_ms": [900.0, 1100.0, 500.0, 500.0],
        }
    )
    found = cold_and_warm(calls)
    assert found[["design", "kind", "middle", "repetitions"]].to_numpy().tolist() == [
        ["sqs", "cold", 1000.0, 2],
        ["sqs", "warm", 500.0, 2],
    ]


def test_groups_leave_out_what_is_not_known():
    frame = pd.DataFrame({"design": ["sqs", "sqs", "sfn"], "x": [1.0, None, 2.0]})
    found = by_group(frame, ["design"], "x")
    assert found[["design", "middle", "repetitions"]].to_numpy().tolist() == [
        ["sfn", 2.0, 1],
        ["sqs", 1.0, 1],
    ]
