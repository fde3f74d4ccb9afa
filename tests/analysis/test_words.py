"""Numbers in words."""

from dataclasses import replace

import pytest

from analysis.words import (
    count,
    dollars,
    duration,
    listed,
    outcome,
    percent,
    setting_in_words,
    short_count,
)
from workbench.runs.records import Run

RUN = Run(
    run_id="r",
    design="sqs",
    target="local",
    items=1_000,
    seed=7,
    knobs={},
    batch_id="r",
    started_at="2026-11-20T06:00:00Z",
    processed_s=170.0,
    detected_s=180.0,
    items_processed=1_000,
    cost_usd=0.002,
    knowing_usd=0.001,
    coordination_usd=0.0015,
)
DONE = "1,000 of 1,000 items processed, the last after 2.8 min, known 10 s later.\n"
MILLION = "; that is $2 for a million items, $1.50 of it for coordination (knowing alone $1)."


@pytest.mark.parametrize(
    ("value", "text"),
    [(100, "100"), (1_000, "1k"), (250_000, "250k"), (1e8, "100M"), (999_999, "1M")],
)
def test_items_are_short_on_an_axis(value, text):
    assert short_count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(250, "250"), (31_623, "32,000"), (1e6, "1 million"), (3.21e6, "3.2 million")],
)
def test_items_are_rounded_to_two_digits_in_a_sentence(value, text):
    assert count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0"),
        (1234.5, "$1,234"),
        (2, "$2"),
        (2.171, "$2.17"),
        (0.5, "$0.50"),
        (0.1, "$0.10"),
        (0.0871, "$0.087"),
        (0.000098, "$0.000098"),
    ],
)
def test_dollars_have_the_digits_that_their_size_asks_for(value, text):
    assert dollars(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "50 ms"), (3.14, "3.1 s"), (60, "1 min"), (119.6, "2 min"), (7_200, "2 h")],
)
def test_times_have_the_unit_that_suits_them(value, text):
    assert duration(value) == text


def test_a_little_is_not_nothing():
    assert [percent(share) for share in (0, 0.0001, 0.39, 1)] == [
        "0 %",
        "under 1 %",
        "39 %",
        "100 %",
    ]


def test_words_are_listed_with_an_and():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("local", f"sqs on local, simulated: {DONE}$0.002 simulated, $0 spent{MILLION}"),
        ("model", f"sqs on model, modelled: {DONE}$0.002 modelled, $0 spent{MILLION}"),
        ("aws", f"sqs on aws, measured: {DONE}$0.002 spent, by its own meter{MILLION}"),
    ],
)
def test_a_complete_batch_is_told_with_what_its_figures_are(target, words):
    assert outcome(replace(RUN, target=target)) == words


def test_items_that_failed_or_came_twice_are_counted():
    run = replace(RUN, items_processed=990, items_failed=10, items_duplicated=3)
    assert outcome(run).startswith(
        "sqs on local, simulated: 990 of 1,000 items processed, 10 failed and 3 processed "
        "more than once, the last after 2.8 min"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"processed_s": None, "detected_s": None, "items_processed": 4, "cost_usd": None},
            "sqs on local, simulated: 4 of 1,000 items processed. The batch did not complete: "
            "no notification.\nIts cost is not known.",
        ),
        (
            {"detected_s": None},
            "sqs on local, simulated: 1,000 of 1,000 items processed, the last after 2.8 min, "
            "which nobody was told. The batch did not complete: no notification.\n"
            "$0.002 simulated, $0 spent.",
        ),
    ],
)
def test_a_batch_that_did_not_complete_ends_with_the_reason(changes, words):
    assert outcome(replace(RUN, status="incomplete", reason="no notification", **changes)) == words


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("track=message", "one record a message"),
        ("items_per_child=889, child_type=STANDARD", "889 items a child, Standard children"),
        ("tuned-concurrent", "tuned, several items at a time"),
        ("a_new_knob=7", "a new knob 7"),
    ],
)
def test_a_set_of_knobs_is_said_without_the_names_that_code_has(setting, words):
    assert setting_in_words(setting) == words
