"""A template given other knobs in place is the template that the CDK app makes for them."""

import json
import os

import pytest

from workbench.designs import DESIGNS, Counters, Sfn, Sqs
from workbench.stacks.cdk import node_path
from workbench.targets.local.world.synth import retuned

# jsii starts Node when aws_cdk is first imported.
os.environ.setdefault("JSII_NODE", str(node_path()))

CRON_ITEMS = 17
CHANGED = [
    (
        Sqs(
            memory_mb=512,
            cpu="x86_64",
            items_per_message=7,
            messages_per_invocation=20,
            batch_window_s=2,
            max_concurrency=None,
            track="message",
            claim=True,
            max_receives=4,
            warm_write_units=8_000,
            stuck_after_s=60,
        ),
        Sfn(memory_mb=256, items_per_child=30, value_max=200, child_tries=1, batcher_memory_mb=256),
    ),
    (
        Sqs(item_concurrency=5, value_max=50, poison_per_million=9, max_concurrency=2),
        Sfn(child_type="STANDARD", child_tries=3, cpu="x86_64", max_concurrency=None),
        Counters(max_concurrency=2, max_receives=7, memory_mb=256, batcher_concurrency=None),
    ),
    (
        Sqs(items_per_message=50, segment_items=80, poll_s=900, send_batch_size=1),
        Sfn(items_per_child=125, value_max=1_000, segment_items=1_000),
        Counters(items_per_message=50, messages_per_invocation=3, cpu="x86_64", poll_s=9),
    ),
]


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory):
    """The templates of all stacks for given designs."""
    from infra.app import build

    def synthesise(*designs, cron_items=100):
        folder = tmp_path_factory.mktemp("out")
        knobs = {design.name: design.knobs() for design in designs}
        build(str(folder), knobs, cron_items=cron_items)
        return {
            design.name: json.loads((folder / f"{design.stack}.template.json").read_text())
            for design in designs
        }

    return synthesise


@pytest.fixture(scope="module")
def default(synthesised):
    return synthesised(*(design() for design in DESIGNS.values()))


def readable(template):
    """A template without its roles, and with its state machine's definition as JSON."""
    resources = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] != "AWS::IAM::Role"
    }
    for resource in resources.values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            parts = resource["Properties"]["DefinitionString"]["Fn::Join"][1]
            text = "".join(
                part if isinstance(part, str) else json.dumps(part).replace('"', "'")
                for part in parts
            )
            resource["Properties"]["DefinitionString"] = json.loads(text)
    return resources, template["Outputs"]


@pytest.mark.parametrize("designs", CHANGED, ids=["other", "wide", "long"])
def test_changing_a_template_in_place_equals_synthesising_it(designs, default, synthesised):
    wanted = synthesised(*designs, cron_items=CRON_ITEMS)
    for design in designs:
        changed = retuned(default[design.name], design, CRON_ITEMS)
        assert readable(changed) == readable(wanted[design.name])


def test_a_template_with_its_own_knobs_stays_as_it_is(default):
    for design in (design() for design in DESIGNS.values()):
        assert retuned(default[design.name], design) == default[design.name]
