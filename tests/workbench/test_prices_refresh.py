"""A price book rebuilt from AWS's price list: offer files in a folder or on a host, and the API.

All of them answer from `offers/<day>/<region>/<service code>.json`: offer files in the shape of
AWS's, made by hand with its usage types, units and tiers, and trimmed to a few products (each says
so). The API's answers are made of them (GetProducts, format aws_v1: each entry of `PriceList` is a
JSON text, pages linked by NextToken), and its client is boto3's own. eu-west-1's DynamoDB, S3 and
logs are dearer; the files of 2024-10-15 have DynamoDB's prices from before its cut.
"""

import json
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from workbench.errors import BadInput, BadRecord, WorkbenchError
from workbench.prices import load_book, read_book, write_book
from workbench.prices.refresh import refresh
from workbench.prices.sources import price_list_api

OFFERS = Path(__file__).parent / "offers"
NEW, OLD = OFFERS / "2026-11-20", OFFERS / "2024-10-15"
PAGE = 4  # products on a page of the API's answer
NOTHING = {"FormatVersion": "aws_v1", "PriceList": []}
BOOK = load_book()
SQS, DYNAMODB, S3 = (
    "Amazon Simple Queue Service",
    "Amazon DynamoDB",
    "Amazon Simple Storage Service",
)


class Body(BytesIO):
    """An answer's body, as botocore reads it."""

    def stream(self, **_):
        yield self.read()


def recorded_page(asked):
    """The page asked for, by service, region and token."""
    assert asked["FormatVersion"] == "aws_v1"
    [only] = asked["Filters"]
    field = "fromRegionCode" if asked["ServiceCode"] == "AWSDataTransfer" else "regionCode"
    assert (only["Type"], only["Field"]) == ("TERM_MATCH", field)
    path = NEW / only["Value"] / f"{asked['ServiceCode']}.json"
    if not path.exists():
        return json.dumps(NOTHING)
    offer = json.loads(path.read_text())
    texts = [
        json.dumps({"product": one, "terms": {"OnDemand": offer["terms"]["OnDemand"][sku]}})
        for sku, one in offer["products"].items()
        if one["attributes"].get(field) == only["Value"]
    ]
    start = int(asked.get("NextToken", 0))
    more = {"NextToken": str(start + PAGE)} if len(texts) > start + PAGE else {}
    return json.dumps(NOTHING | {"PriceList": texts[start : start + PAGE]} | more)


def pricing_client(answer=recorded_page, status=200):
    client = boto3.client(
        "pricing",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )

    def respond(request, **_):
        body = Body(answer(json.loads(request.body)).encode())
        return AWSResponse(request.url, status, {}, body)

    client.meta.events.register("before-send.pricing.GetProducts", respond)
    return price_list_api(client)


@pytest.fixture(scope="module")
def home():
    return refresh(pricing_client(), "us-east-1", BOOK, date="2026-12-01")


@pytest.fixture(scope="module")
def ireland():
    return refresh(pricing_client(), "eu-west-1", BOOK, date="2026-12-01")


def tiers(book, service, usage_type):
    return [(t.up_to, str(t.usd)) for t in book.price(service, usage_type).tiers]


def test_the_home_region_confirms_the_book(home):
    """Prices agree to the last digit, save those that the list holds otherwise."""
    assert (home.region, home.date) == ("us-east-1", "2026-12-01")
    assert [p.key for p in home.prices] == [p.key for p in BOOK.prices]
    for old, new in zip(BOOK.prices, home.prices, strict=True):
        assert [(t.up_to, t.usd) for t in new.tiers] == [(t.up_to, t.usd) for t in old.tiers]
        assert (new.free_per_month, new.free_pool) == (old.free_per_month, old.free_pool)


def test_a_price_says_where_it_was_read(home):
    price = home.price("AWS Lambda", "Lambda-GB-Second")
    assert price.source == (
        "AWS Price List API, AWSLambda Lambda-GB-Second, effective 2026-11-01, read on 2026-12-01"
    )
    assert (price.sure, price.is_confirmed) == ("A", True)
    assert price.note == "Free GB-seconds are shared by x86 and arm."


def test_all_pages_are_read_and_tiers_put_in_order(home):
    assert home.price("AWS Lambda", "Lambda-GB-Second-ARM").sure == "A"  # on the second page
    assert tiers(home, "AWS Lambda", "Lambda-GB-Second") == [
        (6_000_000_000, "0.0000166667"),
        (15_000_000_000, "0.000015"),
        (None, "0.0000133334"),
    ]


def test_a_doubt_is_lifted_once_the_list_confirms(home):
    for service, usage_type in [
        ("AWS Step Functions", "StepFunctions-GB-Second"),
        (SQS, "Requests-FIFO-Tier1"),
    ]:
        assert not BOOK.price(service, usage_type).is_confirmed
        assert home.price(service, usage_type).is_confirmed
        assert "not confirmed" not in home.price(service, usage_type).note


