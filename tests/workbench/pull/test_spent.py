"""What looking costs."""

from decimal import Decimal

from workbench.bill import bill, by_label, total_usd
from workbench.prices import load_book
from workbench.pull.spent import Spent, measurement_usage
from workbench.runs.records import USAGE_COLUMNS

CLOUDWATCH = "AmazonCloudWatch"


def test_every_request_becomes_a_usage_line_labelled_measuring():
    usage = measurement_usage(Spent(metrics=160, scanned_bytes=2**29, cost_pages=3))
    assert list(usage.columns) == USAGE_COLUMNS
    assert list(usage.itertuples(index=False, name=None)) == [
        (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", "measuring", Decimal(160)),
        (CLOUDWATCH, "DataScanned-Bytes", "GB", "measuring", Decimal("0.5")),
        ("AWS Cost Explorer", "USE1-APIRequest", "Requests", "measuring", Decimal(3)),
    ]


def test_looking_is_billed_by_the_price_book():
    priced = bill(measurement_usage(Spent(1_000, 2**30, 2)), load_book())
    assert total_usd(priced) == Decimal("0.01") + Decimal("0.005") + Decimal("0.02")
    assert by_label(priced)["measuring"] == total_usd(priced)


def test_nothing_asked_is_nothing_billed():
    assert measurement_usage(Spent()).empty
    assert total_usd(bill(measurement_usage(Spent()), load_book())) == 0
