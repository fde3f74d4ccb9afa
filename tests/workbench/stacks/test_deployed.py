"""A deployed stack is found by its outputs, or refused in plain words."""

import json

import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.core import DEFAULT_ACCOUNT_ID

from workbench.designs import make_design
from workbench.errors import NotDeployed
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deployed import find_stack, refuse_design

REGION = "us-east-1"


def refused(design="sqs"):
    with pytest.raises(NotDeployed) as caught:
        find_stack(Aws(), design)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_stack_tells_its_parts_and_its_knobs(sqs):
    found = find_stack(Aws(), "sqs")
    assert found.design == make_design("sqs")
    assert found.functions["processor"] == "Processor"
    assert found.names["item_queue"] == "ItemQueue"
    assert tuple(found.functions) == ("batcher", "processor", "finalizer", "failures")
    assert len(found.key) == 16


def test_a_missing_stack_says_what_to_do(moto):
    assert refused() == (
        "SqsBatchProcessing in us-east-1 is not deployed. Run `make deploy`, or set AWS_REGION if "
        "it is elsewhere."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("UPDATE_ROLLBACK_FAILED", "half deployed (UPDATE_ROLLBACK_FAILED)"),
        ("ROLLBACK_COMPLETE", "half deployed (ROLLBACK_COMPLETE)"),
        ("DELETE_FAILED", "not removed whole (DELETE_FAILED). Run `make destroy` again"),
        ("DELETE_IN_PROGRESS", "being removed (DELETE_IN_PROGRESS). Wait, then run `make deploy`"),
        ("REVIEW_IN_PROGRESS", "never deployed to the end (REVIEW_IN_PROGRESS). Run `make deploy`"),
        ("UPDATE_IN_PROGRESS", "is being deployed (UPDATE_IN_PROGRESS)"),
    ],
)
def test_a_stack_that_is_not_whole_is_refused(sqs, status, words):
    [stack] = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
    stack.status = status
    assert words in refused()


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"Version": "0"}, "has version 0 of our outputs; this workbench knows 1"),
        ({"Version": None}, "has version none of our outputs"),
        ({"PollQueueUrl": None}, "lacks the outputs PollQueueUrl"),
        ({"DesignKnobs": json.dumps({"speed": 3})}, "knobs that this workbench does not know"),
        ({"DesignKnobs": "{"}, "knobs that this workbench does not know"),
    ],
)
def test_a_stack_of_another_version_is_refused(sqs, outputs, words):
    sqs.restack(**outputs)
    assert words in refused()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cpu": "x86_64"}, "cpu='x86_64' (deployed: 'arm64')"),
        ({"telemetry": "put_metric_data", "items_per_message": 1}, "telemetry="),
        ({"max_receives": 9}, "max_receives=9 (deployed: 5)"),
    ],
)
def test_a_knob_that_only_a_deployment_sets_is_refused(sqs, settings, words):
    with pytest.raises(NotDeployed) as caught:
        refuse_design(find_stack(Aws(), "sqs"), make_design("sqs", settings=settings))
    assert words in str(caught.value)


def test_a_child_must_fit_into_the_deployed_task(sfn):
    deployed = find_stack(Aws(), "sfn")
    refuse_design(deployed, make_design("sfn", settings={"items_per_child": 50}))
    with pytest.raises(NotDeployed, match=r"a child of up to 136 s \(deployed: 116 s\)"):
        refuse_design(deployed, make_design("sfn", settings={"items_per_child": 120}))
