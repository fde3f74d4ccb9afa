"""The checks see every mutant of the durable design that lacks a rule, and pass the sound one."""

import pytest

from tests.swarm.controls.durable_rules import RULES
from tests.swarm.controls.found import FOUND_DURABLE
from tests.swarm.controls.mutants import MutantHarness


@pytest.fixture(scope="module")
def harness():
    with MutantHarness("durable") as made:
        yield made


@pytest.mark.parametrize("control", [*RULES, *FOUND_DURABLE], ids=lambda control: control.name)
def test_a_mutant_without_the_rule_is_caught(harness, control):
    harness.assert_caught(control)
