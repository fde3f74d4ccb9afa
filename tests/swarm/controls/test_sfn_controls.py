"""The checks see every mutant of the sfn design that lacks a rule, and pass the sound one."""

import pytest

from tests.swarm.controls.found import FOUND_SFN
from tests.swarm.controls.mutants import MutantHarness
from tests.swarm.controls.sfn_rules import RULES


@pytest.fixture(scope="module")
def harness():
    with MutantHarness("sfn") as made:
        yield made


@pytest.mark.parametrize("control", [*RULES, *FOUND_SFN], ids=lambda control: control.name)
def test_a_mutant_without_the_rule_is_caught(harness, control):
    harness.assert_caught(control)
