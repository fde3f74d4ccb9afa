"""Sizes as AWS counts them: DynamoDB items by attributes, SQS messages by body and attributes.

DynamoDB developer guide, "DynamoDB item sizes and formats": names and values in UTF-8; a number is
about one byte for two digits and one more; lists and maps take three bytes, and one an element.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

NUMBER_MAX_BYTES = 21


def item_bytes(item: Mapping[str, Any] | None) -> int:
    """The size of an item as its API writes it: `{"pk": {"S": "a"}, …}`; none is nothing."""
    if not item:
        return 0
    return sum(text_bytes(name) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """The size of one attribute's value, such as `{"S": "a"}`."""
    ((kind, content),) = value.items()
    if kind == "S":
        return text_bytes(content)
    if kind == "N":
        return number_bytes(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "B":
        return len(content if isinstance(content, bytes) else b64decode(content))
    if kind == "L":
        return 3 + sum(1 + value_bytes(one) for one in content)
    if kind == "M":
        return 3 + sum(1 + text_bytes(name) + value_bytes(one) for name, one in content.items())
    assert kind in ("SS", "NS", "BS"), f"{kind!r} is no DynamoDB type"
    return sum(value_bytes({kind[0]: one}) for one in content)


def number_bytes(text: str) -> int:
    """The size of a number: one byte for two significant digits, one more, one for a minus."""
    mantissa = text.lower().split("e")[0]
    digits = mantissa.lstrip("-+").replace(".", "").strip("0")
    size = 1 + (len(digits) + 1) // 2 + mantissa.startswith("-")
    return min(size, NUMBER_MAX_BYTES)


def message_bytes(message: Mapping[str, Any]) -> int:
    """The size of a message or of an entry of a batch send: body, and attributes with names."""
    size = text_bytes(message["MessageBody"])
    for name, attribute in (message.get("MessageAttributes") or {}).items():
        size += text_bytes(name) + text_bytes(attribute["DataType"])
        size += text_bytes(attribute.get("StringValue", ""))
        size += len(attribute.get("BinaryValue", b""))
    return size


def text_bytes(text: str) -> int:
    """The size of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
