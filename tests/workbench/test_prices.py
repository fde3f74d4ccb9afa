"""Price books: one answer a name, tiers cut where they end, damage refused by name."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from workbench.errors import BadInput, BadRecord, MissingPrice
from workbench.prices import Tier, book_dates, flat, load_book, read_book, write_book
from workbench.prices.files import BOOKS

BOOK = load_book()
SQS = "Amazon Simple Queue Service"

# The usage table of docs/architecture.md.
BILLED = [
    ("AWS Lambda", "Request", "Requests"),
    ("AWS Lambda", "Request-ARM", "Requests"),
    ("AWS Lambda", "Lambda-GB-Second", "GB-Seconds"),
    ("AWS Lambda", "Lambda-GB-Second-ARM", "GB-Seconds"),
    (SQS, "Requests-Tier1", "Requests"),
    ("Amazon DynamoDB", "WriteRequestUnits", "WriteRequestUnits"),
    ("Amazon DynamoDB", "ReadRequestUnits", "ReadRequestUnits"),
    ("Amazon DynamoDB", "TimedStorage-ByteHrs", "GB-Mo"),
    ("AWS Step Functions", "StateTransition", "StateTransitions"),
    ("AWS Step Functions", "StepFunctions-Request", "Requests"),
    ("AWS Step Functions", "StepFunctions-GB-Second", "GB-Seconds"),
    ("Amazon Simple Storage Service", "Requests-Tier1", "Requests"),
    ("Amazon Simple Storage Service", "Requests-Tier2", "Requests"),
    ("Amazon Simple Storage Service", "TimedStorage-ByteHrs", "GB-Mo"),
    ("Amazon Simple Notification Service", "Requests-Tier1", "Requests"),
    ("AmazonCloudWatch", "VendedLog-Bytes", "GB"),
    ("AmazonCloudWatch", "CW:MetricMonitorUsage", "Metrics"),
    ("AmazonCloudWatch", "CW:Requests", "Requests"),
    ("AmazonCloudWatch", "CW:GMD-Metrics", "Metrics"),
    ("AWS Cost Explorer", "USE1-APIRequest", "Requests"),
]


@pytest.mark.parametrize(("service", "usage_type", "unit"), BILLED)
def test_every_line_of_the_usage_table_has_a_price(service, usage_type, unit):
    price = BOOK.price(service, usage_type)
    assert price.unit == unit
    assert all(tier.usd > 0 for tier in price.tiers)


def test_every_price_says_its_source_and_how_sure_it_is():
    assert (BOOK.region, BOOK.date) == ("us-east-1", "2026-11-23")
    assert [p for p in BOOK.prices if not p.source or p.sure not in "ABCM"] == []
    assert [p.usage_type for p in BOOK.prices if p.sure == "M" and p.is_confirmed] == []


def test_what_could_not_be_confirmed_is_marked():
    assert {p.usage_type for p in BOOK.prices if not p.is_confirmed} == {
        "Requests-FIFO-Tier1",
        "Requests-Fair-Tier1",
        "StepFunctions-GB-Second",
        "S3-Egress-Bytes",
    }
    express = BOOK.price("AWS Step Functions", "StepFunctions-GB-Second")
    confirmed = [express.is_confirmed_at(tier.usd) for tier in express.tiers]
    assert confirmed == [True, False, False]
    assert "not confirmed" in BOOK.price(SQS, "Requests-Tier1").note
    assert "warm throughput" in BOOK.note


def test_what_is_confirmed_beyond_aws_own_text_names_two_sources():
    doubted_once = [
        ("Amazon EventBridge", "ScheduledInvocation"),
        ("AmazonCloudWatch", "DataProcessingIA-Bytes"),
        ("AmazonCloudWatch", "CW:MetricMonitorUsage"),
        ("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
        ("AmazonCloudWatch", "DashboardsUsageHour"),
        ("AWS Key Management Service", "KMS-Requests"),
    ]
    for key in doubted_once:
        price = BOOK.price(*key)
        assert price.is_confirmed
        assert len(price.source.split("; ")) == 2, price.source


@pytest.mark.parametrize(
    ("service", "usage_type", "unit", "ends"),
    [
        ("Amazon EventBridge", "ScheduledInvocation", "Invocations", []),
        ("AWS Cost Explorer", "CostDataStorage", "UsageRecord-month", []),
        ("AmazonCloudWatch", "VendedLog-Bytes", "GB", [10_240, 30_720, 51_200]),
        ("AmazonCloudWatch", "S3-Egress-Bytes", "GB", [10_240, 30_720, 51_200]),
    ],
)
def test_names_units_and_tier_ends_are_those_of_the_price_list(service, usage_type, unit, ends):
    price = BOOK.price(service, usage_type)
    assert (price.unit, [tier.up_to for tier in price.tiers]) == (unit, [*ends, None])


def test_a_usage_type_may_have_another_name():
    assert BOOK.price(SQS, "Requests-RBP") == BOOK.price(SQS, "Requests-Tier1")


def test_what_has_no_price_is_named_and_never_zero():
    with pytest.raises(MissingPrice, match=r"AWS Lambda Reqest.*us-east-1 \(2026-11-23\)"):
        BOOK.price("AWS Lambda", "Reqest")
    with pytest.raises(MissingPrice, match="A one, B two"):
        BOOK.require([("B", "two"), ("A", "one"), ("AWS Lambda", "Request")])


def test_a_region_or_a_date_without_a_book_is_named():
    with pytest.raises(BadInput, match=r"region='eu-nowhere-1'.*there are us-east-1"):
        load_book("eu-nowhere-1")
    with pytest.raises(BadInput, match=r"no price book of 1999-01-01 for us-east-1.*2026-11-23"):
        load_book(date="1999-01-01")


def test_the_newest_book_is_taken_unless_a_date_is_given(tmp_path):
    newer = BOOK.with_prices(flat("AWS Lambda", "Request", "Requests", (None, "1")))
    newer = replace(newer, date="2027-01-31")
    for book in (newer, BOOK):
        write_book(book, tmp_path)
    assert book_dates(tmp_path) == {"us-east-1": ["2026-11-23", "2027-01-31"]}
    assert load_book(folder=tmp_path).price("AWS Lambda", "Request").tiers[0].usd == 1
    assert load_book(date="2026-11-23", folder=tmp_path) == BOOK


def test_a_book_is_written_as_it_was_read(tmp_path):
    path = write_book(BOOK, tmp_path)
    assert read_book(path) == BOOK
    assert json.loads(path.read_text()) == json.loads((BOOKS / path.name).read_text())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_price_takes_the_place_of_another():
    cheap = flat("AWS Lambda", "Request", "Requests", ("10", "2"), (None, "1"))
    book = BOOK.with_prices(cheap, flat("Own", "Thing", "Things", (None, "3")))
    assert book.price("AWS Lambda", "Request") == cheap
    assert book.price("Own", "Thing").tiers == (Tier(None, Decimal(3)),)
    assert len(book.prices) == len(BOOK.prices) + 1
    assert BOOK.price("AWS Lambda", "Request").tiers[0].usd == Decimal("0.0000002")


@pytest.mark.parametrize(
    ("start", "quantity", "expected"),
    [
        (0, 5, [(5, 3)]),
        (0, 10, [(10, 3)]),
        (0, 35, [(10, 3), (20, 2), (5, 1)]),
        (10, 1, [(1, 2)]),
        (9, 2, [(1, 3), (1, 2)]),
        (31, 7, [(7, 1)]),
        (0, 0, [(0, 3)]),
        (30, 0, [(0, 1)]),
    ],
)
def test_a_quantity_is_cut_where_a_tier_ends(start, quantity, expected):
    price = flat("s", "u", "n", ("10", "3"), ("30", "2"), (None, "1"))
    assert list(price.slices(Decimal(start), Decimal(quantity))) == expected


def entry(**changes):
    return {
        "service": "s",
        "usage_type": "u",
        "unit": "n",
        "tiers": [{"up_to": None, "usd": "1"}],
        "free_per_month": None,
        "source": "AWS",
        "sure": "A",
        "confirmed": True,
        "note": "",
    } | changes


END = {"up_to": None, "usd": "1"}


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry(tiers=[{"up_to": None, "usd": 0.1}])], "0.1 must be a string"),
        ([entry(tiers=[{"up_to": None, "usd": "ten"}])], "'ten' is no number"),
        ([entry(tiers=[{"up_to": None, "usd": "-1"}])], "-1 must be from 0 to"),
        ([entry(tiers=[{"up_to": None, "usd": "NaN"}])], "NaN must be from 0 to"),
        ([entry(tiers=[{"up_to": None, "usd": "0.00000000001"}])], "at most 10 decimals"),
        ([entry(tiers=[])], "must have no end"),
        ([entry(tiers=[{"up_to": "5", "usd": "1"}])], "must have no end"),
        ([entry(tiers=[END, END])], "must have no end"),
        ([entry(tiers=[{"up_to": "9", "usd": "1"}, {"up_to": "5", "usd": "1"}, END])], "must rise"),
        ([entry(sure="D")], "how sure"),
        ([entry(confirmed="yes")], "how sure"),
        ([entry(source="")], "lacks its unit or its source"),
        ([entry(surprise=1)], "surprise"),
        ([{"service": "s"}], "fields of None are service"),
        ([entry(), entry()], "more than one price for s u"),
        ([entry(), entry(usage_type="v", aliases=["u"])], "more than one price for s u"),
        (
            [entry(free_pool="p"), entry(usage_type="v", free_pool="p", free_per_month="1")],
            "free tier p has two sizes",
        ),
        ("no list", "cannot be read"),
    ],
)
def test_a_damaged_book_is_refused(tmp_path, entries, why):
    path = tmp_path / "us-east-1_2026-11-23.json"
    content = {"region": "us-east-1", "date": "2026-11-23", "prices": entries}
    path.write_text(json.dumps(content))
    with pytest.raises(BadRecord, match=re.escape(why)):
        read_book(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"region": "us-east-1"}', "[" * 100_000])
def test_a_broken_file_is_refused(tmp_path, text):
    path = tmp_path / "us-east-1_2026-11-23.json"
    path.write_text(text)
    with pytest.raises(BadRecord, match="cannot be read"):
        load_book(folder=tmp_path)


def test_a_book_under_another_name_is_refused(tmp_path):
    path = write_book(BOOK, tmp_path).rename(tmp_path / "eu-west-1_2026-11-23.json")
    with pytest.raises(BadRecord, match="is of us-east-1"):
        read_book(path)


def test_a_discount_by_service_counts_before_one_for_all_and_confirmations_stay():
    book = load_book().discounted({"": Decimal(10), "lambda": Decimal(17)})
    request = book.price("AWS Lambda", "Request")
    assert [tier.usd for tier in request.tiers] == [Decimal("0.000000166")]
    express = book.price("AWS Step Functions", "StepFunctions-GB-Second")
    assert express.tiers[0].usd == Decimal("0.000015003")
    assert not express.is_confirmed_at(express.tiers[1].usd)
    assert load_book().discounted({}) == load_book()


def test_a_discount_on_a_service_that_no_book_has_is_refused():
    with pytest.raises(BadInput, match="service='mainframe' is in no name"):
        load_book().discounted({"mainframe": Decimal(10)})
