"""A function that raises by itself is seen, in every design."""

import pytest

from tests.swarm.controls.mutants import MutantHarness
from tests.swarm.controls.raising import ROLES, raising


@pytest.mark.parametrize(("design", "role"), ROLES)
def test_an_error_that_nobody_planned_is_caught(design, role):
    with MutantHarness(design) as harness:
        harness.assert_caught(raising(design, role))
