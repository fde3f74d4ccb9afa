"""Both simulated targets tell what each resource of a batch used, and name the same ones."""

import pytest

from workbench.designs import DESIGNS, make_design
from workbench.runs.batch import Batch
from workbench.runs.records import USAGE_COLUMNS
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

NAME = USAGE_COLUMNS[:-1]
PRESENT = {  # of a batch of the default knobs in which nothing fails
    "sqs": {
        *("batcher", "processor", "finalizer", "table", "topic"),
        *("plan_queue", "item_queue", "poll_queue", "dead_letters"),
    },
    "durable": {"orchestrator", "processor", "bucket", "topic"},
    "sfn": {"batcher", "processor", "summary", "machine", "bucket", "topic"},
}
PRESENT["counters"] = PRESENT["sqs"]
NEAR = 0.25  # of each other: queues are polled and looked at by draws of their own


def sums(folder):
    """Quantities by line, and by resource and line."""
    used = folder.usage.set_index(NAME)["quantity"].to_dict()
    told = folder.resources.set_index(["resource", *NAME])["quantity"].to_dict()
    return used, told


@pytest.mark.parametrize("name", DESIGNS)
def test_resources_add_up_to_the_usage_and_are_the_same_on_both(name):
    design, batch = make_design(name), Batch(400, 7, "b-resources")
    found = {}
    with LocalTarget() as local:
        for target in (local, ModelTarget()):
            used, told = sums(target.run(design, batch, lambda _: None))
            added = {}
            for (_, *line), amount in told.items():
                added[tuple(line)] = added.get(tuple(line), 0) + amount
            assert added == used
            assert {resource for resource, *_ in told} - {""} == PRESENT[name]
            assert {line[2] for line in told if not line[0]} == {"CW:MetricMonitorUsage"}
            found[target.name] = told
    for line, amount in found["local"].items():
        if line[2] in ("Request-ARM", "StateTransition", "Requests-Tier1"):
            assert float(found["model"][line]) == pytest.approx(float(amount), rel=NEAR), line
