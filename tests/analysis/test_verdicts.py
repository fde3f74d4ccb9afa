"""Verdicts: pairs, intervals, zones, crossings."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.needs import NothingToShow
from analysis.verdicts import CLOSE, Zone, crossings, verdicts, zones


def runs(ratios, seed=1):
    """Runs at 100, 1,000 … items, sqs so many times as dear as sfn."""
    return pd.DataFrame(
        [
            (design, "model", 10 ** (2 + place), seed, usd)
            for place, ratio in enumerate(ratios)
            for design, usd in (("sqs", ratio), ("sfn", 1.0))
        ],
        columns=["design", "target", "items", "seed", "usd"],
    )


def test_a_clear_ratio_has_a_winner_and_a_small_one_has_none():
    found = verdicts(runs([0.5, 1.01, 2.0]), "usd")
    assert list(found["winner"]) == ["sqs", "close", "sfn"]
    assert list(found["pairs"]) == [1, 1, 1]
    assert found["high"].tolist() == pytest.approx([0.51, 1.0302, 2.04])


def test_seeds_that_disagree_widen_the_interval_until_nobody_wins():
    agree, differ = (
        pd.concat([runs([ratio], seed) for seed, ratio in enumerate(ratios)])
        for ratios in ((1.20, 1.21, 1.22), (0.90, 1.21, 1.60))
    )
    assert list(verdicts(agree, "usd")["winner"]) == ["sfn"]
    assert list(verdicts(differ, "usd")["winner"]) == ["close"]


def test_only_runs_of_one_batch_are_compared():
    both = runs([0.5])
    both.loc[both["design"] == "sfn", "seed"] = 2
    with pytest.raises(NothingToShow, match="no pair of runs"):
        verdicts(both, "usd")


def test_zones_meet_where_the_interval_touches_one():
    found = verdicts(runs([0.5, 0.5, 2.0, 2.0]), "usd")
    first, between, last = zones(found)
    assert [first.winner, between.winner, last.winner] == ["sqs", "close", "sfn"]
    assert (first.start, last.stop) == (pytest.approx(100), pytest.approx(100_000))
    assert first.stop < 3_163 < last.start  # ratio 1 lies at the middle of 1,000 and 10,000
    assert crossings(found) == [pytest.approx(10**3.5)]


def test_one_size_is_one_zone():
    assert zones(verdicts(runs([0.5]), "usd")) == [
        Zone(pytest.approx(100), pytest.approx(100), "sqs")
    ]


@settings(deadline=None)
@given(st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6))
def test_zones_cover_all_sizes_without_gaps(ratios):
    found = zones(verdicts(runs(ratios), "usd"))
    assert found[0].start == pytest.approx(100)
    assert found[-1].stop == pytest.approx(10 ** (1 + len(ratios)))
    for one, next_one in pairwise(found):
        assert one.stop == pytest.approx(next_one.start)
        assert one.winner != next_one.winner


@settings(deadline=None)
@given(st.floats(0.2, 5.0))
def test_swapping_the_designs_swaps_the_verdict(ratio):
    one, other = (verdicts(runs([r]), "usd")["winner"][0] for r in (ratio, 1 / ratio))
    assert {"sqs": "sfn", "sfn": "sqs", "close": "close"}[one] == other
    assert (one == "close") == (max(ratio, 1 / ratio) <= 1 + CLOSE)
