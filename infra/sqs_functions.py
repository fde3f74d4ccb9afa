"""The four functions of the `sqs` design: settings, environment, and what each may call.

A transaction and a batch write need the rights of their parts; so where a handler says
TransactWriteItems, its role says PutItem, UpdateItem or DeleteItem.
"""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from infra.functions import (
    FUNCTION_TIMEOUT_MAX_S,
    SMALL_MEMORY_MB,
    FunctionSpec,
    allow,
)
from infra.queues import Source
from workbench.designs import Counters, Sqs

BATCHER_TIMEOUT_S = FUNCTION_TIMEOUT_MAX_S
FINALIZER_TIMEOUT_S = 60
FAILURES_TIMEOUT_S = 300
QUEUES = "PLAN_QUEUE_URL ITEM_QUEUE_URL POLL_QUEUE_URL"
BATCHER_ACTIONS = "GetItem PutItem UpdateItem DeleteItem Query BatchWriteItem"


@dataclass(frozen=True)
class Parts:
    """What the functions work on."""

    table: dynamodb.ITable
    plan_queue: sqs.Queue
    item_queue: sqs.Queue
    poll_queue: sqs.Queue
    dead_letters: sqs.Queue
    topic: sns.ITopic


def batcher(design: Sqs | Counters, parts: Parts, actions: str = BATCHER_ACTIONS) -> FunctionSpec:
    """Opens a batch, plans its segments, creates the items of each."""
    return FunctionSpec(
        name="batcher",
        memory_mb=design.batcher_memory_mb,
        timeout_s=BATCHER_TIMEOUT_S,
        environment=environment(parts, f"STATE_TABLE {QUEUES}"),
        calls=[
            records(parts, actions),
            send(parts.plan_queue, parts.item_queue, parts.poll_queue),
            put_off(parts.plan_queue),
        ],
        source=Source(parts.plan_queue, 1, design.batcher_concurrency),
        on_failure=parts.dead_letters,
        recursive=True,
    )


def processor(design: Sqs, parts: Parts) -> FunctionSpec:
    """Works the items."""
    return FunctionSpec(
        name="processor",
        memory_mb=design.memory_mb,
        timeout_s=design.processor_timeout_s,
        environment=environment(parts, "STATE_TABLE ITEM_QUEUE_URL"),
        calls=[
            records(parts, "GetItem BatchGetItem PutItem UpdateItem DeleteItem BatchWriteItem"),
            send(parts.item_queue),
            put_off(parts.item_queue),
        ],
        source=Source(
            parts.item_queue,
            design.messages_per_invocation,
            design.max_concurrency,
            design.batch_window_s,
        ),
        recursive=True,
        item_metrics=True,
    )


def finalizer(_: Sqs, parts: Parts) -> FunctionSpec:
    """Looks whether a batch is done, and tells."""
    return FunctionSpec(
        name="finalizer",
        memory_mb=SMALL_MEMORY_MB,
        timeout_s=FINALIZER_TIMEOUT_S,
        environment=environment(parts, f"STATE_TABLE {QUEUES} TOPIC_ARN"),
        calls=[
            records(parts, "GetItem UpdateItem DeleteItem Query"),
            send(parts.poll_queue, parts.plan_queue, parts.item_queue),
            allow([parts.topic.topic_arn], "sns:Publish"),
        ],
        source=Source(parts.poll_queue, 1),
        recursive=True,
    )


def failures(_: Sqs, parts: Parts) -> FunctionSpec:
    """Deals with what reached the dead letters."""
    return FunctionSpec(
        name="failures",
        memory_mb=SMALL_MEMORY_MB,
        timeout_s=FAILURES_TIMEOUT_S,
        environment=environment(parts, "STATE_TABLE PLAN_QUEUE_URL ITEM_QUEUE_URL TOPIC_ARN"),
        calls=[
            records(parts, "GetItem BatchGetItem PutItem UpdateItem DeleteItem BatchWriteItem"),
            send(parts.plan_queue, parts.item_queue),
            allow([parts.topic.topic_arn], "sns:Publish"),
        ],
        source=Source(parts.dead_letters, 10),
        recursive=True,
    )


def environment(parts: Parts, names: str) -> dict[str, str]:
    """The variables that a handler reads."""
    known = {
        "STATE_TABLE": parts.table.table_name,
        "PLAN_QUEUE_URL": parts.plan_queue.queue_url,
        "ITEM_QUEUE_URL": parts.item_queue.queue_url,
        "POLL_QUEUE_URL": parts.poll_queue.queue_url,
        "DEAD_LETTERS_URL": parts.dead_letters.queue_url,
        "TOPIC_ARN": parts.topic.topic_arn,
    }
    return {name: known[name] for name in names.split()}


def records(parts: Parts, actions: str) -> iam.PolicyStatement:
    """These actions on the batch-state table."""
    return allow([parts.table.table_arn], *(f"dynamodb:{name}" for name in actions.split()))


def send(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Sending to these queues, one message or a batch of them."""
    return allow([queue.queue_arn for queue in queues], "sqs:SendMessage")


def put_off(queue: sqs.IQueue) -> iam.PolicyStatement:
    """Saying when a message that failed comes back to this queue."""
    return allow([queue.queue_arn], "sqs:ChangeMessageVisibility")
