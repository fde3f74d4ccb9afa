"""The judges see every variant of the sfn design that lacks a rule, and pass the sound one."""

import pytest

from tests.swarm.controls.found import FOUND_SFN
from tests.swarm.controls.sfn_rules import RULES
from tests.swarm.controls.variants import Ring, caught_at
from workbench.swarm.checks import breaches


@pytest.fixture(scope="module")
def ring():
    with Ring("sfn") as made:
        yield made


@pytest.mark.parametrize("control", [*RULES, *FOUND_SFN], ids=lambda control: control.name)
def test_a_variant_without_the_rule_is_caught(ring, control):
    seed = caught_at(ring, control)
    assert seed is not None
    assert breaches(ring.run(control.case(seed))) == {}, "the sound machine passes the same seed"
