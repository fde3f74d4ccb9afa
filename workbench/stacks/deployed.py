"""A deployed stack, found by its outputs: what a run needs to know of it, checked.

Its ARN holds the account's id, so a stack is named in files by `key`, a hash.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import DESIGNS, Design, make_design
from workbench.errors import BadInput, NotDeployed
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import code_of, plainly

VERSION = "1"  # of the outputs and their meaning, as infra/stack.py writes it
WHOLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "IMPORT_COMPLETE",
)
ON_ITS_WAY = {  # what to do about a stack on which CloudFormation works, or is to
    "CREATE_IN_PROGRESS": "is being deployed ({}). Wait until it is done.",
    "UPDATE_IN_PROGRESS": "is being deployed ({}). Wait until it is done.",
    "UPDATE_ROLLBACK_IN_PROGRESS": "is being rolled back ({}). Wait, then run `make deploy` again.",
    "ROLLBACK_IN_PROGRESS": "is being rolled back ({}). Wait, then run `make deploy` again.",
    "DELETE_IN_PROGRESS": "is being removed ({}). Wait, then run `make deploy`.",
    "DELETE_FAILED": "was not removed whole ({}). Run `make destroy` again.",
    # A change set was made and never carried out: nothing works on it.
    "REVIEW_IN_PROGRESS": "was never deployed to the end ({}). Run `make deploy` again.",
}


@dataclass(frozen=True)
class Deployed:
    """A stack that is whole and of our version."""

    design: Design  # with the knobs that it was deployed with
    key: str  # a hash of its ARN
    region: str
    outputs: Mapping[str, str]

    @property
    def names(self) -> dict[str, str]:
        """What its parts are called, by role."""
        return self.design.parts.names(self.outputs)

    @property
    def functions(self) -> dict[str, str]:
        """What its functions are called, by role."""
        return self.design.parts.function_names(self.outputs)


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
        raise NotDeployed(f"{where} {ON_ITS_WAY[status].format(status)}")
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
            f"{stack} is in {region}, the session is in {aws.region}. Set AWS_REGION={region}."
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
    different = design.refused_on(deployed.design)
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
    missing = [output for output in DESIGNS[name].parts.outputs if output not in outputs]
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
