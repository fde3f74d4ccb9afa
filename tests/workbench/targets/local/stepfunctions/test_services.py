"""What a state machine adds to the bill."""

from decimal import Decimal

import pytest

from workbench.designs.sfn import Sfn
from workbench.platform.services import SNS, STEP_FUNCTIONS
from workbench.targets.local.metering import Meter
from workbench.targets.local.stepfunctions.services import Bill


@pytest.mark.parametrize(
    ("label", "states"),
    [
        ("dispatch", "Start Owner? CreateItems CreateSegment Process"),
        ("knowing", "Summarize Notify Done NotifyFailure NotifyNotStarted Failed"),
    ],
)
def test_a_state_is_paid_for_its_purpose(label, states):
    meter = Meter()
    for state in states.split():
        Bill(meter, Sfn.parts).state_entered(state)
    assert meter.quantity(STEP_FUNCTIONS, "StateTransition", label) == len(states.split())


@pytest.mark.parametrize(
    ("duration_s", "steps"), [(0, 1), (0.1, 1), (0.1001, 2), (0.3, 3), (11.3, 113), (300, 3000)]
)
def test_express_time_is_rounded_up_to_100_ms(duration_s, steps):
    meter = Meter()
    Bill(meter, Sfn.parts).express_ran(duration_s)
    billed = meter.quantity(STEP_FUNCTIONS, "StepFunctions-GB-Second")
    assert billed == steps * Decimal("0.1") * 64 / 1024
    assert meter.quantity(STEP_FUNCTIONS, "StepFunctions-Request") == 1


def test_aws_own_example_of_1000_express_runs_of_11_3_s():
    # AWS Step Functions Workshop, "Review the Cost Impact": 0.0000117746 dollars of time each
    meter = Meter()
    for _ in range(1000):
        Bill(meter, Sfn.parts).express_ran(11.3)
    dollars = meter.quantity(STEP_FUNCTIONS, "StepFunctions-GB-Second") * Decimal("0.00001667")
    assert dollars == pytest.approx(Decimal("0.0117746"), rel=Decimal("0.001"))


@pytest.mark.parametrize(("size", "requests"), [(0, 1), (65_536, 1), (65_537, 2), (262_144, 4)])
def test_a_notification_is_paid_by_64_kb(size, requests):
    meter = Meter()
    Bill(meter, Sfn.parts).published(size)
    assert meter.quantity(SNS, "Requests-Tier1", "knowing") == requests
