"""The same pulls on the local target: what moto was told is what comes back, and adds up."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil

import pytest

from analysis.reconcile import answer, reconcile
from workbench.bill import exact_sum
from workbench.bill.monthly_cost import MONTH_S
from workbench.pull.collect import collect_cloudwatch, collect_costs
from workbench.pull.gate import Wait
from workbench.pull.window import metered, window_of
from workbench.runs.records import read_folder
from workbench.runs.runner import RunRequest, run_request
from workbench.targets.local.target import LocalTarget
from workbench.targets.local.world.context import EPOCH_S
from workbench.targets.local.world.cost_explorer import Terms, load_bill, standing_bill

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


def test_cost_explorer_has_the_run_and_what_the_stack_cost_that_day(local_run):
    """The stack stood all day besides: 14 pollers of sqs, three polls a minute each."""
    cloud, path, folder, window = local_run
    pull = collect_costs(path, cloud, window, window.end + timedelta(days=30))
    table = reconcile(folder.bill, None, pull.frame)
    kinds = table.set_index("kind")
    assert kinds.loc["subtotal", "share_explained"] == 1.0
    assert kinds.loc["residual", "billed_usd"] == Decimal(0)
    stood = table[table["kind"] == "standing"].set_index("usage_type")["billed_quantity"]
    free_s = 86_400 - 60 * ceil(metered(window).seconds / 60)
    assert round(float(stood["CW:AlarmMonitorUsage"]), 6) == round(free_s / MONTH_S, 6)
    polls = 14 * free_s // 20 if folder.run.design == "sqs" else None
    assert stood.get("Requests-Tier1") == polls
    whole = kinds.loc[["subtotal", "standing subtotal", "untagged subtotal"], "billed_usd"]
    assert exact_sum(whole) == exact_sum(pull.frame["cost_usd"])


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"free_tier": True}, r"of its lines cost nothing: the free tier\), so"),
        (
            {"savings_plan": Decimal("1")},
            r"2 of its lines cost nothing: a savings plan",
        ),
        (
            {"discount": Decimal("0.1")},
            r"\(a discount \(Enterprise Discount Program Discount\)",
        ),
        (
            {"discount": Decimal("0.1"), "credits": Decimal(1), "tax": Decimal("0.2")},
            r"quantity the meter explains 100.0%. Not compared in that time: credits of .* and tax",
        ),
    ],
    ids=["free tier", "savings plan", "discount", "credits and tax"],
)
def test_on_other_terms_quantities_are_compared_and_the_reason_is_named(local_run, terms, why):
    cloud, path, folder, window = local_run
    cloud.client("ce")
    load_bill(folder.bill, standing=standing_bill(folder.run), terms=Terms(**terms))
    later = window.end + timedelta(days=30) + (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC))
    pull = collect_costs(path, cloud, window, later)
    table = reconcile(folder.bill, None, pull.frame)
    subtotal = table[table["kind"] == "subtotal"].iloc[0]
    assert (subtotal["share_explained"], subtotal["share_of_quantity"]) == (None, 1.0)
    assert re.search(why, answer(table, pull.facts["record_types"]))
    assert pull.facts["spent"]["cost_pages"] == 3  # the third asks why
