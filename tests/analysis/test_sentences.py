"""Verdicts by size in words."""

import pandas as pd
import pytest

from analysis import sentences
from analysis.verdicts import Zone


def test_a_crossing_is_told_with_the_range_between():
    zones = [Zone(100, 31_900, "sqs"), Zone(31_900, 45_000, "close"), Zone(45_000, 1e8, "sfn")]
    assert sentences._zones_told(zones, "cheaper") == (
        "sqs is cheaper from 100 to 32,000 items, too close to call from 32,000 to 45,000 items, "
        "sfn from 45,000 to 100 million items"
    )


def test_several_crossings_are_told_in_order():
    zones = [
        Zone(100, 1_000, "close"),
        Zone(1_000, 10_000, "sfn"),
        Zone(10_000, 20_000, "close"),
        Zone(20_000, 1e6, "sqs"),
    ]
    assert sentences._zones_told(zones, "cheaper") == (
        "Too close to call from 100 to 1,000 items, sfn is cheaper from 1,000 to 10,000 items, "
        "too close to call from 10,000 to 20,000 items, sqs from 20,000 to 1 million items"
    )


@pytest.mark.parametrize(
    ("ratios", "text"),
    [
        ([1.5, 2.0], "sfn is cheaper from 100 to 1,000 items, by a factor of 1.5 to 2 (modelled)."),
        (
            [0.5, 0.8],
            "sqs is cheaper from 100 to 1,000 items, by a factor of 1.25 to 2 (modelled).",
        ),
        (
            [1.0, 1.0],
            "Which design is cheaper is too close to call from 100 to 1,000 items (modelled).",
        ),
    ],
)
def test_one_winner_throughout_is_told_with_its_factor(ratios, text):
    found = pd.DataFrame({"items": [100, 1_000], "ratio": ratios, "pairs": 2, "target": "model"})
    found = found.assign(low=found["ratio"] / 1.02, high=found["ratio"] * 1.02)
    assert sentences.told_by_size(found, "cheaper") == text


def test_a_single_pair_is_said_to_be_one():
    found = pd.DataFrame(
        {
            "items": [100],
            "ratio": [2.0],
            "low": [1.9],
            "high": [2.1],
            "pairs": [1],
            "target": ["local"],
        }
    )
    assert sentences.told_by_size(found, "cheaper") == (
        "sfn is cheaper at 100 items, by a factor of 2 (on the local target, from one pair of "
        "runs at some sizes)."
    )


def test_a_verdict_over_two_designs_says_so_where_a_third_is_shown():
    pair = pd.DataFrame({"design": ["sqs", "sfn"]})
    three = pd.DataFrame({"design": ["sqs", "sfn", "counters"]})
    assert (sentences.among(pair), sentences.among(three)) == ("", "Of sqs and sfn, ")
