"""Seeds under which a promise was once broken."""

import pytest

from workbench.swarm.cases import draw_case
from workbench.swarm.checks import violations
from workbench.swarm.harness import FaultHarness

# What each found is told, and put back, in controls/found.py.
# The last of each: a batch of the cron's was told of by its time, not by its name; and a check took
# the second list of a child that ran twice for the first.
BROKEN = {
    "sqs": (8, 18, 40, 46, 318, 1040, 9711),
    "sfn": (64, 104, 112, 117, 1349, 5977, 6898, 9535),
    # A check took a refused put for a write, and did not count the copies of a poll message; one
    # took a batch that was cancelled between its notification and its mark for one that went on.
    "counters": (759, 791, 1160, 1297, 1447, 1478, 1555),
}


@pytest.mark.parametrize("design", BROKEN)
def test_a_seed_that_broke_a_promise_keeps_it_now(design):
    with FaultHarness(design) as harness:
        found = {seed: violations(harness.run(draw_case(seed, design))) for seed in BROKEN[design]}
    assert {seed: some for seed, some in found.items() if some} == {}
