"""Pulling costs: from moto, loaded with a metered bill, and from recorded answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from workbench.bill import exact_sum
from workbench.errors import BadInput, PullFailed
from workbench.prices import load_book
from workbench.pull.costs import CostQuestion, is_untagged, line_of, plain, pull_costs
from workbench.pull.store import COST_COLUMNS
from workbench.pull.window import MeasuringCost, Window
from workbench.stacks.aws_errors import AwsFailed

LAMBDA, SQS, DDB = "AWS Lambda", "Amazon Simple Queue Service", "Amazon DynamoDB"
CW, CE = "AmazonCloudWatch", "AWS Cost Explorer"
SOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 20, tzinfo=UTC)


def rows(frame, *columns):
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_a_metered_bill_comes_back_from_motos_cost_explorer(
    cloud, folder, window, load_cost_explorer
):
    load_cost_explorer(folder.bill, "2026-11-20", "2026-11-21")
    frame = pull_costs(cloud("ce"), folder, CostQuestion(window, now=LATER))
    bill = folder.bill
    assert exact_sum(frame["cost_usd"]) == exact_sum(bill["cost_usd"])
    assert dict(rows(frame[frame["service"] == LAMBDA], "usage_type", "quantity")) == {
        "Request-ARM": Decimal(40),
        "Lambda-GB-Second-ARM": Decimal("62.5"),
    }
    assert rows(frame[~frame["tagged"]], "usage_type") == [
        ("CW:GMD-Metrics",),
        ("CW:MetricMonitorUsage",),
    ]
    assert (frame["settled"].all(), frame["prorated"].any()) == (True, False)


def test_hours_come_page_by_page_with_untagged_lines_apart(recorded, folder, window):
    cost = MeasuringCost()
    client = recorded("ce", "costs_hours")
    frame = pull_costs(client, folder, CostQuestion(window, now=SOON), cost)
    hour = (pd.Timestamp("2026-11-20T06:00Z"), pd.Timestamp("2026-11-20T07:00Z"))
    expected = [
        (LAMBDA, "Lambda-GB-Second-ARM", "63", "0.00084", True),
        (LAMBDA, "Request-ARM", "40", "0.000008", True),
        (DDB, "TimedStorage-ByteHrs", "1E-7", "0", True),
        (DDB, "WriteRequestUnits", "2000", "0.00125", True),
        (SQS, "USE1-Requests-Tier1", "220", "0.000088", True),
        (CE, "USE1-APIRequest", "4", "0.04", False),
        (CW, "CW:GMD-Metrics", "500", "0.005", False),
        (CW, "CW:MetricMonitorUsage", "0.5", "0.15", False),
    ]
    assert rows(frame, *COST_COLUMNS) == [
        (
            *(service, kind, "N/A", Decimal(quantity)),
            Decimal(quantity if kind == "TimedStorage-ByteHrs" else 0),  # the stack's, at the most
            *(Decimal(usd), *hour, tagged, False, False, "", ""),
        )
        for service, kind, quantity, usd, tagged in expected
    ]
    assert cost == MeasuringCost(cost_pages=3)


def test_where_hours_are_not_switched_on_days_are_taken(recorded, folder, window):
    cost = MeasuringCost()
    client = recorded("ce", "costs_hours_refused", "costs_days")
    frame = pull_costs(client, folder, CostQuestion(window, now=SOON), cost)
    assert set(rows(frame, "start", "end")) == {
        (pd.Timestamp("2026-11-20T00:00Z"), pd.Timestamp("2026-11-21T00:00Z"))
    }
    assert cost == MeasuringCost(cost_pages=4)


def test_hours_that_were_asked_for_are_not_quietly_days(recorded, folder, window):
    question = CostQuestion(window, granularity="HOURLY", now=SOON)
    with pytest.raises(AwsFailed, match="Hourly granularity is not enabled"):
        pull_costs(recorded("ce", "costs_hours_refused"), folder, question)


@pytest.mark.parametrize(("hours", "settled"), [(47, False), (48, True)])
def test_costs_settle_two_days_after_the_run(recorded, folder, window, hours, settled):
    now = window.end + timedelta(hours=hours)
    question = CostQuestion(window, granularity="DAILY", now=now)
    frame = pull_costs(recorded("ce", "costs_days"), folder, question)
    assert set(frame["settled"]) == {settled}


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (["costs_denied"], "AWS GetCostAndUsage is not allowed"),
        (["costs_not_enabled"], "Open it once in the Billing console"),
        (["costs_unavailable"], "about 24 hours later"),
        (["costs_in_yuan"], "billed in CNY"),
        (["costs_none", "tag_inactive"], "'design' is not active"),
        (["costs_none", "tag_denied", "tag_values_none"], "'design' is not active"),
        (["costs_none", "tag_denied", "tag_values_others"], "values of the tag then: sfn"),
        (["costs_none", "tag_active", "tag_values_none"], "values of the tag then: none"),
    ],
)
def test_nothing_to_be_had_is_an_error_that_says_why(recorded, folder, window, records, message):
    with pytest.raises((PullFailed, AwsFailed), match=message):
        pull_costs(recorded("ce", *records), folder, CostQuestion(window, now=LATER))


def test_an_unknown_granularity_is_refused(window):
    with pytest.raises(BadInput, match="granularity='WEEKLY'"):
        CostQuestion(window, granularity="WEEKLY")


def test_two_runs_of_one_day_are_shared_out_by_their_own_meters(
    recorded, folder, another_folder, window
):
    other = another_folder(times=3, run_id="other", started_at="2026-11-20T21:00:00Z")
    elsewhere = [
        another_folder(run_id="sfn", design="sfn"),
        another_folder(run_id="local", target="local"),
        another_folder(run_id="next-day", started_at="2026-11-21T00:00:01Z"),
    ]
    question = CostQuestion(window, others=[folder, other, *elsewhere], now=LATER)
    frame = pull_costs(recorded("ce", "costs_days"), folder, question)
    parts = frame.set_index("usage_type")
    assert parts.loc["WriteRequestUnits", "quantity"] == 500  # a quarter: 2,000 of 8,000 units
    assert parts.loc["USE1-Requests-Tier1", "cost_usd"] == Decimal("0.000022")
    assert parts.loc["TimedStorage-ByteHrs", "quantity"] == Decimal("2.5E-8")  # by all of the bill
    assert parts.loc["CW:GMD-Metrics", "quantity"] == 500  # the account's, as it is
    assert list(frame["prorated"]) == list(frame["tagged"])


def test_shares_of_all_runs_add_up_to_what_cost_explorer_has(
    recorded, folder, another_folder, window
):
    other = another_folder(times=2, run_id="other", started_at="2026-11-20T21:00:00Z")
    late = Window(*(t + timedelta(hours=15) for t in (window.start, window.end)))
    both = [
        pull_costs(recorded("ce", "costs_days"), one, CostQuestion(when, [rest], now=LATER))
        for one, rest, when in ((folder, other, window), (other, folder, late))
    ]
    sums = [exact_sum(frame.loc[frame["tagged"], "cost_usd"]) for frame in both]
    whole = Decimal("0.002186")
    assert abs(sum(sums) - whole) < Decimal("1e-12")


def test_two_runs_of_one_hour_without_a_meter_are_refused(recorded, folder, another_folder, window):
    other = another_folder(with_bill=False, run_id="other")
    question = CostQuestion(window, others=[other], now=SOON)
    with pytest.raises(BadInput, match="other has no bill of its own meter"):
        pull_costs(recorded("ce", "costs_hours"), folder, question)


def test_another_run_of_the_same_day_does_not_matter_by_the_hour(
    recorded, folder, another_folder, window
):
    other = another_folder(with_bill=False, run_id="other", started_at="2026-11-20T21:00:00Z")
    question = CostQuestion(window, others=[other], now=SOON)
    frame = pull_costs(recorded("ce", "costs_hours"), folder, question)
    assert not frame["prorated"].any()


BOOK = load_book()
DDB, SQS, LAMBDA = "Amazon DynamoDB", "Amazon Simple Queue Service", "AWS Lambda"


@pytest.mark.parametrize(
    ("usage_type", "name"),
    [
        ("USE1-Requests-Tier1", "Requests-Tier1"),
        ("EU-Request", "Request"),
        ("APN1-StepFunctions-GB-Second", "StepFunctions-GB-Second"),
        ("UGW1-WriteRequestUnits", "WriteRequestUnits"),
        ("us-east-1-KMS-Requests", "KMS-Requests"),
        ("IA-WriteRequestUnits", "IA-WriteRequestUnits"),
        ("Lambda-Edge-Request", "Lambda-Edge-Request"),
        ("Lambda-GB-Second-ARM", "Lambda-GB-Second-ARM"),
        ("CW:GMD-Metrics", "CW:GMD-Metrics"),
    ],
)
def test_only_a_region_is_taken_off(usage_type, name):
    assert plain(usage_type) == name


def test_two_names_of_one_line_are_one_line_and_look_alikes_are_not():
    assert line_of(SQS, "USE1-Requests-RBP", BOOK) == (SQS, "Requests-Tier1")
    assert line_of(DDB, "IA-WriteRequestUnits", BOOK) != line_of(DDB, "WriteRequestUnits", BOOK)
    assert line_of(LAMBDA, "Lambda-Edge-Request", BOOK) != line_of(LAMBDA, "Request", BOOK)


def test_every_line_of_the_price_book_stays_itself_behind_a_region():
    for price in BOOK.prices:
        line = line_of(price.service, price.usage_type, BOOK)
        assert line_of(price.service, f"USE1-{plain(price.usage_type)}", BOOK) == line
    assert len({line_of(p.service, p.usage_type, BOOK) for p in BOOK.prices}) == len(BOOK.prices)


def test_the_bills_own_name_of_cost_explorer_is_known_to_carry_no_tag():
    assert is_untagged(line_of("AWS Cost Explorer", "USE1-APIRequest", BOOK))
    assert not is_untagged(line_of("AmazonCloudWatch", "VendedLog-Bytes", BOOK))
