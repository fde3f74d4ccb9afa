"""A deployed stack, found by its outputs: what a run needs to know of it, checked.

Its ARN holds the account's id, so a stack is named in files by `key`, a hash.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import DESIGNS, Design, Sfn, make_design
from workbench.errors import BadInput, NotDeployed
from workbench.stacks.aws_clients import Aws, code_of, plainly

VERSION = "1"  # of the outputs and their meaning, as infra/stamp.py writes it
WHOLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "IMPORT_COMPLETE",
)
ON_ITS_WAY = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "REVIEW_IN_PROGRESS")
OUTPUTS = {
    "sqs": (
        "StateTableName PlanQueueUrl ItemQueueUrl PollQueueUrl DeadLettersUrl TopicArn "
        "NoticesQueueUrl BatcherName ProcessorName FinalizerName FailuresName ItemMappingId "
        "PlanMappingId RuleName DesignKnobs"
    ).split(),
    "sfn": (
        "BucketName StateMachineArn TopicArn NoticesQueueUrl BatcherName ProcessorName "
        "SummaryName RuleName DesignKnobs"
    ).split(),
}
ROLES = {  # the functions of each design, by what they are
    "sqs": ("batcher", "processor", "finalizer", "failures"),
    "sfn": ("batcher", "processor", "summary"),
}
# Knobs that stand in the template alone: no call of the API sets them for one run.
DEPLOYED_KNOBS = (
    "cpu",
    "telemetry",
    "max_receives",
    "warm_write_units",
    "child_type",
    "child_tries",
)


@dataclass(frozen=True)
class Deployed:
    """A stack that is whole and of our version."""

    design: Design  # with the knobs that it was deployed with
    key: str  # a hash of its ARN
    region: str
    outputs: Mapping[str, str]

    def function(self, role: str) -> str:
        """The name of a function: batcher, processor, …"""
        return self.outputs[f"{role.capitalize()}Name"]

    @property
    def roles(self) -> tuple[str, ...]:
        """The functions that it has."""
        return ROLES[self.design.name]

    def queue_name(self, output: str) -> str:
        """A queue's name from its URL's output: the URL holds the account's id."""
        return self.outputs[output].rsplit("/", 1)[-1]


def find_stack(aws: Aws, name: str) -> Deployed:
    """The deployed stack of the design called `name`; NotDeployed says what is wrong with it."""
    stack = DESIGNS[name].stack
    described = describe(aws, stack)
    where = f"{stack} in {aws.region}"
    if described is None:
        raise NotDeployed(
            f"{where} is not deployed. Run `make deploy`, or set AWS_REGION if it is elsewhere."
        )
    status = described["StackStatus"]
    if status in ON_ITS_WAY:
        raise NotDeployed(f"{where} is being deployed ({status}). Wait until it is done.")
    if status not in WHOLE:
        raise NotDeployed(
            f"{where} is half deployed ({status}). Run `make deploy` again; where AWS refuses "
            "that, `make destroy` first."
        )
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
    _refuse_outputs(where, name, outputs)
    region = described["StackId"].split(":")[3]
    if region != aws.region:
        raise NotDeployed(
            f"{stack} lies in {region}, the session is in {aws.region}. Set AWS_REGION={region}."
        )
    key = blake2b(described["StackId"].encode(), digest_size=8).hexdigest()
    return Deployed(_deployed_design(where, name, outputs), key, region, outputs)


def describe(aws: Aws, stack: str) -> dict[str, Any] | None:
    """A stack as CloudFormation describes it, or None."""
    with plainly():
        try:
            answer = aws.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
    return answer["Stacks"][0]


def refuse_design(deployed: Deployed, design: Design) -> None:
    """Refuse knobs that the deployed stack does not have and a run cannot set."""
    there, asked = deployed.design.knobs(), design.knobs()
    different = [
        f"{name}={asked[name]!r} (deployed: {there[name]!r})"
        for name in DEPLOYED_KNOBS
        if name in asked and asked[name] != there[name]
    ]
    if isinstance(design, Sfn) and isinstance(deployed.design, Sfn):
        limit_s, needed_s = deployed.design.task_timeout_s, design.task_timeout_s
        if needed_s > limit_s:
            different.append(f"a child of up to {needed_s} s (deployed: {limit_s} s)")
    if different:
        raise NotDeployed(
            f"{design.stack} is deployed with other knobs, which no run can change: "
            f"{'; '.join(different)}. Deploy with these knobs, or run with those."
        )


def _refuse_outputs(where: str, name: str, outputs: Mapping[str, str]) -> None:
    """Refuse a stack of another version, or one that lacks what a run stands on."""
    version = outputs.get("Version", "none")
    if version != VERSION:
        raise NotDeployed(
            f"{where} has version {version} of our outputs; this workbench knows {VERSION}. "
            "Run `make deploy` from this checkout."
        )
    missing = [output for output in OUTPUTS[name] if output not in outputs]
    if missing:
        raise NotDeployed(
            f"{where} lacks the outputs {', '.join(missing)}. Run `make deploy` from this checkout."
        )


def _deployed_design(where: str, name: str, outputs: Mapping[str, str]) -> Design:
    """The design that the stack was deployed with."""
    try:
        return make_design(name, settings=json.loads(outputs["DesignKnobs"]))
    except (ValueError, BadInput) as error:
        raise NotDeployed(
            f"{where} has knobs that this workbench does not know: {error} Run `make deploy`."
        ) from None
