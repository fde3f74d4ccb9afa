"""The meter and the sizes that it counts by."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.platform.services import SQS
from workbench.targets.local.metering import (
    Meter,
    item_bytes,
    message_bytes,
    number_bytes,
    value_bytes,
)

REQUESTS = (SQS, "Requests-Tier1", "Requests")


def test_lines_add_up_by_label_and_come_in_order():
    meter = Meter()
    meter.add(*REQUESTS, "knowing", 2)
    meter.add(*REQUESTS, "dispatch", Decimal("0.5"))
    meter.add(*REQUESTS, "dispatch", 1)
    meter.add("AWS Lambda", "Request", "Requests", "work", 0)
    assert meter.frame().values.tolist() == [
        [*REQUESTS, "dispatch", Decimal("1.5")],
        [*REQUESTS, "knowing", Decimal(2)],
    ]
    assert meter.quantity(SQS, "Requests-Tier1") == Decimal("3.5")
    assert meter.quantity(SQS, "Requests-Tier1", "knowing") == 2


def test_lines_are_told_apart_by_resource_under_the_role_that_it_has():
    meter = Meter()
    meter.add(*REQUESTS, "knowing", 2, "stack-PollQueue")
    meter.add(*REQUESTS, "knowing", 1, "my-own")
    assert meter.by_resource({"stack-PollQueue": "poll_queue"}).values.tolist() == [
        ["my-own", *REQUESTS, "knowing", Decimal(1)],
        ["poll_queue", *REQUESTS, "knowing", Decimal(2)],
    ]
    assert meter.frame().values.tolist() == [[*REQUESTS, "knowing", Decimal(3)]]


def test_a_division_is_rounded_to_fifteen_places_and_nothing_else_is():
    meter = Meter()
    meter.add(*REQUESTS, "knowing", Decimal(1) / 3)
    meter.add(*REQUESTS, "work", 10**15 + 1)
    quantities = meter.frame()["quantity"].tolist()
    assert quantities == [Decimal("0.333333333333333"), Decimal(10**15 + 1)]


def test_a_float_or_an_unknown_label_is_refused():
    with pytest.raises(AssertionError, match="not exact"):
        Meter().add(*REQUESTS, "work", 0.1)
    with pytest.raises(AssertionError, match="no label"):
        Meter().add(*REQUESTS, "fun", 1)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "äöü"}, 6),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "AAEC"}, 3),
        ({"B": b"\x00\x01"}, 2),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"ab": {"S": "c"}}}, 7),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "22"]}, 4),
    ],
)
def test_a_value_takes_what_the_guide_says(value, size):
    assert value_bytes(value) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 1), ("7", 2), ("42", 2), ("-42", 3), ("1000", 2), ("0.5", 2), ("1767227400.123", 8)],
)
def test_a_number_takes_a_byte_for_two_digits_and_one_more(text, size):
    assert number_bytes(text) == size


def test_an_item_is_its_names_and_its_values():
    assert item_bytes({"pk": {"S": "items#b#000"}, "value": {"N": "500"}}) == 2 + 11 + 5 + 2
    assert item_bytes(None) == item_bytes({}) == 0


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_text_counts_in_utf_8(texts):
    item = {name: {"S": text} for name, text in texts.items()}
    assert item_bytes(item) == sum(len((n + t).encode()) for n, t in texts.items())


def test_a_message_counts_its_attributes():
    attributes = {"ab": {"DataType": "String", "StringValue": "xyz"}}
    assert message_bytes({"MessageBody": "hello"}) == 5
    assert message_bytes({"MessageBody": "hello", "MessageAttributes": attributes}) == 16
