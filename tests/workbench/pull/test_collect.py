"""Pulling for a run and keeping it: the whole way, against moto and recorded answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from workbench.bill import bill
from workbench.designs import make_design
from workbench.errors import BadInput, PullFailed
from workbench.platform.services import SQS
from workbench.prices import load_book
from workbench.pull.collect import (
    collect,
    collect_cloudwatch,
    collect_costs,
    collect_insights,
    measured,
    neighbours,
)
from workbench.pull.gate import Wait
from workbench.pull.store import pull_stamps, read_pull
from workbench.pull.window import CloudAccess
from workbench.runs.records import USAGE_COLUMNS, write_folder
from workbench.stacks.aws_errors import AwsFailed

LATER = datetime(2026, 12, 20, tzinfo=UTC)


@pytest.fixture
def run_folder(folder, tmp_path):
    return write_folder(folder, tmp_path)


class Functions:
    """A Lambda client that knows where each function logs."""

    def get_function_configuration(self, FunctionName):
        return {"LoggingConfig": {"LogGroup": f"/fanin/{FunctionName}"}}


def access(outputs=("ProcessorName",), **clients):
    """What a target without Insights gives, with these clients."""
    names = {name: name.removesuffix("Name").lower() for name in outputs}
    return CloudAccess((clients | {"lambda": Functions()}).get, names, None, False, 900)


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
    put(cloudwatch, window, "AWS/Lambda", "Invocations", invocations, FunctionName="processor")
    put(cloudwatch, window, "BatchWorkbench", "items_processed", items, **own)


def test_late_metrics_are_waited_for_and_kept_with_their_coverage(cloud, run_folder, window):
    cloudwatch, slept = cloud("cloudwatch"), []

    def arrive(seconds):
        slept.append(seconds)
        put_run(cloudwatch, window)

    wait = Wait(every_s=60, sleep=arrive, say=lambda line: None)
    kept = collect_cloudwatch(run_folder, access(cloudwatch=cloudwatch), window, wait)
    again = read_pull(run_folder, "cloudwatch")
    assert (slept, again.stamp) == ([60], kept.stamp)
    assert again.facts["coverage"]["complete"]
    assert again.facts["coverage"]["ratio"] == 1.0
    assert again.frame.equals(kept.frame)


def test_what_never_comes_is_kept_as_incomplete(cloud, run_folder, window):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window, invocations=9)
    wait = Wait(limit_s=0, say=lambda line: None)
    collect_cloudwatch(run_folder, access(cloudwatch=cloudwatch), window, wait)
    kept = read_pull(run_folder, "cloudwatch")
    assert (kept.facts["coverage"]["ratio"], kept.facts["coverage"]["complete"]) == (0.9, False)


def test_report_lines_need_the_metrics_first(recorded, cloud, run_folder, window):
    with pytest.raises(PullFailed, match="has no cloudwatch pull"):
        collect_insights(run_folder, access(logs=recorded("logs")), window)
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    collect_cloudwatch(run_folder, access(cloudwatch=cloudwatch), window)


def test_report_lines_are_kept_with_coverage_by_the_metrics(recorded, cloud, run_folder, window):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    collect_cloudwatch(run_folder, access(cloudwatch=cloudwatch), window)
    slept = []
    wait = Wait(sleep=slept.append)
    logs = access(("ProcessorName", "FinalizerName"), logs=recorded("logs", "reports"))
    kept = collect_insights(run_folder, logs, window, wait)
    assert slept == [1]  # a query that was still running
    assert kept.facts["coverage"]["complete"]
    assert kept.facts["spent"]["scanned_bytes"] == 3_000_000


def test_costs_are_kept_with_whether_they_are_settled(
    cloud, run_folder, folder, window, load_cost_explorer
):
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    collect_costs(run_folder, access(ce=cloud("ce")), window, LATER)
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
        "other-design": {"design": "sfn", "knobs": make_design("sfn").knobs()},
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
    first = collect_costs(run_folder, access(ce=cloud("ce")), window, LATER)
    denied = access(ce=recorded("ce", "costs_denied"))
    with pytest.raises(AwsFailed):
        collect_costs(run_folder, denied, window, LATER + timedelta(days=1))
    assert pull_stamps(run_folder, "costs") == [first.stamp]


def test_what_a_failed_pull_cost_is_counted(recorded, run_folder, window):
    """Nothing under the tag: a question for the costs, one for the tag, one for its values."""
    client = access(ce=recorded("ce", "costs_none", "tag_active", "tag_values_none"))
    with pytest.raises(PullFailed, match="has no costs of design=sqs"):
        collect_costs(run_folder, client, window, LATER)
    kept = read_pull(run_folder, "failed")
    assert list(kept.frame["kind"]) == ["costs"]
    asked = measured(run_folder).set_index("service")["quantity"]
    assert asked["AWS Cost Explorer"] == 3


def test_cost_explorer_is_not_asked_before_a_day_has_passed(recorded, run_folder, window):
    cloud = replace(access(ce=recorded("ce")), costs_late_s=86_400)
    with pytest.raises(PullFailed, match=r"it was not asked. Collect again after 20\d\d-"):
        collect_costs(run_folder, cloud, window, window.end + timedelta(hours=23))
    assert pull_stamps(run_folder, "costs") == []


def test_polls_outside_of_runs_are_those_that_cloudwatch_counted(
    cloud, run_folder, folder, window, load_cost_explorer
):
    """By the names of the queues that an earlier pull has kept: the stack may be gone by now."""
    cloudwatch = cloud("cloudwatch")
    names = {"outputs": ("ProcessorName",), "cloudwatch": cloudwatch}
    queued = replace(access(**names), outputs={"ItemQueueUrl": "https://sqs/1/items"})
    wait = Wait(limit_s=0, say=lambda line: None)
    collect_cloudwatch(run_folder, queued, window, wait)
    hour = timedelta(hours=1)
    for start, count in ((window.start, 40), (window.start + hour, 60), (window.end - hour, 120)):
        at = replace(window, start=start, end=start + hour)
        put(cloudwatch, at, "AWS/SQS", "NumberOfEmptyReceives", count, QueueName="items")
    more = [(SQS, "Requests-Tier1", "Requests", "dispatch", Decimal(250))]
    usage = pd.DataFrame(more, columns=USAGE_COLUMNS).astype({"quantity": object})
    load_cost_explorer(bill(usage, load_book()), "2026-11-20", "2026-11-21")
    gone = replace(access(ce=cloud("ce"), cloudwatch=cloudwatch), outputs={})
    pull = collect_costs(run_folder, gone, window, LATER)
    assert list(pull.frame["standing"]) == [180]  # the run's own meter has its 40
    assert pull.facts["idle_polls"] == "counted by CloudWatch"


def test_a_pull_says_what_asking_used(cloud, run_folder, folder, window, load_cost_explorer):
    cloudwatch = cloud("cloudwatch")
    put_run(cloudwatch, window)
    pull = collect_cloudwatch(run_folder, access(cloudwatch=cloudwatch), window)
    assert pull.facts["spent"]["metrics"] == 4 + 12  # a look at 4, then all 12
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    costs = collect_costs(run_folder, access(ce=cloud("ce")), window, LATER)
    assert costs.facts["spent"]["cost_pages"] == 2


class OneSourceRefuses:
    """A target whose Cost Explorer is refused."""

    name = "aws"

    def __init__(self, cloud):
        self._access = replace(access(cloudwatch=cloud("cloudwatch"), ce=self), late_s=0)

    def cloud(self, design):
        return self._access

    def get_cost_and_usage(self, **_):
        error = {"Error": {"Code": "AccessDeniedException", "Message": "User is not authorized"}}
        raise ClientError(error, "GetCostAndUsage")


def test_one_source_that_fails_leaves_the_others(cloud, run_folder, another_folder):
    target = OneSourceRefuses(cloud)
    found = collect(run_folder, target)
    assert [pull.kind for pull in found.pulls] == ["cloudwatch"]
    assert "AWS GetCostAndUsage is not allowed" in found.failed[0]
    elsewhere = write_folder(another_folder(run_id="l", target="local"), run_folder.parents[1])
    with pytest.raises(BadInput, match="ran on local, not on aws"):
        collect(elsewhere, target)
