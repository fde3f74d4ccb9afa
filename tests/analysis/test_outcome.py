"""The sentence about one batch: whatever became of it, and whose dollars they are."""

from dataclasses import replace

import pytest

from analysis.outcome import outcome
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
)
DONE = "1,000 of 1,000 items processed, the last after 2.8 min, known 10 s later.\n"
MILLION = "; that is $2 for a million items, $1 of it for knowing."


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
