"""Usage types are matched on their end, and what stands before must be a region."""

import pytest

from workbench.prices import load_book
from workbench.pull.usage_types import is_untagged, line_of, plain

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
