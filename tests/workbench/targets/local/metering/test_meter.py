"""Adding up usage."""

from decimal import Decimal

import pytest

from workbench.platform.services import SQS
from workbench.targets.local.metering.meter import Meter

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
