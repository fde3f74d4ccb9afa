"""The checks see every mutant of the sqs design that lacks a rule, and pass the sound handlers."""

import pytest

from tests.swarm.controls.mutants import MutantHarness
from tests.swarm.controls.sqs_failures import FAILURES
from tests.swarm.controls.sqs_looking import LOOKING
from tests.swarm.controls.sqs_published import PUBLISHED
from tests.swarm.controls.sqs_state import STATE

CONTROLS = [*PUBLISHED, *STATE, *LOOKING, *FAILURES]


@pytest.fixture(scope="module")
def harness():
    with MutantHarness("sqs") as made:
        yield made


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_mutant_without_the_rule_is_caught(harness, control):
    harness.assert_caught(control)
