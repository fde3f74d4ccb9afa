"""Verdicts: batches compared, intervals, zones, crossings, and their words."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.needs import NothingToShow
from analysis.verdicts import (
    CLOSE,
    Zone,
    _zones_in_words,
    by_size_in_words,
    compared_by_size,
    found_by_size,
    verdicts,
)


def runs(ratios, seed=1, **others):
    """Runs at 100, 1,000 … items, sqs so many times as dear as sfn; dollars of others."""
    return pd.DataFrame(
        [
            (design, target, 10 ** (2 + place), seed, usd)
            for target in ("model",)
            for place, ratio in enumerate(ratios)
            for design, usd in (
                ("sqs", ratio),
                ("sfn", 1.0),
                *((d, u[place]) for d, u in others.items()),
            )
        ],
        columns=["design", "target", "items", "seed", "usd"],
    )


def best(*asked, **others):
    return list(verdicts(runs(*asked, **others), "usd").table()["best"])


def test_a_clear_ratio_has_a_winner_and_a_small_one_has_none():
    found = verdicts(runs([0.5, 1.01, 2.0]), "usd").table()
    assert list(found["best"]) == [("sqs",), ("sqs", "sfn"), ("sfn",)]
    assert list(found["batches"]) == [1, 1, 1]
    assert found["ratio"].tolist() == pytest.approx([2.0, 1.01, 2.0])
    assert found["high"].tolist() == pytest.approx([2.04, 1.0302, 2.04])


def test_of_three_designs_the_first_is_set_against_the_second():
    [row] = verdicts(runs([1.5], counters=[0.5]), "usd").table().to_dict("records")
    assert (row["best"], row["first"], row["second"]) == (("counters",), "counters", "sfn")
    assert row["ratio"] == pytest.approx(2.0)
    assert [row[design] for design in ("sqs", "sfn", "counters")] == pytest.approx([1.5, 1.0, 0.5])


def test_too_close_to_call_are_those_that_none_is_surely_better_than():
    assert best([1.5], counters=[1.01]) == [("sfn", "counters")]
    assert best([1.0], counters=[1.01]) == [("sqs", "sfn", "counters")]


def test_seeds_that_disagree_widen_the_interval_until_nobody_wins():
    agree, differ = (
        pd.concat([runs([ratio], seed) for seed, ratio in enumerate(ratios)])
        for ratios in ((1.20, 1.21, 1.22), (0.90, 1.21, 1.60))
    )
    assert list(verdicts(agree, "usd").table()["best"]) == [("sfn",)]
    assert list(verdicts(differ, "usd").table()["best"]) == [("sqs", "sfn")]


def test_only_runs_of_one_batch_are_compared():
    two = runs([0.5])
    two.loc[two["design"] == "sfn", "seed"] = 2
    with pytest.raises(NothingToShow, match="no runs of two designs with the same items and seed"):
        verdicts(two, "usd")


def test_a_design_without_a_batch_in_common_is_left_out_and_said():
    three = runs([2.0], counters=[0.1])
    three.loc[three["design"] == "counters", "seed"] = 2
    found = verdicts(three, "usd")
    assert (found.designs, found.alone) == (("sqs", "sfn"), False)
    assert by_size_in_words(found, "cheaper", "cheapest").startswith(
        "Of sqs and sfn, sfn is cheaper"
    )


def test_zones_meet_where_the_interval_touches_one():
    found = verdicts(runs([0.5, 0.5, 2.0, 2.0]), "usd")
    first, between, last = found.zones()
    assert [first.best, between.best, last.best] == [("sqs",), ("sqs", "sfn"), ("sfn",)]
    assert (first.start, last.stop) == (pytest.approx(100), pytest.approx(100_000))
    assert first.stop < 3_163 < last.start  # ratio 1 lies at the middle of 1,000 and 10,000


def test_two_designs_that_cross_behind_the_first_make_no_zone():
    found = verdicts(runs([0.5, 2.0], counters=[0.1, 0.1]), "usd")
    assert [zone.best for zone in found.zones()] == [("counters",)]


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ([0.5, 0.5], "sqs is cheaper at every size"),
        ([1.0, 1.0], "No design is clearly cheaper from 100 to 1,000 items"),
        (
            [0.5, 0.5, 2.0, 2.0],
            "sqs is cheaper up to 3,100 items and sfn from 3,300 items on; "
            "elsewhere too close to call",
        ),
        (
            [1.0, 0.5, 1.0],
            "sqs is cheaper from 110 to 9,400 items; elsewhere too close to call",
        ),
    ],
)
def test_a_finding_says_who_is_clearly_better_and_where(ratios, said):
    assert found_by_size(runs(ratios), "usd", "cheaper", "cheapest") == said


def test_a_finding_of_one_design_says_that_there_is_nothing_to_compare():
    alone = runs([1.0]).query("design == 'sqs'")
    assert "nothing to compare" in found_by_size(alone, "usd", "cheaper", "cheapest")


def test_one_size_is_one_zone():
    assert verdicts(runs([0.5]), "usd").zones() == [
        Zone(pytest.approx(100), pytest.approx(100), ("sqs",))
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.2, 5.0), st.floats(0.2, 5.0)), min_size=2, max_size=6))
def test_zones_cover_all_sizes_without_gaps(ratios):
    sqs, counters = zip(*ratios, strict=True)
    found = verdicts(runs(sqs, counters=counters), "usd").zones()
    assert found[0].start == pytest.approx(100)
    assert found[-1].stop == pytest.approx(10 ** (1 + len(ratios)))
    for one, next_one in pairwise(found):
        assert one.stop == pytest.approx(next_one.start)
        assert one.best != next_one.best


@settings(deadline=None)
@given(st.floats(0.2, 5.0))
def test_swapping_the_designs_swaps_the_verdict(ratio):
    [one], [other] = best([ratio]), best([1 / ratio])
    swap = {("sqs",): ("sfn",), ("sfn",): ("sqs",)}
    assert swap.get(one, one) == other
    assert (len(one) == 2) == (max(ratio, 1 / ratio) <= 1 + CLOSE)


def test_several_crossings_are_told_in_order():
    zones = [
        Zone(100, 140, ("sqs", "counters")),
        Zone(140, 1_000, ("sqs", "sfn")),
        Zone(1_000, 10_000, ("sfn",)),
        Zone(10_000, 20_000, ("sqs", "sfn", "counters")),
        Zone(20_000, 1e6, ("sqs",)),
    ]
    assert _zones_in_words(zones, "cheapest") == (
        "sqs and sfn are too close to call from 100 to 1,000 items, sfn is cheapest up to 10,000, "
        "sqs, sfn and counters are too close to call up to 20,000, sqs up to 1 million"
    )


def test_neighbours_too_close_to_call_are_called_so_once_and_all_of_them_by_their_number():
    zones = [
        Zone(100, 1_000, ("sqs", "sfn", "counters", "durable")),
        Zone(1_000, 10_000, ("sfn", "durable")),
        Zone(10_000, 1e6, ("durable",)),
    ]
    assert _zones_in_words(zones, "cheapest", of=4) == (
        "all four are too close to call from 100 to 1,000 items, sfn and durable up to 10,000, "
        "durable is cheapest up to 1 million"
    )


@pytest.mark.parametrize(
    ("ratios", "others", "text"),
    [
        ([1.5, 2.0], {}, "sfn is cheaper from 100 to 1,000 items, by a factor of 1.5 to 2"),
        ([0.5, 0.8], {}, "sqs is cheaper from 100 to 1,000 items, by a factor of 1.25 to 2"),
        (
            [1.5, 2.0],
            {"counters": [0.5, 0.2]},
            "counters is cheapest from 100 to 1,000 items, by a factor of 2 to 5 against sfn",
        ),
        ([1.0, 1.0], {}, "sqs and sfn are too close to call to be cheaper from 100 to 1,000 items"),
    ],
)
def test_one_winner_throughout_is_told_with_its_factor(ratios, others, text):
    two = pd.concat([runs(ratios, seed, **others) for seed in (1, 2)])
    found = verdicts(two, "usd")
    assert by_size_in_words(found, "cheaper", "cheapest") == f"{text} (modelled)."


def test_a_single_seed_is_said_to_be_one():
    found = verdicts(runs([2.0]).assign(target="local"), "usd")
    assert by_size_in_words(found, "cheaper", "cheapest") == (
        "sfn is cheaper at 100 items, by a factor of 2 (on the local target, from one seed at some "
        "sizes)."
    )


def test_a_verdict_says_what_the_designs_promise(frames):
    told = compared_by_size(frames.runs.query("setting == 'default'"), "batch_usd", "", "cheapest")
    assert told.endswith(
        "sqs tracks each item, sfn each child, counters each message, durable each chunk; an item "
        "delivered twice may be worked twice at a time by any of them."
    )
