"""Runs at their design's best knobs: nothing of a small grid is better, and the record says so."""

import re
from itertools import product

import pytest

from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, BadKnob
from workbench.runs.sets import read_runs
from workbench.sweep.best import best_knobs, with_best
from workbench.sweep.jobs import plan_jobs
from workbench.sweep.sweeping import sweep
from workbench.tuning.goal import Goal, score
from workbench.workload.durations import Durations

ITEMS = 2_000
TAIL = Durations.read("0:20 50:300 90:1500 99:6000 99.9:20000 100:60000")
DOLLARS_WITHIN = 1.005  # as near to the best of all there are as tuning comes
TIME_WITHIN = 1.02  # one long item decides, which differs by the seed; no verdict stands on less
SEEDS = (1, 2, 3)  # which the search ranks its last ones by
STUDY = """
seeds: [1, 2]
grids:
  - designs: [sfn, durable]
    items: [100, 1000]
    best_in: [dollars, time]
    duration: [{uniform_ms: [0, 20]}, {mean_ms: 10, sd_ms: 11}]
"""


def small_grid(name):
    """Some settings of a design, of every kind."""
    search = DESIGNS[name].search
    ends = {knob: values[:: len(values) - 1] for knob, values in search.axes.items() if values[1:]}
    kept = TAIL.knobs | dict(search.promised)
    for lot, *values in product((1, 5, 25, 100, 200), *ends.values()):
        try:
            own = {search.lot: lot} | dict(zip(ends, values, strict=True))
            yield make_design(name, settings=own | kept)
        except BadKnob:
            continue


@pytest.mark.parametrize("name", list(DESIGNS))
def test_nothing_of_a_small_grid_is_cheaper_or_sooner(name):
    [best] = best_knobs(Goal(name, 1, item_ms=TAIL, within_s=1e6), (ITEMS,))
    cheapest, quickest = (
        score(make_design(name, settings=TAIL.knobs | best[aim]), ITEMS, SEEDS)
        for aim in ("dollars", "time")
    )
    tried = [score(design, ITEMS, SEEDS) for design in small_grid(name)]
    whole = [one for one in tried if one.completes]
    assert len(whole) >= 10
    assert cheapest.mean_usd <= min(one.mean_usd for one in whole) * DOLLARS_WITHIN
    assert quickest.mean_s <= min(one.mean_s for one in whole) * TIME_WITHIN


def test_each_batch_runs_at_its_best_knobs_and_its_record_says_so(study, tmp_path):
    done = sweep(study(STUDY), tmp_path, processes=1)
    assert (done.ran, done.failed, done.skipped) == (2 * 2 * 2 * 2 * 2, {}, [])
    runs = read_runs(tmp_path)
    assert {run.best_in for run in runs} == {"dollars", "time"}
    for name, durations in product(("sfn", "durable"), {run.knobs["durations"] for run in runs}):
        own = [r for r in runs if (r.design, r.knobs["durations"]) == (name, durations)]
        item_ms = DESIGNS[name](**own[0].knobs).item_ms
        goal = Goal(name, 1, item_ms=item_ms, within_s=14 * 86_400)
        for items, best in zip((100, 1_000), best_knobs(goal, (100, 1_000)), strict=True):
            for run in (run for run in own if run.items == items):
                assert run.knobs == make_design(name, settings=best[run.best_in]).knobs()
    again = sweep(study(STUDY), tmp_path, processes=1)
    assert (again.ran, again.found) == (0, done.ran)


def test_knobs_that_a_grid_gives_are_kept(study):
    text = "grids: [{designs: [sfn], items: 100, seeds: 1, best_in: time, knobs: {memory_mb: 300}}]"
    found, _ = with_best(study(text), processes=1)
    [(request, _)] = found.runs
    assert (request.make_design().memory_mb, request.best_in) == (300, "time")


def test_what_no_knobs_can_do_is_refused_or_skipped_and_named(study):
    text = (
        "grids: [{{designs: [sfn, sqs], items: [9], seeds: [1], best_in: [dollars],"
        " sqs: {{items_per_message: [9000]}}, skip_infeasible: {}}}]"
    )
    with pytest.raises(BadInput, match="sqs, 9 items of 0 to 1,000 ms: no knobs of sqs can work"):
        with_best(study(text.format("false")), processes=1)
    found, skipped = with_best(study(text.format("true")), processes=1)
    assert [request.design for request, _ in found.runs] == ["sfn"]
    assert [line[:28] for line in skipped] == ["sqs, 9 items of 0 to 1,000 m"]


def test_a_run_that_was_tuned_has_another_name_than_the_same_knobs_by_themselves(study):
    found, _ = with_best(study(STUDY), processes=1)
    tuned = plan_jobs(found)[0]
    assert len({job.run_id for job in tuned}) == 32
    plain = study(STUDY.replace("best_in: [dollars, time]", "presets: [default]"))
    assert not {job.run_id for job in plan_jobs(plain)[0]} & {job.run_id for job in tuned}


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ("best_in: [speed]", "best_in has 'speed'. Take of dollars, time"),
        ("best_in: time, presets: [tuned]", "best_in finds the knobs, presets name them"),
        ("best_in: time, targets: [moon]", "target='moon' is not known"),
        ("duration: {mean_ms: 5}", "must have the keys of one form"),
        (
            "duration: {constant_ms: 5}, knobs: {value_max: 9}",
            "duration says how long items take, and so do knobs",
        ),
    ],
)
def test_a_grid_that_contradicts_itself_is_refused(study, grid, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        with_best(study(f"grids: [{{items: [100], {grid}}}]"), processes=1)
