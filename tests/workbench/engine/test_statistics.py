"""Intervals instead of single numbers, paired differences, and verdicts that may be open."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.statistics import (
    Interval,
    by_group,
    cold_and_warm,
    interval,
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
    from workbench.engine.kernel import stream

    dice = stream(3, "coverage")
    held = 0
    for _ in range(200):
        found = interval([dice.gauss(50, 5) for _ in range(20)])
        held += found.low <= 50 <= found.high
    assert 175 <= held <= 199  # 95 % less what twenty values lose


def test_one_value_has_no_width():
    assert interval([3.0]) == Interval(3.0, 3.0, 3.0, 1)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_is_no_number_has_no_interval(values):
    with pytest.raises(BadInput, match="cannot have an interval"):
        interval(values)


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
