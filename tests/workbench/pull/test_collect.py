"""Pulling for a run and keeping it: the whole way, against moto and recorded answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from workbench.errors import PullFailed
from workbench.pull.collect import (
    collect_cloudwatch,
    collect_costs,
    collect_insights,
    coverage_of,
    measured,
    neighbours,
)
from workbench.pull.costs import CostQuestion
from workbench.pull.gate import Wait
from workbench.pull.store import pull_stamps, read_pull
from workbench.runs.records import write_folder

NAMES = {"processor": "p"}
GROUPS = {"processor": "/fanin/processor", "finalizer": "/fanin/finalizer"}
LATER = datetime(2026, 12, 20, tzinfo=UTC)


@pytest.fixture
def run_folder(folder, tmp_path):
    return write_folder(folder, tmp_path)


def put(cloudwatch, window, namespace, metric, total, **dimensions):
    point = {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": window.start,
        "Value": total,
    }
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[point])


def put_run(cloudwatch, window, invocations=10, items=1_000):
    own = {"design": "sqs", "function": "processor"}
    put(cloudwatch, window, "AWS/Lambda", "Invocations", invocations, FunctionName="p")
    put(cloudwatch, window, "BatchWorkbench", "items_processed", items, **own)


def test_late_metrics_are_waited_for_and_kept_with_their_coverage(cloud, run_folder, window):
    cloudwatch, slept = cloud("cloudwatch"), []

    def arrive(seconds):
        slept.append(seconds)
        put_run(cloudwatch, window)

    wait = Wait(every_s=60, sleep=arrive, say=lambda line: None)
    kept = collect_cloudwatch(run_folder, cloudwatch, NAMES, window, percentiles=False, wait=wait)
    again = read_pull(run_folder, "cloudwatch")
    assert (slept, again.stamp) == ([60], kept.stamp)
    assert coverage_of(again).complete
    assert again.facts["coverage"]["ratio"] == 1.0
    assert again.frame.equals(kept.frame)


def test_what_never_comes_is_kept_as_incomplete(cloud, run_folder, window):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window, invocations=9)
    wait = Wait(limit_s=0, say=lambda line: None)
    collect_cloudwatch(run_folder, cloudwatch, NAMES, window, percentiles=False, wait=wait)
    kept = read_pull(run_folder, "cloudwatch")
    assert (coverage_of(kept).ratio, kept.facts["coverage"]["complete"]) == (0.9, False)


def test_report_lines_need_the_metrics_first(recorded, cloud, run_folder, window):
    with pytest.raises(PullFailed, match="has no cloudwatch pull"):
        collect_insights(run_folder, recorded("logs"), GROUPS, window)
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    collect_cloudwatch(run_folder, cloudwatch, NAMES, window, percentiles=False)


def test_report_lines_are_kept_with_coverage_by_the_metrics(recorded, cloud, run_folder, window):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    collect_cloudwatch(run_folder, cloudwatch, NAMES, window, percentiles=False)
    slept = []
    wait = Wait(sleep=slept.append)
    kept = collect_insights(run_folder, recorded("logs", "reports"), GROUPS, window, wait)
    assert slept == [1]  # a query that was still running
    assert coverage_of(kept).complete
    assert kept.facts["spent"]["scanned_bytes"] == 3_000_000


def test_costs_are_kept_with_whether_they_are_settled(
    cloud, run_folder, folder, window, load_cost_explorer
):
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    collect_costs(run_folder, cloud("ce"), CostQuestion(window, now=LATER))
    facts = read_pull(run_folder, "costs").facts
    assert {name: facts[name] for name in ("settled", "prorated", "others")} == {
        "settled": True,
        "prorated": False,
        "others": [],
    }


def test_neighbours_are_runs_of_the_same_design_and_target_on_the_same_day(
    run_folder, another_folder, window
):
    results = run_folder.parents[1]
    times = {"created_s": None, "processed_s": None, "detected_s": None}
    for run_id, changes in {
        "same-day": {"started_at": "2026-11-20T23:00:00Z"},
        "broke-off": {"status": "incomplete", **times},
        "other-design": {"design": "sfn"},
        "other-target": {"target": "local"},
        "day-before": {"started_at": "2026-11-19T23:00:00Z"},
    }.items():
        write_folder(another_folder(run_id=run_id, **changes), results)
    found = [folder.run.run_id for folder in neighbours(run_folder, window)]
    assert found == ["broke-off", "same-day"]


def test_a_pull_that_fails_leaves_the_older_one(
    cloud, recorded, run_folder, folder, window, load_cost_explorer
):
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    first = collect_costs(run_folder, cloud("ce"), CostQuestion(window, now=LATER))
    later = CostQuestion(window, now=LATER + timedelta(days=1))
    with pytest.raises(PullFailed):
        collect_costs(run_folder, recorded("ce", "costs_denied"), later)
    assert pull_stamps(run_folder, "costs") == [first.stamp]


def test_all_pulls_of_a_run_together_are_what_measuring_used(
    cloud, run_folder, folder, window, load_cost_explorer
):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    for _ in range(2):
        collect_cloudwatch(run_folder, cloudwatch, NAMES, window, percentiles=False)
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    collect_costs(run_folder, cloud("ce"), CostQuestion(window, now=LATER))
    usage = measured(run_folder)
    columns = ["usage_type", "label", "quantity"]
    assert list(usage[columns].itertuples(index=False, name=None)) == [
        ("CW:GMD-Metrics", "measuring", Decimal(2 * (4 + 12))),  # a look at 4, then all 12
        ("USE1-APIRequest", "measuring", Decimal(2)),
    ]
