"""What looking costs."""

from decimal import Decimal

import pandas as pd

from workbench.bill import bill, total_usd
from workbench.prices import load_book
from workbench.pull.access import MeasuringCost
from workbench.runs.records import USAGE_COLUMNS

CLOUDWATCH = "AmazonCloudWatch"


def usage(cost):
    lines = [line for line in cost.usage_lines() if line[-1]]
    return pd.DataFrame(lines, columns=USAGE_COLUMNS).astype({"quantity": object})


def test_every_request_becomes_a_usage_line_labelled_measuring():
    cost = MeasuringCost(160, scanned_bytes=2**29, cost_pages=3, sqs_calls=7, read_units=4.5)
    assert list(usage(cost).itertuples(index=False, name=None)) == [
        (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", "measuring", Decimal(160)),
        (CLOUDWATCH, "DataScanned-Bytes", "GB", "measuring", Decimal("0.5")),
        ("AWS Cost Explorer", "USE1-APIRequest", "Requests", "measuring", Decimal(3)),
        ("Amazon Simple Queue Service", "Requests-Tier1", "Requests", "measuring", Decimal(7)),
        ("Amazon DynamoDB",) + ("ReadRequestUnits",) * 2 + ("measuring", Decimal("4.5")),
    ]


def test_looking_is_billed_by_the_price_book():
    priced = bill(usage(MeasuringCost(1_000, 2**30, 2)), load_book())
    assert total_usd(priced) == Decimal("0.01") + Decimal("0.005") + Decimal("0.02")


def test_nothing_asked_is_nothing_billed():
    assert usage(MeasuringCost()).empty
