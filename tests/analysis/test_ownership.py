"""What a month costs, by hand."""

import pytest

from analysis.measures import bills_frame, runs_with_knobs
from analysis.needs import NothingToShow
from analysis.ownership import UpkeepRate, ownership, upkeep_usd
from workbench.prices import load_book


def test_a_month_is_its_batches_and_the_waiting_between(folder, stored):
    results = stored(folder("sqs", "model", 1_000), folder("sfn", "model", 1_000))
    runs = runs_with_knobs(results)
    found = ownership(runs, bills_frame(results), load_book()).set_index("design")
    batches = 4 * 365 / 12
    logs_usd = 14 / 1_000_000 * 4 * 0.03 * found["invocations"]  # kept two weeks
    polls = {"sqs": 14, "sfn": 0}  # capped sources keep five pollers, the two others two each
    for design, row in found.iterrows():
        polls_usd = polls[design] * 3 * 60 * 24 * 365 / 12 * 0.4 / 1_000_000
        by_hand = row["cost_usd"] * batches + 0.10 + polls_usd + logs_usd[design] / 1_000
        assert row["month_usd"] == pytest.approx(by_hand, rel=0.01)


def test_upkeep_is_minutes_for_resources_and_for_lines(frames):
    rate = UpkeepRate(usd_per_hour=60.0, minutes_per_resource=2.0, minutes_per_100_lines=50.0)
    assert upkeep_usd(frames.table("simplicity"), rate) == {
        "sqs": pytest.approx(34 * 2 + 1_114 / 2),
        "sfn": pytest.approx(27 * 2 + 321 / 2),
    }


def test_upkeep_without_simplicity_is_refused(frames):
    with pytest.raises(NothingToShow, match="no table of simplicity"):
        upkeep_usd(frames.table("simplicity").iloc[:0], UpkeepRate())
