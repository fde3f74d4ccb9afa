"""Queues as both stacks want them, encrypted, no plain HTTP, 14 days of patience; their polling."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import accepted

RETENTION_DAYS = 14  # SQS's longest: a weekend and a holiday must not lose a batch
VISIBILITY_FACTOR = 6  # of the function's timeout (Lambda developer guide, SQS event sources)


@dataclass(frozen=True)
class Redrive:
    """Where a queue's messages go after `max_receives` failed tries."""

    queue: sqs.IQueue
    max_receives: int


@dataclass(frozen=True)
class Source:
    """A queue as a function's event source."""

    queue: sqs.Queue
    batch_size: int
    max_concurrency: int | None = None
    window_s: int = 0


def add_queue(
    scope: Construct,
    id: str,
    visibility_s: int,
    redrive: Redrive | None = None,
    why_no_redrive: str = "",
) -> sqs.Queue:
    """A queue; without a redrive, and not a dead-letter queue itself, it must give a reason."""
    queue = sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(RETENTION_DAYS),
        visibility_timeout=Duration.seconds(visibility_s),
        removal_policy=RemovalPolicy.DESTROY,
        dead_letter_queue=redrive
        and sqs.DeadLetterQueue(queue=redrive.queue, max_receive_count=redrive.max_receives),
    )
    if why_no_redrive:
        accepted.accept(queue, "SQS3", why_no_redrive)
    return queue


def add_source(function: lambda_.Function, source: Source) -> lambda_.EventSourceMapping:
    """Poll the queue for the function, which answers with the messages that failed.

    The bare mapping, because CDK's event source class would add actions to the function's role.
    """
    return lambda_.EventSourceMapping(
        function,
        "Source",
        target=function,
        event_source_arn=source.queue.queue_arn,
        batch_size=source.batch_size,
        max_batching_window=Duration.seconds(source.window_s) if source.window_s else None,
        max_concurrency=source.max_concurrency,
        report_batch_item_failures=True,
    )
