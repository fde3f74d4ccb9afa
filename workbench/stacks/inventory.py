"""What of ours exists on AWS: by the stacks' own lists and by tag, named without account ids."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.designs import DESIGNS
from workbench.stacks.aws_clients import Aws, plainly, scrub
from workbench.stacks.deployed import describe
from workbench.stacks.existence import exists

TAG = {"Key": "project", "Values": ["fanin-workbench"]}  # infra/stack.py
GONE = "DELETE_COMPLETE"
TYPES = {  # CloudFormation's types by service and kind of an ARN, where the tagging API tells one
    "lambda:function": "AWS::Lambda::Function",
    "lambda:event-source-mapping": "AWS::Lambda::EventSourceMapping",
    "sqs": "AWS::SQS::Queue",
    "sns": "AWS::SNS::Topic",
    "dynamodb:table": "AWS::DynamoDB::Table",
    "s3": "AWS::S3::Bucket",
    "states:stateMachine": "AWS::StepFunctions::StateMachine",
    "logs:log-group": "AWS::Logs::LogGroup",
    "events:rule": "AWS::Events::Rule",
    "iam:role": "AWS::IAM::Role",
    "cloudwatch:alarm": "AWS::CloudWatch::Alarm",
    "cloudformation:stack": "AWS::CloudFormation::Stack",
}
SIZED = ("AWS::Logs::LogGroup", "AWS::DynamoDB::Table", "AWS::S3::Bucket")


@dataclass(frozen=True, order=True)
class Thing:
    """One resource: its type as CloudFormation calls it, and its name."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


def inventory(aws: Aws, designs: Iterable[str] = tuple(DESIGNS)) -> list[Thing]:
    """Everything of these designs' stacks that exists, by list and by tag, each thing once.

    The tagging API tells of the dead for a while, so what it alone knows is asked for.
    """
    names = [DESIGNS[name].stack for name in designs]
    listed = {thing for name in names for thing in stack_things(aws, name)}
    tagged = {thing for thing in tagged_things(aws) if any(_of(thing, name) for name in names)}
    found = {one for one in tagged - listed if exists(aws, one.type, one.name) is not False}
    return sorted(listed | found)


def stack_things(aws: Aws, stack: str) -> list[Thing]:
    """The stack and its resources that are not deleted; nothing if there is no such stack."""
    described = describe(aws, stack)
    if described is None or described["StackStatus"] == GONE:
        return []
    with plainly():
        pages = aws.client("cloudformation").get_paginator("list_stack_resources")
        listed = [
            one
            for page in pages.paginate(StackName=stack)
            for one in page["StackResourceSummaries"]
            if one["ResourceStatus"] != GONE and one.get("PhysicalResourceId")
        ]
    things = [Thing("AWS::CloudFormation::Stack", stack)]
    for one in listed:
        thing = Thing(one["ResourceType"], _name(one["PhysicalResourceId"]))
        if thing not in things:  # some servers list the stack among its own resources
            things.append(thing)
    return things


def tagged_things(aws: Aws) -> Iterator[Thing]:
    """What carries our tag, whichever stack it is or was in."""
    with plainly():
        pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
        for page in pages.paginate(TagFilters=[TAG]):
            for one in page["ResourceTagMappingList"]:
                yield of_arn(one["ResourceARN"])


def of_arn(arn: str) -> Thing:
    """A resource by its ARN: arn:aws:service:region:account:kind/name, or kind:name, or name."""
    _, _, service, _, _, rest = arn.split(":", 5)
    kind = ""
    if service not in ("s3", "sqs", "sns"):
        cut = min((at for at in (rest.find(":"), rest.find("/")) if at > 0), default=0)
        kind, rest = rest[:cut], rest[cut + 1 :]
    name = rest.split("/")[0] if kind == "stack" else rest.removesuffix(":*")
    known = f"{service}:{kind}" if kind else service
    return Thing(TYPES.get(known, known), scrub(name))


def sizes(aws: Aws, things: Iterable[Thing]) -> dict[Thing, int]:
    """Bytes kept by what is paid by its size: buckets, tables and log groups that exist."""
    return {thing: _bytes(aws, thing) for thing in things if thing.type in SIZED}


def _name(physical_id: str) -> str:
    """A physical id as a name: of a queue's URL the end, of an ARN what `of_arn` makes of it."""
    if physical_id.startswith("arn:"):
        return of_arn(physical_id).name
    if "://" in physical_id:
        return physical_id.rsplit("/", 1)[-1]
    return scrub(physical_id)


def _of(thing: Thing, stack: str) -> bool:
    """Whether a thing is named after a stack, as CloudFormation names what it makes."""
    return stack.lower() in thing.name.lower()


def _bytes(aws: Aws, thing: Thing) -> int:
    """Bytes kept by one thing."""
    with plainly():
        if thing.type == "AWS::Logs::LogGroup":
            answer = aws.client("logs").describe_log_groups(logGroupNamePrefix=thing.name)
            return sum(one.get("storedBytes", 0) for one in answer["logGroups"])
        if thing.type == "AWS::DynamoDB::Table":
            table = aws.client("dynamodb").describe_table(TableName=thing.name)["Table"]
            return table.get("TableSizeBytes", 0)
        pages = aws.client("s3").get_paginator("list_object_versions")
        found = (page.get("Versions", []) for page in pages.paginate(Bucket=thing.name))
        return sum(one["Size"] for page in found for one in page)
