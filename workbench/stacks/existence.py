"""Whether a thing exists, asked of its own service: lists and tags tell of the dead for a while."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workbench.stacks.aws_clients import Aws, code_of, plainly

UNKNOWN = (
    "404",
    "NotFound",
    "NotFoundException",
    "NoSuchBucket",
    "NoSuchEntity",
    "ResourceNotFoundException",
    "ResourceNotFound",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "StateMachineDoesNotExist",
)


@dataclass(frozen=True)
class Question:
    """A call that fails for a thing that is not there, or lists it under a key if it is."""

    service: str
    call: str
    argument: str
    listed: str = ""  # the answer's list, where a call does not fail
    named: str = ""  # what carries the name in that list
    arn: str = ""  # how an ARN begins after the account, where the call wants one
    many: bool = False  # the argument is a list


QUESTIONS: Mapping[str, Question] = {
    "AWS::DynamoDB::Table": Question("dynamodb", "describe_table", "TableName"),
    "AWS::Lambda::Function": Question("lambda", "get_function_configuration", "FunctionName"),
    "AWS::Lambda::EventSourceMapping": Question("lambda", "get_event_source_mapping", "UUID"),
    "AWS::SQS::Queue": Question("sqs", "get_queue_url", "QueueName"),
    "AWS::SNS::Topic": Question("sns", "get_topic_attributes", "TopicArn", arn=":"),
    "AWS::Events::Rule": Question("events", "describe_rule", "Name"),
    "AWS::S3::Bucket": Question("s3", "head_bucket", "Bucket"),
    "AWS::StepFunctions::StateMachine": Question(
        "stepfunctions", "describe_state_machine", "stateMachineArn", arn=":stateMachine:"
    ),
    "AWS::IAM::Role": Question("iam", "get_role", "RoleName"),
    "AWS::CloudWatch::Alarm": Question(
        "cloudwatch", "describe_alarms", "AlarmNames", "MetricAlarms", "AlarmName", many=True
    ),
    "AWS::Logs::LogGroup": Question(
        "logs", "describe_log_groups", "logGroupNamePrefix", "logGroups", "logGroupName"
    ),
}
ARN_SERVICES = {"sns": "sns", "stepfunctions": "states"}


def exists(aws: Aws, kind: str, name: str) -> bool | None:
    """Whether a thing of this CloudFormation type is there; None if there is no way to ask."""
    question = QUESTIONS.get(kind)
    if question is None:
        return None
    value = name
    if question.arn:
        service = ARN_SERVICES[question.service]
        value = f"arn:{_partition(aws)}:{service}:{aws.region}:{aws.account()}{question.arn}{name}"
    call: Callable[..., Any] = getattr(aws.client(question.service), question.call)
    with plainly():
        try:
            answer = call(**{question.argument: [value] if question.many else value})
        except ClientError as error:
            if code_of(error) in UNKNOWN:
                return False
            raise
    if not question.listed:
        return True
    return any(one[question.named] == name for one in answer[question.listed])


def _partition(aws: Aws) -> str:
    """The partition that the region lies in, which an ARN begins with."""
    return "aws-cn" if aws.region.startswith("cn-") else "aws"
