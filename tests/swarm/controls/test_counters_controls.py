"""The judges see every variant of the counters design that lacks a rule, and pass the sound one."""

import pytest

from tests.swarm.controls.counters_rules import RULES
from tests.swarm.controls.variants import Ring, caught_at
from workbench.swarm.checks import breaches


@pytest.fixture(scope="module")
def ring():
    with Ring("counters") as made:
        yield made


@pytest.mark.parametrize("control", RULES, ids=lambda control: control.name)
def test_a_variant_without_the_rule_is_caught(ring, control):
    seed = caught_at(ring, control)
    assert seed is not None
    assert breaches(ring.run(control.case(seed))) == {}, "the sound handlers pass the same seed"