def test_what_aws_names_otherwise_is_found_by_its_own_name_and_unit(home):
    hours = home.price("AWS Cost Explorer", "CostDataStorage")
    scheduler = home.price("Amazon EventBridge", "ScheduledInvocation")
    assert "USE1-CostDataStorage" in hours.source
    assert (scheduler.is_confirmed, scheduler.free_per_month) == (True, 14_000_000)
    assert tiers(home, "Amazon EventBridge", "ScheduledInvocation") == [(None, "0.000001")]


def test_other_regions_have_their_own_prices(ireland):
    assert tiers(ireland, DYNAMODB, "WriteRequestUnits") == [(None, "7.05E-7")]
    assert tiers(ireland, DYNAMODB, "IA-WriteRequestUnits") == [(None, "8.8E-7")]
    assert tiers(ireland, S3, "Requests-Tier1") == [(None, "0.0000053")]
    assert tiers(ireland, SQS, "Requests-Tier1") == tiers(BOOK, SQS, "Requests-Tier1")
    assert tiers(ireland, "AWS Key Management Service", "KMS-Keys") == [(None, "1")]
    assert "EU-WriteRequestUnits" in ireland.price(DYNAMODB, "WriteRequestUnits").source


def test_a_first_tier_of_zero_dollars_is_a_free_tier(ireland):
    storage = ireland.price(DYNAMODB, "TimedStorage-ByteHrs")
    assert storage.free_per_month == 25
    assert tiers(ireland, DYNAMODB, "TimedStorage-ByteHrs") == [(None, "0.283")]


def test_cost_explorer_is_billed_in_the_home_region(ireland):
    price = ireland.price("AWS Cost Explorer", "USE1-APIRequest")
    assert (price.tiers[0].usd, price.is_confirmed) == (Decimal("0.01"), True)


@pytest.mark.parametrize(
    ("service", "usage_type", "reason"),
    [
        ("AWS Lambda", "Lambda-Durable-Execution-Operations", "has no such usage type"),
        ("AmazonCloudWatch", "VendedLog-Bytes", "has 2 prices for it"),
        ("AmazonCloudWatch", "DataScanned-Bytes", "counts it in Bytes, not in GB"),
        ("Amazon EventBridge", "Event-64K-Chunks", "has no such usage type"),
    ],
)
def test_what_the_list_lacks_keeps_its_price_and_is_marked(ireland, service, usage_type, reason):
    old, new = BOOK.price(service, usage_type), ireland.price(service, usage_type)
    assert new.tiers == old.tiers
    assert not new.is_confirmed
    assert "Price of us-east-1, 2026-11-23, not confirmed on 2026-12-01" in new.note
    assert reason in new.note


def test_one_of_several_products_is_told_by_its_attributes(home):
    price = home.price(S3, "TimedStorage-ByteHrs")
    assert price.is_confirmed
    assert price.tiers[0].usd == Decimal("0.023")


def test_a_second_refresh_adds_no_second_doubt(ireland):
    again = refresh(pricing_client(), "eu-west-1", ireland, date="2026-12-02")
    note = again.price("AmazonCloudWatch", "VendedLog-Bytes").note
    assert note.count("not confirmed on") == 1
    assert "Price of eu-west-1, 2026-12-01" in note


def test_a_refreshed_book_can_be_stored(tmp_path, ireland):
    path = write_book(ireland, tmp_path)
    assert path.name == "eu-west-1_2026-12-01.json"
    assert read_book(path) == ireland
    assert load_book("eu-west-1", folder=tmp_path) == ireland


def test_a_price_finer_than_a_bill_can_hold_is_not_taken():
    def finer(asked):
        return recorded_page(asked).replace("0.0000006250", "0.00000062504")

    book = refresh(pricing_client(finer), "us-east-1", BOOK, date="2026-12-01")
    price = book.price(DYNAMODB, "WriteRequestUnits")
    assert price.tiers == BOOK.price(DYNAMODB, "WriteRequestUnits").tiers
    assert "more than 10 decimals" in price.note


def test_a_region_that_nobody_knows_is_refused():
    with pytest.raises(BadInput, match="region='moon-1' is not known"):
        refresh(pricing_client(), "moon-1", BOOK)


def test_a_region_without_our_products_is_refused():
    book = BOOK.with_prices()
    nothing = pricing_client(lambda asked: json.dumps(NOTHING))
    with pytest.raises(BadInput, match="has no product of ours"):
        refresh(nothing, "sa-east-1", book)


def test_a_refusal_says_what_is_needed():
    denied = pricing_client(lambda asked: '{"__type": "AccessDeniedException"}', status=400)
    with pytest.raises(WorkbenchError, match=r"AccessDenied.*pricing:GetProducts"):
        refresh(denied, "us-east-1", BOOK)


@pytest.mark.parametrize("broken", ["{", "{}", '{"product": {"attributes": {}}, "terms": []}'])
def test_a_damaged_answer_is_refused(broken):
    page = json.dumps({"FormatVersion": "aws_v1", "PriceList": [broken]})
    with pytest.raises(BadRecord, match="answer for AWSLambda cannot be read"):
        refresh(pricing_client(lambda asked: page), "us-east-1", BOOK)
