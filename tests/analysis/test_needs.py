"""Runs that cannot carry a chart are refused with a reason; what is left out is said."""

import pytest

from analysis.measures import runs_with_knobs
from analysis.needs import NothingToShow, same_knobs, several_designs, usable
from workbench.designs import DESIGNS


def test_no_runs_at_all_are_refused(tmp_path):
    with pytest.raises(NothingToShow, match=r"no runs to draw. Run `make study`"):
        usable(runs_with_knobs(tmp_path))


def test_incomplete_runs_are_left_out_and_said(folder, stored):
    stored(*(folder(design, "model", 100) for design in DESIGNS))
    results = stored(folder("sqs", "model", 1_000), status="incomplete", reason="stopped")
    chosen = usable(runs_with_knobs(results))
    assert set(chosen.runs["items"]) == {100}
    assert chosen.notes == ("1 run incomplete, left out",)


def test_nothing_but_incomplete_runs_is_refused_with_their_reason(folder, stored):
    results = stored(folder("sqs", "model", 100), status="incomplete", reason="budget passed")
    with pytest.raises(NothingToShow, match="none of the 1 runs is complete: budget passed"):
        usable(runs_with_knobs(results))


def test_one_design_only_is_said_and_no_comparison(folder, stored):
    results = stored(folder("sqs", "model", 100))
    chosen = usable(runs_with_knobs(results))
    assert chosen.notes == ("no run of sfn, counters and durable",)
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        several_designs(chosen)


def test_dollars_of_two_price_dates_are_never_mixed(folder, stored):
    stored(folder("sqs", "model", 100), folder("sfn", "model", 100), price_date="2026-01-01")
    stored(folder("sqs", "model", 1_000), price_date=None, cost_usd=None)
    results = stored(*(folder(design, "model", 10_000) for design in DESIGNS))
    chosen = usable(runs_with_knobs(results), in_dollars=True)
    assert set(chosen.runs["items"]) == {10_000}
    assert chosen.notes == (
        "1 run without a bill, left out",
        "2 runs at prices of another date, left out",
    )


def test_of_many_settings_the_default_one_is_drawn(folder, stored):
    results = stored(
        folder("sqs", "model", 100, poll_s=5),
        folder("sqs", "model", 1_000, poll_s=5),
        folder("sqs", "model", 100),
        folder("sfn", "model", 100, items_per_child=50, memory_mb=256),
        folder("sfn", "model", 100, items_per_child=50),
        folder("counters", "model", 100),
        folder("durable", "model", 100),
    )
    chosen = same_knobs(usable(runs_with_knobs(results)))
    assert sorted(chosen.runs["setting"]) == ["default"] * 3 + ["items_per_child=50"]
    assert chosen.notes == ("sfn at items_per_child=50",)
