"""What a deployed design costs a month while it waits, and with four batches a day."""

from decimal import Decimal

import pandas as pd
import pytest

from tests.worked_usage import price
from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import (
    MONTH_S,
    Upkeep,
    idle_polls,
    item_pollers,
    monthly_usage,
    standing_usage,
)
from workbench.designs import Counters, Sfn, Sqs
from workbench.errors import BadInput
from workbench.platform.services import CLOUDWATCH, POLLER_HOURS, SQS
from workbench.platform.units import quantity
from workbench.prices import load_book
from workbench.runs.records import USAGE_COLUMNS

BOOK = load_book()
NO_BATCH = pd.DataFrame(columns=USAGE_COLUMNS)
BATCH = pd.DataFrame(
    [
        ("AWS Lambda", "Request-ARM", "Requests", "work", Decimal(12)),
        (CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", Decimal("0.001")),
        (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", "measuring", Decimal(500)),
    ],
    columns=USAGE_COLUMNS,
)


def quantities(usage):
    return {(row.usage_type, row.label): row.quantity for row in usage.itertuples()}


@pytest.mark.parametrize(("pollers", "usd"), [(2, "0.10512"), (5, "0.2628")])
def test_idle_polling_costs_ten_to_twenty_six_cents_a_month(pollers, usd):
    assert total_usd(
        price([(SQS, "Requests-Tier1", idle_polls(pollers, MONTH_S))], BOOK)
    ) == Decimal(usd)


def test_an_event_source_with_a_limit_keeps_five_pollers_and_provisioned_ones_stay():
    provisioned = Sqs(max_concurrency=None, pollers_min=7)
    designs = (Sqs(), Counters(max_concurrency=None), provisioned)
    assert [item_pollers(one) for one in designs] == [5, 2, 7]


def test_two_provisioned_pollers_cost_a_month_of_hours():
    usage = quantities(monthly_usage(Sqs(max_concurrency=None, pollers_min=2), NO_BATCH))
    assert usage["Lambda-SQS-Event-Poller-Unit-Hour", "dispatch"] == 2 * 730
    assert usage["Requests-Tier1", "dispatch"] == 7 * MONTH_S // 20


def test_an_hour_of_standing_is_a_part_of_the_month():
    rows = standing_usage(Sqs(max_concurrency=None, pollers_min=2), 3_600)
    assert {(kind, label): amount for _, kind, _, label, amount in rows} == {
        (POLLER_HOURS, "dispatch"): 2,
        ("Requests-Tier1", "dispatch"): 7 * 180,
        ("Requests-Tier1", "knowing"): 4 * 180,
        ("CW:AlarmMonitorUsage", "telemetry"): quantity(Decimal(3_600) / MONTH_S),
    }


def test_sqs_polls_for_dispatch_and_for_knowing():
    usage = monthly_usage(Sqs(), NO_BATCH)
    assert quantities(usage) == {
        ("Requests-Tier1", "dispatch"): 10 * MONTH_S // 20,
        ("Requests-Tier1", "knowing"): 4 * MONTH_S // 20,
        ("CW:AlarmMonitorUsage", "telemetry"): 1,
    }
    assert total_usd(bill(usage, BOOK)) == Decimal("0.83584")


def test_without_a_limit_the_items_queue_is_polled_less():
    usage = quantities(monthly_usage(Sqs(max_concurrency=None), NO_BATCH))
    assert usage["Requests-Tier1", "dispatch"] == 7 * MONTH_S // 20


def test_sfn_waits_for_the_price_of_its_alarm():
    table = bill(monthly_usage(Sfn(), NO_BATCH), BOOK)
    assert set(table["usage_type"]) == {"CW:AlarmMonitorUsage"}
    assert total_usd(table) == Decimal("0.10")


def test_four_batches_a_day_are_added_and_their_logs_kept():
    usage = quantities(monthly_usage(Sfn(), BATCH, Upkeep(alarms=0)))
    assert usage == {
        ("Request-ARM", "work"): 1460,
        ("VendedLog-Bytes", "telemetry"): Decimal("0.12166666666667"),
        ("TimedStorage-ByteHrs", "telemetry"): Decimal("0.056"),
    }


def test_usage_with_other_columns_is_refused():
    with pytest.raises(BadInput, match="it needs"):
        monthly_usage(Sfn(), BATCH.drop(columns="label"))


@pytest.mark.parametrize(
    ("batches", "batch_s", "fits"), [(4, 21_600, True), (4, 15 * 3_600, False), (0, 1e9, True)]
)
def test_a_month_holds_batches_that_end_before_the_next_begins(batches, batch_s, fits):
    assert Upkeep(batches_per_day=batches).holds(batch_s) is fits
