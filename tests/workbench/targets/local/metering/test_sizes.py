"""Sizes by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.targets.local.metering.sizes import (
    item_bytes,
    message_bytes,
    number_bytes,
    value_bytes,
)


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
