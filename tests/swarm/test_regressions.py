"""Runs in which a promise was once broken, as they were drawn then: they keep it now."""

import json
from pathlib import Path

import pytest

from workbench.designs import make_design
from workbench.swarm.cases import FaultCase, Start
from workbench.swarm.checks import violations
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.harness import FaultHarness

# What each found is put back in controls/found.py, or was a check's own fault: the second list of a
# child that ran twice taken for the first (sfn), a refused put taken for a write, a copied poll
# message, a batch that was cancelled between its notification and its mark (counters); a message
# whose first try was not claimed taken for one whose record knows what is undone (sqs); a call that
# its client tried six times taken for given up (sfn); the retry of an execution that waited for
# nothing, a trigger that could not be carried out and whose execution failed, lists and chunks of
# executions that had failed, tries of one chunk taken for several (durable); a letter beside its
# own earlier one (sqs); a refusal whose notice was refused in every try (sfn).
BROKEN = json.loads(Path(__file__).with_name("broken.json").read_text(encoding="utf-8"))
DESIGNS = sorted({one["design"] for one in BROKEN})


def case_of(kept):
    """A kept case: the knobs and chances that are not the defaults."""
    given = kept | {"design": make_design(kept["design"], settings=kept["knobs"])}
    given["starts"] = tuple(Start(**start) for start in kept["starts"])
    rates = {name: tuple(v) if type(v) is list else v for name, v in kept["rates"].items()}
    given["rates"] = FaultRates(**rates)
    del given["knobs"]
    return FaultCase(**given)


@pytest.mark.parametrize("design", DESIGNS)
def test_a_run_that_broke_a_promise_keeps_it_now(design):
    mine = [one for one in BROKEN if one["design"] == design]
    with FaultHarness(design) as harness:
        found = {one["seed"]: violations(harness.run(case_of(one))) for one in mine}
    assert {seed: some for seed, some in found.items() if some} == {}
