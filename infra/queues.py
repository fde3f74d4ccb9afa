"""Queues as both stacks want them, encrypted, no plain HTTP, 14 days of patience; their polling."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import accepted
from workbench.designs import Design

RETENTION_DAYS = 14  # SQS's longest: a weekend and a holiday must not lose a batch
VISIBILITY_FACTOR = 6  # of the function's timeout (Lambda developer guide, SQS event sources)


@dataclass(frozen=True)
class Redrive:
    """Where a queue's messages go after `max_receives` failed tries."""

    queue: sqs.IQueue
    max_receives: int


@dataclass(frozen=True)
class Source:
    """A queue as a function's event source; a batch size unless a knob says it."""

    queue: sqs.Queue
    batch_size: int = 1


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


def add_source(
    function: lambda_.Function, source: Source, design: Design
) -> lambda_.EventSourceMapping:
    """Poll the queue for the function, which answers with the messages that failed.

    The bare mapping, because CDK's event source class would add actions to the function's role.
    """
    own = design.settings().get(f"{function.node.id}Source", {})
    window_s = own.get("MaximumBatchingWindowInSeconds")
    return lambda_.EventSourceMapping(
        function,
        "Source",
        target=function,
        event_source_arn=source.queue.queue_arn,
        batch_size=own.get("BatchSize", source.batch_size),
        max_batching_window=window_s and Duration.seconds(window_s),
        max_concurrency=(own.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        report_batch_item_failures=True,
    )
