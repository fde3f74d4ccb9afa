"""The bill as a tree, compared as printed."""

from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from workbench.bill import bill, bill_tree, usd_text
from workbench.prices import load_book
from workbench.runs.records import USAGE_COLUMNS

LISTED = load_book()
ALARM = LISTED.price("AmazonCloudWatch", "CW:AlarmMonitorUsage")
BOOK = LISTED.with_prices(replace(ALARM, confirmed=False))
USAGE = pd.DataFrame(
    [
        ("AWS Lambda", "Request-ARM", "Requests", "work", Decimal(10_000)),
        ("AWS Lambda", "Lambda-GB-Second-ARM", "GB-Seconds", "work", Decimal("63062.5")),
        (
            "Amazon DynamoDB",
            "WriteRequestUnits",
            "WriteRequestUnits",
            "knowing",
            Decimal(2_000_000),
        ),
        ("AmazonCloudWatch", "CW:AlarmMonitorUsage", "Alarms", "telemetry", Decimal(1)),
        ("AWS Cost Explorer", "USE1-APIRequest", "Requests", "measuring", Decimal(1)),
    ],
    columns=USAGE_COLUMNS,
)

EXPECTED = """\
One million items
├── Amazon DynamoDB  $1.25
│   └── WriteRequestUnits (knowing)         2,000,000 WriteRequestUnits     $0.625 /1M    $1.25
├── AWS Lambda  $0.8428
│   ├── Lambda-GB-Second-ARM (work)       63,062.5000 GB-Seconds          $13.3334 /1M  $0.8408
│   └── Request-ARM (work)                     10,000 Requests              $0.20 /1M  $0.002000
├── AmazonCloudWatch  $0.1000
│   └── CW:AlarmMonitorUsage (telemetry)  1 Alarms  $0.10  $0.1000  ~ not confirmed
├── AWS Cost Explorer  $0.0100
│   └── USE1-APIRequest (measuring)  1 Requests  $0.01  $0.0100
└── Total  $2.20
    ├── work  $0.8428
    ├── coordination  $1.25
    │   └── knowing  $1.25
    ├── telemetry  $0.1000
    ├── measuring  $0.0100
    └── per million items  $2.20
"""


def printed(tree):
    console = Console(file=StringIO(), width=140)
    console.print(tree)
    return console.file.getvalue()


def words(text):
    return [line.split() for line in text.splitlines()]


def test_the_tree_shows_every_line_and_what_is_in_doubt():
    tree = bill_tree(bill(USAGE, BOOK), "One million items", BOOK, items=1_000_000)
    assert words(printed(tree)) == words(EXPECTED)


def test_numbers_stand_below_each_other():
    lines = printed(bill_tree(bill(USAGE, BOOK), "t")).splitlines()
    rows = [line for line in lines if "(" in line]
    assert len({len(line) for line in rows}) == 1  # dollars end each, to the right
    starts = {
        line.rindex(f" {unit} ")
        for line in rows
        for unit in set(USAGE["unit"])
        if f" {unit} " in line
    }
    assert len(starts) == 1


def test_a_free_part_is_called_free_and_is_never_in_doubt():
    table = bill(USAGE, BOOK, free_tier=True)
    text = printed(bill_tree(table, "t", BOOK))
    assert "free" in text
    assert "not confirmed" not in text  # the one alarm is within the free ten


def test_what_aws_itself_billed_is_never_in_doubt():
    table = bill(USAGE, BOOK, source="cost_explorer")
    assert "not confirmed" not in printed(bill_tree(table, "t", BOOK))


def test_an_old_bill_with_a_line_that_the_book_lost_is_in_doubt():
    table = bill(USAGE, BOOK).replace("Request-ARM", "Request-MIPS")
    [line] = [line for line in printed(bill_tree(table, "t", BOOK)).splitlines() if "MIPS" in line]
    assert line.endswith("~ not confirmed")


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "$0.00"),
        ("1234.5", "$1,234.50"),
        ("1", "$1.00"),
        ("0.99999", "$1.0000"),
        ("0.0123", "$0.0123"),
        ("0.00123", "$0.001230"),
        ("0.0000001", "<$0.000001"),
    ],
)
def test_dollars_have_the_decimals_that_their_size_asks_for(usd, text):
    assert usd_text(Decimal(usd)) == text
