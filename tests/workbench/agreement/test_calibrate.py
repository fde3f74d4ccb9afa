"""Calibration finds the constants of a platform that differs from the profile, and no others."""

import json
from dataclasses import replace
from math import exp, log
from random import Random

import pandas as pd
import pytest

from workbench.agreement.calibrate import calibrate, value_of, write_profile
from workbench.agreement.observe import observe, slept_ms
from workbench.agreement.tellers import OPEN, QUICK
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.runs.records import read_folder, write_folder
from workbench.targets.model.forecast import estimate
from workbench.targets.model.target import ModelTarget

RUNS = (  # design, knobs, items: between them they tell most constants
    ("sfn", {}, 3_000),
    ("sfn", {"items_per_child": 1, "max_concurrency": None, "value_max": 100}, 3_000),
    (
        "sfn",
        {
            "child_type": "STANDARD",
            "items_per_child": 10,
            "max_concurrency": 5,
            "value_max": 10,
            "poison_per_million": 20_000,
            "batcher_memory_mb": 512,
        },
        2_000,
    ),
    ("sqs", {}, 20_000),
    ("sqs", {"max_concurrency": None}, 3_000),
    (
        "sqs",
        {
            "items_per_message": 1,
            "messages_per_invocation": 1,
            "max_concurrency": None,
            "value_max": 500,
            "track": "message",
        },
        3_000,
    ),
    ("sqs", {"memory_mb": 128, "items_per_message": 1, "value_max": 10}, 2_000),
    ("counters", {}, 20_000),
    # At another memory: a call's latency and its CPU time are told apart.
    (QUICK.design, QUICK.settings, QUICK.items),
)
NEAR = 0.05  # of a logarithm: found, whatever the standard error says
ERRORS = 3  # standard errors


def platform(values):
    """The profile with some constants elsewhere."""
    profile, entries = load_profile(), dict(load_profile().entries)
    for name, value in values.items():
        entry = entries[name]
        if "value" in entry:
            entries[name] = entry | {"value": value}
        else:
            tail = entry["p99"] * value / entry["p50"]
            entries[name] = entry | {"p50": value, "p99": tail}
    return replace(profile, entries=entries)


def folder(profile, tmp_path, run, number=0, target="aws"):
    design, knobs, items = run
    batch = Batch(items, 5, f"{design}-{number}")
    made = ModelTarget(profile).run(make_design(design, settings=knobs), batch, lambda p: None)
    run = replace(made.run, target=target, started_at="2026-11-20T06:10:30+00:00")
    return write_folder(replace(made, run=run), tmp_path)


def folders(profile, tmp_path, runs=RUNS):
    return [folder(profile, tmp_path, run, number) for number, run in enumerate(runs)]


def misses(found, truth):
    """The constants that are neither near the truth nor within their standard error."""
    return {
        row.constant
        for row in found.constants.itertuples()
        if abs(log(row.after / value_of(truth.entries[row.constant])))
        > max(NEAR, ERRORS * log(1 + row.error_percent / 100))
    }


def moved_at_random(case):
    """Three open constants anywhere inside their ranges."""
    dice, entries, values = Random(case), load_profile().entries, {}
    for name in dice.sample(list(OPEN), 3):
        values[name] = exp(dice.uniform(log(entries[name]["low"]), log(entries[name]["high"])))
    return values


def finds(case, tmp_path):
    values = moved_at_random(case)
    truth = platform(values)
    found = calibrate(folders(truth, tmp_path))
    assert misses(found, truth) == set(), values
    told = found.constants.set_index("constant").told
    for name in values:  # what cannot be told is named with the run that would tell it
        by = found.constants.set_index("constant").tell_by[name]
        assert told[name] or by == str(OPEN[name])


def test_runs_of_the_profile_return_the_profile_and_estimates_shrink(tmp_path):
    profile = load_profile()
    found = calibrate(folders(profile, tmp_path), profile)
    assert misses(found, profile) == set()
    assert not found.constants.on_bound.any()
    assert found.constants.told.sum() >= 11
    assert (found.errors.after / found.errors.measured - 1).abs().max() < 0.01
    write_profile(found.profile, tmp_path / "mine.json")
    mine = load_profile(str(tmp_path / "mine.json"))
    assert mine == found.profile
    wide, narrow = (estimate(make_design("sfn"), 2_000, profile=one) for one in (profile, mine))
    span, left = (x.detection_lag_s.high - x.detection_lag_s.low for x in (wide, narrow))
    assert left < span / 3


@pytest.mark.slow
@pytest.mark.parametrize("case", range(1, 12))
def test_three_constants_moved_at_random_are_found_and_the_rest_is_left(case, tmp_path):
    finds(case, tmp_path)


def test_what_the_runs_do_not_tell_is_named_with_the_run_that_would(tmp_path):
    found = calibrate([folder(load_profile(), tmp_path, ("sfn", {}, 500))])
    constants = found.constants.set_index("constant")
    assert constants.told["sfn_child_overhead"]
    assert not constants.told["esm_ramp_per_min"]
    assert constants.tell_by["esm_ramp_per_min"] == str(OPEN["esm_ramp_per_min"])
    unmoved = load_profile().entries["esm_ramp_per_min"]["value"]
    assert constants.after["esm_ramp_per_min"] == pytest.approx(unmoved)


def test_a_run_says_when_its_items_were_done_and_what_ran_each_minute(tmp_path):
    path = folder(load_profile(), tmp_path, ("sqs", {"value_max": 1_000}, 2_000))
    run = read_folder(path)
    rows = [(0.0, "items_done", 0), (40.0, "items_done", 800), (140.0, "items_done", 2_000)]
    rows += [(10.0, "concurrency", 5), (70.0, "concurrency", 90), (130.0, "concurrency", 40)]
    run = replace(run, timeline=pd.DataFrame(rows, columns=["t_s", "metric", "value"]))
    seen = observe(run, slept_ms(run))
    assert (seen["minute 0, invocations"], seen["minute 1, invocations"]) == (5, 90)
    assert "minute 2, invocations" not in seen  # the minute is not over
    assert "25% done, s" not in seen  # too few points to tell when
    assert seen["cold, starts"] == run.run.cold_starts
    later = observe(run, slept_ms(run), second=55.0)  # by CloudWatch's minutes
    minutes = [later[f"minute {number}, invocations"] for number in range(3)]
    assert minutes == [0, 5, 90]


@pytest.mark.parametrize(
    "fitted",
    [
        {"runs": [], "names": ["esm_idle_s"], "covariance": [[-1.0]], "left": 1.0},
        {"runs": [], "names": ["esm_idle_s"], "covariance": [[1.0, 0.0]], "left": 1.0},
        {"runs": [], "names": ["no_such"], "covariance": [[1.0]], "left": 1.0},
        {"runs": [], "names": ["esm_idle_s"], "covariance": [["x"]], "left": 1.0},
        {"runs": []},
    ],
)
def test_a_profile_whose_covariance_is_none_is_refused(tmp_path, fitted):
    path = tmp_path / "mine.json"
    entries = load_profile().entries
    path.write_text(json.dumps({"date": "2026-11-29", "entries": entries, "fitted": fitted}))
    with pytest.raises(BadInput, match=r"covariance|cannot be read"):
        load_profile(str(path))


def test_a_run_of_the_model_itself_is_refused(tmp_path):
    path = folder(load_profile(), tmp_path, ("sfn", {}, 200), target="model")
    with pytest.raises(BadInput, match="take a complete real one"):
        calibrate([path])
