"""Sentences are made from data, and say so where the data is silent."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import gallery, sentences
from analysis.frames import Frames
from analysis.sentences import CLAIMS, sentence
from analysis.verdicts import Zone


def test_every_chart_has_a_sentence(frames):
    assert list(CLAIMS) == gallery.names()
    told = {name: sentence(name, frames) for name in CLAIMS}
    assert [name for name, text in told.items() if text.startswith("Not told")] == []
    assert all(text.endswith(".") and len(text) < 500 for text in told.values())


def test_a_crossing_is_told_with_the_range_between():
    zones = [Zone(100, 31_900, "sqs"), Zone(31_900, 45_000, "close"), Zone(45_000, 1e8, "sfn")]
    assert sentences._zones_told(zones, "cheaper") == (
        "Below 32,000 items sqs is cheaper, above 45,000 sfn, between them too close to call"
    )


def test_several_crossings_are_told_in_order():
    zones = [
        Zone(100, 1_000, "close"),
        Zone(1_000, 10_000, "sfn"),
        Zone(10_000, 20_000, "close"),
        Zone(20_000, 1e6, "sqs"),
    ]
    assert sentences._zones_told(zones, "cheaper") == (
        "Below 1,000 items too close to call, from 1,000 to 10,000 sfn is cheaper, "
        "from 10,000 to 20,000 too close to call, above 20,000 sqs is cheaper"
    )


@pytest.mark.parametrize(
    ("ratios", "text"),
    [
        ([1.5, 2.0], "sfn is cheaper from 100 to 1,000 items, by a factor of 1.5 to 2."),
        ([0.5, 0.8], "sqs is cheaper from 100 to 1,000 items, by a factor of 1.25 to 2."),
        ([1.0, 1.0], "Which design is cheaper is too close to call from 100 to 1,000 items."),
    ],
)
def test_one_winner_throughout_is_told_with_its_factor(ratios, text):
    found = pd.DataFrame({"items": [100, 1_000], "ratio": ratios, "pairs": 2})
    found = found.assign(low=found["ratio"] / 1.02, high=found["ratio"] * 1.02)
    assert sentences.told_by_size(found, "cheaper") == text


def test_a_single_pair_is_said_to_be_one():
    found = pd.DataFrame(
        {"items": [100], "ratio": [2.0], "low": [1.9], "high": [2.1], "pairs": [1]}
    )
    assert sentences.told_by_size(found, "cheaper") == (
        "sfn is cheaper at 100 items, by a factor of 2 (from one pair of runs at some sizes)."
    )


def test_what_the_runs_cannot_tell_is_not_told(folder, stored):
    frames = Frames(stored(folder("sqs", "model", 100)))
    assert sentence("cost_against_items", frames).startswith("Not told: no pair of runs")
    assert sentence("how_simple", frames).startswith("Not told: there is no table of simplicity")
    assert sentence("price_of_knowing", frames).startswith("Knowing that 100 items are done: with")


def test_the_cheapest_and_the_fastest_setting_are_told_once_where_they_are_one(frames):
    told = sentences.best_settings(frames)
    assert told.startswith("Of 10 settings at 1 million items, the cheapest of sqs takes $1.05 per")
    assert told.count(", and none is faster") == 2
    dear_is_fast = 1_000 / frames.runs["per_million_usd"]
    turned = sentences.best_settings(
        SimpleNamespace(runs=frames.runs.assign(detected_s=dear_is_fast))
    )
    assert (turned.count(", the fastest $"), turned.count("none is faster")) == (2, 0)
