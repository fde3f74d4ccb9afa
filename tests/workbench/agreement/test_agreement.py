"""The model against published runs: what is tested is counted, and the misses are known."""

import pandas as pd
import pytest

from workbench.agreement.kinds import burst
from workbench.agreement.replay import agreement, as_markdown, of_era, published, score
from workbench.errors import BadRecord
from workbench.platform.profile import load_profile

# What the intervals do not hold: instances above the documented ramp, a page's dollars that its own
# list prices contradict, a transition a child where this model bills two.
OUTSIDE = {
    ("S1", "peak concurrency"),
    ("M1", "cost"),
    ("M2", "cost"),
}


@pytest.fixture(scope="module")
def table():
    return agreement(replications=20)


def test_every_published_quantity_has_a_row_with_its_source_and_interval(table):
    assert len(table) == sum(len(run["quantities"]) for run in published()["runs"])
    assert table.source.str.len().min() > 5
    numbers = table[["measured", "modelled", "low", "high", "error_percent"]]
    assert numbers.notna().all().all()
    assert ((table.low <= table.modelled) & (table.modelled <= table.high)).all()
    assert (table.inside == ((table.low <= table.measured) & (table.measured <= table.high))).all()


def test_the_intervals_hold_what_is_tested_but_for_the_known_misses(table):
    tests = table[table.counted == "test"]
    missed = tests[~tests.inside]
    assert set(zip(missed.id, missed.quantity, strict=True)) == OUTSIDE
    assert len(tests) == 38
    assert 0.85 <= tests.inside.mean() <= 0.95
    assert tests.error_percent.abs().median() < 5


def test_rows_that_a_constant_came_from_or_that_a_setting_decides_are_no_tests(table):
    assert set(table[table.counted == "fit"].id) == {
        "S6", "M4", "C10", *(f"F{n} {s} s" for n in (4, 6) for s in (1, 5, 10, 20))
    }  # fmt: skip
    constructed = table[table.counted == "construction"]
    assert set(constructed.id.str.split().str[0]) == {
        "S4",
        "S8",
        "B1",
        "B2",
        "L1",
        "L2",
        "U1",
        "D1",
    }


def test_the_score_counts_tests_alone():
    def row(counted, inside, error, width):
        return {
            "counted": counted,
            "inside": inside,
            "error_percent": error,
            "width_percent": width,
        }

    table = pd.DataFrame(
        [
            row("test", True, -3.0, 10.0),
            row("test", False, 8.0, 20.0),
            row("test", True, 1.0, 30.0),
            row("fit", True, 0.0, 1.0),
            row("construction", True, 0.0, 0.0),
        ]
    )
    assert score(table).startswith(
        "2 of 3 tested quantities (67%) are inside the 5 to 95 % interval; median error 3.0 %, "
        "median width of the interval 20 % of the measured value. 1 quantities were fitted and 1 "
    )


def test_the_markdown_has_a_line_a_quantity_and_every_note(table):
    lines = as_markdown(table).splitlines()
    assert lines[0] == score(table)
    assert sum(line.startswith("| ") for line in lines) == len(table) + 3
    notes = {f"- {row.id} ({row.title}): {row.note}" for row in table.itertuples()}
    assert {line for line in lines if line.startswith("- ")} == notes


def own_run(**settings):
    quantity = {"quantity": "peak", "unit": "", "measured": 140, "sure": "A", "read": "peak"}
    return {
        "id": "mine",
        "title": "a test",
        "source": "a test",
        "date": "2026",
        "era": "slow",
        "replay": "queue",
        "settings": settings,
        "note": "",
        "quantities": [quantity],
    }


def test_other_runs_of_the_same_form_can_be_replayed():
    content = {
        "eras": {"slow": {"esm_ramp_per_min": {"value": 60}}},
        "runs": [own_run(messages=10_000, work_ms=1_000)],
    }
    [row] = agreement(content=content, replications=10).itertuples()
    assert abs(row.error_percent) < 5
    assert row.inside
    assert row.counted == "test"


def test_an_era_moves_a_range_with_its_value_unless_it_gives_one():
    profile, known = load_profile(), load_profile().entries["esm_ramp_per_min"]
    moved = of_era(profile, {"esm_ramp_per_min": {"value": 60}}).entries["esm_ramp_per_min"]
    assert (moved["low"], moved["high"]) == (known["low"] / 5, known["high"] / 5)
    given = {"p50": 90, "p99": 120, "low": 60, "high": 200}
    assert of_era(profile, {"lambda_init": given}).entries["lambda_init"].items() >= given.items()


def test_a_run_of_an_unknown_era_is_refused():
    run = published()["runs"][0] | {"era": "tomorrow"}
    with pytest.raises(BadRecord, match="tomorrow"):
        agreement(content={"eras": {}, "runs": [run]})


def test_calls_that_meet_warm_environments_wait_for_no_start():
    reads = ("median_ms", "cold_ms", "seconds", "instances")
    run = {
        "id": "a burst",
        "settings": {"calls": 20, "issue_s": 0.1, "work_s": 1.0},
        "quantities": [{"read": one} for one in reads],
    }
    settled = {
        "lambda_invoke": {"p50": 20, "p99": 20},
        "lambda_placing": {"p50": 60, "p99": 60},
        "lambda_init": {"p50": 200, "p99": 200},
    }
    profile = of_era(load_profile(), settled)
    assert burst(profile, run, 7) == pytest.approx([280, 280, 0.095 + 0.28 + 1, 20])
    half = run | {"settings": run["settings"] | {"warm": 15, "away_ms": 50, "cold_work_s": 1.1}}
    assert burst(profile, half, 7) == pytest.approx([70, 330, 0.095 + 0.33 + 1.1 + 0.05, 20])
