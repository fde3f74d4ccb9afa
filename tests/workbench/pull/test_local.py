"""The same pulls on the local target: what moto was told is what comes back, and adds up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from analysis.reconcile import reconcile
from workbench.bill import exact_sum
from workbench.pull.collect import collect_cloudwatch, collect_costs
from workbench.pull.gate import Wait
from workbench.pull.window import window_of
from workbench.runs.records import read_folder
from workbench.runs.runner import RunRequest, run_request
from workbench.targets.local.target import LocalTarget
from workbench.targets.local.world.context import EPOCH_S

NOW = Wait(limit_s=0)


@pytest.fixture(scope="module", params=["sqs", "sfn"])
def local_run(request, tmp_path_factory):
    """A run of 300 items, what its open target gives, and its window on the virtual clock."""
    results = tmp_path_factory.mktemp("results")
    with LocalTarget() as target:
        path = run_request(RunRequest(request.param, "local", 300), results, print, target=target)
        folder = read_folder(path)
        window = window_of(folder.run, datetime.fromtimestamp(EPOCH_S, UTC))
        yield target.cloud(request.param), path, folder, window


def billed(folder, service, end):
    lines = folder.bill[folder.bill["service"] == service]
    return exact_sum(lines.loc[lines["usage_type"].str.startswith(end), "quantity"])


def test_cloudwatch_has_all_of_the_run_and_agrees_with_its_meter(local_run):
    cloud, path, folder, window = local_run
    pull = collect_cloudwatch(path, cloud, window, NOW)
    assert pull.facts["coverage"]["complete"]
    sums = pull.frame[pull.frame["statistic"] == "Sum"].groupby("metric")["value"].sum()
    assert sums["Invocations"] == billed(folder, "AWS Lambda", "Request")
    assert sums["items_processed"] == 300
    if folder.run.design == "sqs":
        assert sums["ConsumedWriteCapacityUnits"] == billed(folder, "Amazon DynamoDB", "Write")
    else:
        assert sums["ExecutionsSucceeded"] == 1


def test_cost_explorer_has_the_metered_bill_and_all_of_it_is_explained(
    local_run, load_cost_explorer
):
    cloud, path, folder, window = local_run
    load_cost_explorer(folder.bill, "2026-01-01", "2026-01-02")
    pull = collect_costs(path, cloud, window, window.end + timedelta(days=30))
    table = reconcile(folder.bill, None, pull.frame).set_index("kind")
    assert table.loc["subtotal", "share_explained"] == 1.0
    assert table.loc["residual", "cost_explorer_usd"] == Decimal(0)
    assert exact_sum(pull.frame["cost_usd"]) == exact_sum(folder.bill["cost_usd"])
