"""Tables of exports: two that give the same lines, and any other is refused by name."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from tests.data_exports import CUR_COLUMNS, FOCUS_COLUMNS, cur, write
from workbench.bill.focus import COLUMNS
from workbench.errors import BadInput, BadRecord
from workbench.pull.exports.tables import Line, Seen, read_lines, shape_of
from workbench.pull.window import Window

HOUR = datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 7, tzinfo=UTC)
MINUTES = Window(HOUR[0].replace(minute=10), HOUR[0].replace(minute=12))
QUEUE = "arn:aws:sqs:us-east-1:123456789012:SqsBatchProcessing-ItemQueue"


@pytest.fixture
def rows():
    """Two hours of one queue in FOCUS_1_2_AWS."""
    times = {"ChargePeriodStart": list(HOUR), "ChargePeriodEnd": [HOUR[1], HOUR[1].replace(hour=8)]}
    columns = dict.fromkeys(FOCUS_COLUMNS) | {
        **{name: pd.to_datetime(pd.Series(values)) for name, values in times.items()},
        "BilledCost": [0.0000004, 0.0000008],
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ConsumedQuantity": [1.0, 2.0],
        "ConsumedUnit": "Requests",
        "PricingUnit": "Requests",
        "RegionId": "us-east-1",
        "ResourceId": QUEUE,
        "ServiceName": "Amazon Simple Queue Service",
        "SkuMeter": "USE1-Requests-RBP",
        "SubAccountId": "123456789012",
        "x_ServiceCode": "AWSQueueService",
    }
    return pd.DataFrame(columns, index=range(2))


def lines(path, window=MINUTES):
    seen = Seen()
    return list(read_lines(path, path.name, window, seen)), seen


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.csv.gz"])
@pytest.mark.parametrize("table", ["FOCUS_1_2_AWS", "CUR 2.0"])
def test_both_tables_in_every_kind_of_file_give_the_same_lines(rows, tmp_path, table, name):
    path = write(rows if table.startswith("FOCUS") else cur(rows), tmp_path / name)
    found, seen = lines(path)
    assert found == [
        Line(
            *HOUR,
            *("Usage", "AWSQueueService", "USE1-Requests-RBP", QUEUE, "123456789012"),
            *("us-east-1", "USD", "Requests", Decimal("1.0"), Decimal("4E-7")),
        )
    ]
    assert seen == Seen({table}, 2, *HOUR)


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_discounts_are_a_map_and_in_text_json(rows, tmp_path, name):
    given = {"EdpDiscount": -0.5}
    value = list(given.items()) if name.endswith("parquet") else '{"EdpDiscount": -0.5}'
    ((line,), _) = lines(write(rows.assign(x_Discounts=[value] * 2), tmp_path / name))
    assert line.discounts == {"EdpDiscount": Decimal("-0.5")}


def test_the_shape_of_the_public_samples_is_read_which_have_no_columns_of_awss_own(rows, tmp_path):
    """FOCUS-Sample-Data, 1.2: another order, no `x_`, whole seconds, usage under a commitment."""
    plan = "arn:aws:savingsplans:us-east-1::savingsplan/170b91801acd2abd"
    sample = rows[reversed([one for one in rows if not one.startswith("x_")])].assign(
        CommitmentDiscountId=plan, BilledCost="0.000000", ListCost="0.096000", Tags="{}"
    )
    path = tmp_path / "sample.csv"
    sample.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
    ((line,), _) = lines(path)
    assert (line.service, line.commitment) == ("Amazon Simple Queue Service", plan)
    assert (line.usd, line.listed_usd) == (Decimal(0), Decimal("0.096"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (COLUMNS, r"is what `workbench export` wrote: the meter's own figures, and no bill"),
        ([*FOCUS_COLUMNS, "x_UsageType"], None),
        ([one for one in [*FOCUS_COLUMNS, "x_UsageType"] if one != "SkuMeter"],
         "is of FOCUS_1_0_AWS, which has no SkuMeter"),
        (["identity/LineItemId", "lineItem/UsageStartDate"], "legacy Cost and Usage Report"),
        ([one for one in FOCUS_COLUMNS if one not in ("ResourceId", "SkuMeter")],
         r"lacks ResourceId, SkuMeter of FOCUS_1_2_AWS\.$"),
        ([one.lower() for one in FOCUS_COLUMNS],
         "It has ChargePeriodStart in other letters, and names are case-sensitive"),
        ([one for one in CUR_COLUMNS if one != "line_item_resource_id"],
         r"lacks line_item_resource_id of CUR 2\.0\. Switch on INCLUDE_RESOURCES"),
        (["date", "usd"], "of no table that is known: it begins date, usd"),
        (list(CUR_COLUMNS), None),
    ],
)  # fmt: skip
def test_a_table_is_known_by_its_columns_or_refused_by_name(columns, message):
    if message is None:
        assert shape_of("f", columns).name in ("FOCUS_1_2_AWS", "CUR 2.0")
        return
    with pytest.raises(BadInput, match=message) as told:
        shape_of("f", columns)
    assert "\n" not in str(told.value)


def broken(rows, path):
    """Ways in which a file may be damaged."""
    whole = write(rows, path / "whole.parquet").read_bytes()
    text = write(rows, path / "whole.csv").read_bytes()
    yield "half.parquet", whole[: len(whole) // 2]
    yield "empty.parquet", b""
    yield "text.parquet", b"<html>Access denied</html>"
    yield "empty.csv", b""
    yield "half.csv.gz", gzip.compress(text)[:-20]
    yield "short.csv", text + b"one,two\n"
    yield "times.csv", text.replace(b"2026-11-20T06:00", b"yesterday")
    yield "amounts.csv", text.replace(b",1.0,", b",many,")
    yield "infinite.csv", text.replace(b",1.0,", b",Infinity,")


def test_a_damaged_file_is_one_line_with_its_name(rows, tmp_path):
    for name, data in broken(rows, tmp_path):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(
            BadRecord, match=rf"^{name} cannot be read: .+ Copy it again\.$"
        ) as told:
            lines(path)
        assert "\n" not in str(told.value)
