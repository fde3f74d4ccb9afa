"""A bill as FOCUS rows: nothing is lost or rounded, whoever used it in whichever hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from workbench.bill import exact_sum
from workbench.bill.focus import COLUMNS, focus_frame
from workbench.designs import DESIGNS
from workbench.errors import BadRecord
from workbench.platform.services import CLOUDWATCH, DYNAMODB, LAMBDA, SQS
from workbench.prices import load_book, write_book
from workbench.runs.records import TIMELINE_COLUMNS, USAGE_COLUMNS, Run, RunData
from workbench.runs.resources import by_resource
from workbench.runs.runner import priced

BOOK = load_book()
REQUESTS = (SQS, "Requests-Tier1", "Requests", "dispatch")
WORK = (LAMBDA, "Lambda-GB-Second-ARM", "GB-Seconds", "work")
LOGS = (CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry")
LOOKS = (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", "measuring")
BUSY = [HealthCheck.too_slow]  # the clock of a machine that others use says nothing
EVENING = "2026-12-31T23:59:30+00:00"


def run_of(pieces, started_at=EVENING, detected_s=60.0, told=True):
    """A billed run of these pieces: a resource, and a row of usage."""
    sums = {}
    for _, *name, amount in pieces:
        sums[tuple(name)] = sums.get(tuple(name), Decimal(0)) + amount
    usage = pd.DataFrame([(*name, n) for name, n in sums.items()], columns=USAGE_COLUMNS)
    usage = usage.astype({"quantity": object})
    run = Run(
        run_id="r-1",
        design="sqs",
        target="local",
        items=100,
        seed=7,
        knobs=DESIGNS["sqs"]().knobs(),
        batch_id="r-1",
        started_at=started_at,
        detected_s=detected_s,
    )
    timeline = pd.DataFrame([[90.0, "backlog", 1.0]], columns=TIMELINE_COLUMNS)
    resources = by_resource(usage, pieces) if told else None
    return priced(RunData(run, timeline, usage, resources=resources), BOOK)


def exported(folder, *columns):
    frame = focus_frame([(folder, "simulated")])
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_a_run_over_midnight_has_rows_in_both_years_each_count_whole():
    found = exported(
        run_of([("item_queue", *REQUESTS, Decimal(7)), ("processor", *WORK, Decimal("0.5"))]),
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BillingPeriodStart",
        "BillingPeriodEnd",
        "SkuMeter",
        "PricingQuantity",
    )
    old, new = datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    december = (old, new, datetime(2026, 12, 1, tzinfo=UTC), new)
    january = (new, new + timedelta(hours=1), new, datetime(2027, 2, 1, tzinfo=UTC))
    assert found == [
        (*december, WORK[1], Decimal("0.25")),
        (*january, WORK[1], Decimal("0.25")),
        (*december, REQUESTS[1], Decimal(4)),  # of 3.5, the even one
        (*january, REQUESTS[1], Decimal(3)),
    ]


def test_a_row_says_what_used_it_in_which_run_and_that_it_is_simulated():
    [found] = exported(
        run_of([("item_queue", *REQUESTS, Decimal(7))], "2026-11-29T10:00:00+00:00"),
        *("ResourceId", "ResourceName", "ResourceType", "RegionId", "ServiceCategory", "SkuMeter"),
        *("BilledCost", "ListCost", "ListUnitPrice", "ConsumedQuantity", "ConsumedUnit"),
        *("x_Label", "x_RunId", "x_Design", "x_Target", "x_Items", "x_Source", "Tags"),
    )
    queue = "arn:aws:sqs:us-east-1:000000000000:SqsBatchProcessing-ItemQueue"
    usd = Decimal("0.0000004")
    assert found == (
        *(queue, "item_queue", "Queue", "us-east-1", "Integration", "Requests-Tier1"),
        *(7 * usd, 7 * usd, usd, 7, "Requests"),
        *("dispatch", "r-1", "sqs", "local", 100, "simulated"),
        '{"project": "fanin-workbench", "design": "sqs"}',
    )


def test_accounts_are_placeholders_and_no_column_is_left_out():
    folder = run_of([("item_queue", *REQUESTS, Decimal(7))])
    frame = focus_frame([(folder, "simulated")])
    assert list(frame.columns) == COLUMNS
    assert (
        set(frame["BillingAccountId"]) == set(frame["SubAccountId"]) == {"placeholder-000000000000"}
    )


def test_tiers_are_used_up_by_one_resource_after_the_other():
    edge = Decimal(10_240)  # GB of vended logs at the first price
    folder = run_of(
        [("batcher", *LOGS, edge - 1), ("processor", *LOGS, Decimal(3))],
        "2026-11-29T10:00:00+00:00",
    )
    assert exported(folder, "ResourceName", "PricingQuantity", "ListUnitPrice") == [
        ("batcher", edge - 1, Decimal("0.50")),
        ("processor", 1, Decimal("0.50")),
        ("processor", 2, Decimal("0.25")),
    ]


def test_an_older_folder_tells_no_resource_and_keeps_its_dollars():
    folder = run_of([("item_queue", *REQUESTS, Decimal(7))], detected_s=0.001, told=False)
    assert exported(folder, "ResourceId", "ResourceType", "BilledCost") == [
        (None, None, Decimal("0.0000028"))
    ]


def test_looking_at_a_batch_is_no_part_of_its_cost():
    folder = run_of([("item_queue", *REQUESTS, Decimal(1)), ("", *LOOKS, Decimal(9))])
    assert [label for (label,) in exported(folder, "x_Label")] == ["dispatch"]


def test_a_run_whose_end_is_unknown_lasts_as_long_as_its_timeline():
    folder = run_of([("item_queue", *REQUESTS, Decimal(90))], detected_s=None)
    assert [n for (n,) in exported(folder, "PricingQuantity")] == [30, 60]


def test_a_run_without_a_bill_or_with_another_cost_is_refused():
    folder = run_of([("item_queue", *REQUESTS, Decimal(7))])
    with pytest.raises(BadRecord, match="r-1 has no bill"):
        exported(replace(folder, bill=None), "BilledCost")
    odd = replace(folder, run=replace(folder.run, cost_usd=1.0))
    with pytest.raises(BadRecord, match=r"its bill comes to \$0\.0000028, and its cost is 1\.0"):
        exported(odd, "BilledCost")


QUANTITIES = st.one_of(
    st.integers(1, 10**11).map(Decimal),
    st.decimals("1e-14", 10**9, places=14, allow_nan=False, allow_infinity=False),
)
PIECES = st.tuples(
    st.sampled_from(["batcher", "processor", "item_queue", "table", "my-own", ""]),
    st.sampled_from([REQUESTS, WORK, LOGS, LOOKS]),
    QUANTITIES,
)


# A failure is reported as it was drawn: to make it smaller takes minutes.
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=BUSY,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    st.lists(PIECES, min_size=1, max_size=12),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.floats(0.001, 9_000),
)
def test_billed_cost_adds_up_to_the_cost_of_any_run_at_any_hour(drawn, started_at, detected_s):
    pieces = [(resource, *name, amount) for resource, name, amount in drawn]
    folder = run_of(pieces, started_at.isoformat() + "+00:00", detected_s)
    frame = focus_frame([(folder, "simulated")])
    table = folder.bill
    cost = exact_sum(table.loc[table["label"] != "measuring", "cost_usd"])
    assert exact_sum(frame["BilledCost"]) == cost
    assert float(cost) == pytest.approx(folder.run.cost_usd, rel=1e-15)
    for row in frame.itertuples():
        assert row.PricingQuantity > 0
        assert row.ChargePeriodStart <= started_at.replace(tzinfo=UTC) + timedelta(
            seconds=detected_s
        )


def test_skus_and_rate_codes_are_the_price_books_where_it_has_them(tmp_path, monkeypatch):
    folder = run_of([("processor", *WORK, Decimal(1)), ("item_queue", *REQUESTS, Decimal(1))])
    old = BOOK.price(*WORK[:2])
    tiers = tuple(replace(tier, rate_code=f"S1.T.{n}") for n, tier in enumerate(old.tiers))
    write_book(BOOK.with_prices(replace(old, sku="S1", tiers=tiers)), tmp_path)
    monkeypatch.setattr(load_book, "__defaults__", ("us-east-1", None, tmp_path))
    own = "Amazon Simple Queue Service/Requests-Tier1"
    assert exported(folder, "SkuId", "SkuPriceId") == [
        ("S1", "S1.T.0"),
        (own, f"{own}/0.0000004"),
    ]
    (tmp_path / "us-east-1_2026-11-23.json").unlink()
    assert exported(folder, "SkuId")[0] == ("AWS Lambda/Lambda-GB-Second-ARM",)
