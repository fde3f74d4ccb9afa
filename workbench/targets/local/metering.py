"""The meter of a run: every billable unit, the sizes it is counted by, bytes kept over time.

Quantities are exact decimals: they are prices' other factor, and a bill must add up. Sizes are as
AWS counts them (DynamoDB developer guide, "DynamoDB item sizes and formats": names and values in
UTF-8; a number takes a byte for two digits and one more; lists and maps three, and one an element).
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from workbench.designs.parts import KNOWING
from workbench.platform.services import DYNAMODB, STORAGE_OVERHEAD_BYTES
from workbench.platform.units import GB
from workbench.runs.records import LABELS, USAGE_COLUMNS
from workbench.runs.resources import by_resource

FINEST = Decimal("1e-15")  # a run folder's column has one scale: 38 digits hold 10^22 and this


class Meter:
    """Adds up usage; each line has one unit and says what it is for."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str, str, str], Decimal | int] = {}
        self._label: str | None = None

    def add(
        self,
        service: str,
        usage_type: str,
        unit: str,
        label: str,
        quantity: Decimal | int,
        resource: str = "",
    ) -> None:
        """Add a quantity to a line. Whole numbers and decimals only: a float is not exact.

        `resource` is what AWS calls the function, queue … that used it, or its role.
        """
        label = self._label or label
        assert label in LABELS, f"{label!r} is no label"
        assert not isinstance(quantity, float), f"{usage_type}: {quantity!r} is not exact"
        line = (service, usage_type, unit, label, resource)
        self._lines[line] = self._lines.get(line, 0) + quantity

    @contextmanager
    def labelled(self, label: str | None) -> Iterator[None]:
        """Whatever is added inside the block is for that, unless it is None."""
        self._label, before = label, self._label
        try:
            yield
        finally:
            self._label = before

    def quantity(self, service: str, usage_type: str, label: str | None = None) -> Decimal:
        """What was added up so far, of one label or of all."""
        return sum(
            (
                Decimal(amount)
                for (of, kind, _, why, _), amount in self._lines.items()
                if (of, kind) == (service, usage_type) and label in (None, why)
            ),
            Decimal(0),
        )

    def frame(self) -> pd.DataFrame:
        """The lines in order, with quantities as decimals; those of nothing are left out."""
        sums: dict[tuple[str, ...], Decimal | int] = {}
        for (*line, _), amount in self._lines.items():
            sums[tuple(line)] = sums.get(tuple(line), 0) + amount
        rows = [(*line, rounded(amount)) for line, amount in sorted(sums.items()) if amount]
        return pd.DataFrame(rows, columns=USAGE_COLUMNS)

    def by_resource(self, roles: Mapping[str, str]) -> pd.DataFrame:
        """The same lines told apart by resource; `roles` are those of the names that are known."""
        pieces = (
            (roles.get(resource, resource), *line, amount)
            for (*line, resource), amount in self._lines.items()
        )
        return by_resource(self.frame(), pieces)


def rounded(quantity: Decimal | int) -> Decimal:
    """A quantity as it is, or to the finest step where a division left more digits."""
    amount = Decimal(quantity)
    return amount if amount.as_tuple().exponent >= -15 else amount.quantize(FINEST)


NUMBER_MAX_BYTES = 21


def item_bytes(item: Mapping[str, Any] | None) -> int:
    """The size of an item as its API writes it: `{"pk": {"S": "a"}, …}`; none is nothing."""
    size = 0
    for name, value in (item or {}).items():
        size += text_bytes(name)
        text = value.get("S")  # most attributes are texts, and this runs for each write
        size += value_bytes(value) if text is None else text_bytes(text)
    return size


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
    if kind == "NS":
        return sum(map(number_bytes, content))
    return sum(value_bytes({kind[0]: one}) for one in content)


@lru_cache(maxsize=4096)
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


MONTH_S = 730 * 3600  # AWS's month in prices per GB-month


class Storage:
    """The bytes of a table, added up over virtual time."""

    def __init__(self) -> None:
        self._bytes = 0
        self._byte_s = 0.0
        self._at_s = 0.0

    def changed(self, change_bytes: int, now_s: float) -> None:
        """So many bytes more are stored now, or fewer."""
        self._byte_s += self._bytes * (now_s - self._at_s)
        self._at_s = now_s
        self._bytes += change_bytes

    def bill(self, meter: Meter, now_s: float) -> None:
        """Bill what was kept until now."""
        quantity = gb_months(self._byte_s + self._bytes * (now_s - self._at_s))
        meter.add(DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", KNOWING, quantity, "table")


def gb_months(byte_s: float) -> Decimal:
    """GB-months of bytes times seconds."""
    return Decimal(round(byte_s)) / GB / MONTH_S


def stored_bytes(size_bytes: int) -> int:
    """What storage is billed by for an item of a size; 0 bytes is no item."""
    return size_bytes + STORAGE_OVERHEAD_BYTES if size_bytes else 0
