"""What of ours exists on AWS: by the stacks' own lists and by tag, named without account ids."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from workbench.designs import DESIGNS
from workbench.designs.tags import BILL_EXPORT, EXPORT_STACK, stack_tags
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import code_of, plainly, scrub
from workbench.stacks.deployed import describe

DELETED = "DELETE_COMPLETE"
STACKS = {name: design.stack for name, design in DESIGNS.items()} | {BILL_EXPORT: EXPORT_STACK}
STACK = "AWS::CloudFormation::Stack"
UNKNOWN = (  # the codes that say that a thing is not there
    "404 NotFound NotFoundException NoSuchBucket NoSuchEntity ResourceNotFoundException "
    "ResourceNotFound QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue "
    "StateMachineDoesNotExist"
).split()


@dataclass(frozen=True)
class Kind:
    """A type of resource, and a call that fails for one that is not there, or lists it if it is."""

    arn: str  # service and kind as its ARN has them
    service: str  # as boto3 calls it
    call: str
    argument: str
    listed: str = ""  # the answer's list, where a call does not fail
    named: str = ""  # what carries the name in that list
    by_arn: bool = False  # the argument is the ARN
    many: bool = False  # the argument is a list
    sign: str = ":"  # between kind and name in its ARN


KINDS = {  # by CloudFormation's types
    "AWS::DynamoDB::Table": Kind("dynamodb:table", "dynamodb", "describe_table", "TableName"),
    "AWS::Lambda::Function": Kind(
        "lambda:function", "lambda", "get_function_configuration", "FunctionName"
    ),
    "AWS::Lambda::Version": Kind(
        "lambda:version", "lambda", "get_function_configuration", "FunctionName"
    ),
    "AWS::Lambda::Alias": Kind(
        "lambda:alias", "lambda", "get_function_configuration", "FunctionName"
    ),
    "AWS::Lambda::EventSourceMapping": Kind(
        "lambda:event-source-mapping", "lambda", "get_event_source_mapping", "UUID"
    ),
    "AWS::SQS::Queue": Kind("sqs", "sqs", "get_queue_url", "QueueName"),
    "AWS::SNS::Topic": Kind("sns", "sns", "get_topic_attributes", "TopicArn", by_arn=True),
    "AWS::Events::Rule": Kind("events:rule", "events", "describe_rule", "Name"),
    "AWS::S3::Bucket": Kind("s3", "s3", "head_bucket", "Bucket"),
    "AWS::StepFunctions::StateMachine": Kind(
        "states:stateMachine",
        "stepfunctions",
        "describe_state_machine",
        "stateMachineArn",
        by_arn=True,
    ),
    "AWS::IAM::Role": Kind("iam:role", "iam", "get_role", "RoleName"),
    "AWS::CloudWatch::Alarm": Kind(
        "cloudwatch:alarm",
        "cloudwatch",
        "describe_alarms",
        "AlarmNames",
        "MetricAlarms",
        "AlarmName",
        many=True,
    ),
    "AWS::Logs::LogGroup": Kind(
        "logs:log-group",
        "logs",
        "describe_log_groups",
        "logGroupNamePrefix",
        "logGroups",
        "logGroupName",
    ),
    "AWS::BCMDataExports::Export": Kind(
        "bcm-data-exports:export",
        "bcm-data-exports",
        "get_export",
        "ExportArn",
        by_arn=True,
        sign="/",
    ),
}
TYPES = {kind.arn: name for name, kind in KINDS.items()} | {"cloudformation:stack": STACK}


@dataclass(frozen=True, order=True)
class Thing:
    """One resource: its type as CloudFormation calls it, and its name."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


def inventory(aws: Aws, designs: Iterable[str] = tuple(STACKS)) -> list[Thing]:
    """Everything of these designs' stacks that exists, by list and by tag, each thing once.

    The tagging API names what was deleted for a while, so what it alone knows is asked for.
    """
    names = tuple(designs)
    listed = {thing for name in names for thing in stack_things(aws, STACKS[name])}
    tagged = {thing for name in names for thing in tagged_things(aws, name)}
    return sorted(listed | {one for one in tagged - listed if exists(aws, one) is not False})


def stack_things(aws: Aws, stack: str) -> list[Thing]:
    """The stack and its resources that are not deleted; nothing if there is no such stack."""
    described = describe(aws, stack)
    if described is None or described["StackStatus"] == DELETED:
        return []
    things = {Thing(STACK, stack): None}  # some servers list the stack among its own resources
    with plainly():
        pages = aws.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=stack):
            for one in page["StackResourceSummaries"]:
                if one["ResourceStatus"] != DELETED and one.get("PhysicalResourceId"):
                    things[Thing(one["ResourceType"], _name(one["PhysicalResourceId"]))] = None
    return list(things)


def tagged_things(aws: Aws, design: str) -> Iterator[Thing]:
    """What carries the tags of a design's stack, whatever its name, listed or not."""
    wanted = [{"Key": key, "Values": [value]} for key, value in stack_tags(design).items()]
    with plainly():
        pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
        for page in pages.paginate(TagFilters=wanted):
            for one in page["ResourceTagMappingList"]:
                yield of_arn(one["ResourceARN"])


def exists(aws: Aws, thing: Thing) -> bool | None:
    """Whether a thing is there, asked of its own service; None if there is no way to ask."""
    kind = KINDS.get(thing.type)
    if kind is None:
        return None
    value = arn_of(aws, thing) if kind.by_arn else thing.name
    call = getattr(aws.client(kind.service), kind.call)
    with plainly():
        try:
            answer = call(**{kind.argument: [value] if kind.many else value})
        except ClientError as error:
            if code_of(error) in UNKNOWN:
                return False
            raise
    if not kind.listed:
        return True
    return any(one[kind.named] == thing.name for one in answer[kind.listed])


def arn_of(aws: Aws, thing: Thing) -> str:
    """The ARN of a thing of a known kind; never to be written down."""
    partition = "aws-cn" if aws.region.startswith("cn-") else "aws"
    kind = KINDS[thing.type]
    service, *rest = kind.arn.split(":")
    own = kind.sign.join([*rest, thing.name])
    return ":".join(["arn", partition, service, aws.region, aws.account(), own])


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


def stored_bytes(aws: Aws, thing: Thing) -> int:
    """Bytes kept by what is paid by its size: a bucket, a table, a log group."""
    with plainly():
        if thing.type == "AWS::Logs::LogGroup":
            answer = aws.client("logs").describe_log_groups(logGroupNamePrefix=thing.name)
            return sum(one.get("storedBytes", 0) for one in answer["logGroups"])
        if thing.type == "AWS::DynamoDB::Table":
            table = aws.client("dynamodb").describe_table(TableName=thing.name)["Table"]
            return table.get("TableSizeBytes", 0)
        if thing.type == "AWS::S3::Bucket":
            pages = aws.client("s3").get_paginator("list_object_versions")
            found = (page.get("Versions", []) for page in pages.paginate(Bucket=thing.name))
            return sum(one["Size"] for page in found for one in page)
    return 0


def _name(physical_id: str) -> str:
    """A physical id as a name: of a queue's URL the end, of an ARN what `of_arn` makes of it."""
    if physical_id.startswith("arn:"):
        return of_arn(physical_id).name
    if "://" in physical_id:
        return physical_id.rsplit("/", 1)[-1]
    return scrub(physical_id)
