"""The judges see every variant of the sqs design that lacks a rule, and pass the sound handlers."""

import pytest

from tests.swarm.controls.found import FOUND_SQS
from tests.swarm.controls.sqs_failures import FAILURES
from tests.swarm.controls.sqs_looking import LOOKING
from tests.swarm.controls.sqs_messages import MESSAGES
from tests.swarm.controls.sqs_published import PUBLISHED
from tests.swarm.controls.sqs_state import STATE
from tests.swarm.controls.variants import Ring, caught_at
from workbench.swarm.checks import breaches

CONTROLS = [*PUBLISHED, *STATE, *MESSAGES, *LOOKING, *FAILURES, *FOUND_SQS]


@pytest.fixture(scope="module")
def ring():
    with Ring("sqs") as made:
        yield made


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_variant_without_the_rule_is_caught(ring, control):
    seed = caught_at(ring, control)
    assert seed is not None
    assert breaches(ring.run(control.case(seed))) == {}, "the sound handlers pass the same seed"
