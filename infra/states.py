"""The states of the `sfn` design's machine.

    Start ─> Owner? ─> CreateItems ─> Process ─> Summarize ─> Notify ─> Done
      │        └─> AlreadyStarted │       │
      └─> NotifyNotStarted ─┐     └───────┴─> NotifyFailure ─┐
                            └────────────────────────────────┴─> Failed

What the execution's state is on entering each:
- Start: the trigger, as it came.
- Owner?, CreateItems, Process, Summarize: the batch, which is what the batcher answered to `start`.
  The results of the two maps are dropped, so the state never grows with the batch.
- Notify: the notification itself, as the summary worded it.
- NotifyNotStarted: the trigger, with `error`. NotifyFailure: the batch, with `error`.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import FUNCTION_TIMEOUT_MAX_S
from infra.tasks import PrefixReader, invoke, invoke_child, publish
from workbench.designs import Sfn

BATCHER_TIMEOUT_S = FUNCTION_TIMEOUT_MAX_S
SUMMARY_TIMEOUT_S = 300
INLINE_CONCURRENCY = 40  # the most that an inline map has (Step Functions quotas)
BATCHES = "batches/*"  # items, claims, and lists of what failed
RESULTS = "results/*"  # what the map's result writer leaves


@dataclass(frozen=True)
class Parts:
    """What the machine's states work on."""

    batcher: lambda_.IFunction
    processor: lambda_.IFunction
    summary: lambda_.IFunction
    bucket: s3.IBucket
    topic: sns.ITopic


def definition(scope: Construct, design: Sfn, parts: Parts) -> sfn.IChainable:
    """All states, chained, with what catches their errors."""
    start, create = _start(scope, parts), _create_items(scope, parts)
    process = _process(scope, design, parts)
    failed = sfn.Fail(scope, "Failed", error="BatchFailed", cause="see the notification")
    not_started = _notify_not_started(scope, parts).next(failed)
    failure = _notify_failure(scope, parts).next(failed)
    start.add_catch(not_started, result_path="$.error")
    create.add_catch(failure, result_path="$.error")
    process.add_catch(failure, result_path="$.error")
    batch = create.next(process).next(_summarize(scope, parts)).next(_notify(scope, parts))
    batch.next(sfn.Succeed(scope, "Done"))
    owner = sfn.Choice(scope, "Owner?")
    owner.when(sfn.Condition.boolean_equals("$.owner", True), batch)
    owner.otherwise(sfn.Succeed(scope, "AlreadyStarted"))
    return start.next(owner)


def _start(scope: Construct, parts: Parts) -> sfn.TaskStateBase:
    """The batcher claims the batch for this execution and plans its segments."""
    payload = {
        "action": "start",
        "trigger": sfn.JsonPath.object_at("$"),
        "execution": sfn.JsonPath.execution_id,
    }
    return invoke(scope, "Start", parts.batcher, BATCHER_TIMEOUT_S, payload)


def _create_items(scope: Construct, parts: Parts) -> sfn.Map:
    """The batcher writes the items of each segment; a second try overwrites the same object."""
    create = sfn.Map(
        scope,
        "CreateItems",
        items_path="$.segments",
        item_selector={
            "action": "segment",
            "segment": sfn.JsonPath.number_at("$$.Map.Item.Value"),
            "batch": sfn.JsonPath.object_at("$"),
        },
        max_concurrency=INLINE_CONCURRENCY,
        result_path=sfn.JsonPath.DISCARD,
    )
    return create.item_processor(invoke(scope, "CreateSegment", parts.batcher, BATCHER_TIMEOUT_S))


def _process(scope: Construct, design: Sfn, parts: Parts) -> sfn.DistributedMap:
    """The map over all items. Its end is how this design knows that the batch is done."""
    process = sfn.DistributedMap(
        scope,
        "Process",
        label="Process",
        map_execution_type=sfn.StateMachineType[design.child_type],
        item_reader=PrefixReader(parts.bucket, "$.prefix", BATCHES),
        item_batcher=sfn.ItemBatcher(
            max_items_per_batch_path="$.items_per_child",
            # In the states language's own words, because CDK renders this object as it stands.
            batch_input={"batch_id.$": "$.batch_id", "knobs.$": "$.knobs"},
        ),
        max_concurrency_path="$.max_concurrency",
        tolerated_failure_percentage=100,  # the default, 0, ends the map at the first failed child
        result_writer_v2=sfn.ResultWriterV2(
            bucket=parts.bucket, prefix=sfn.JsonPath.string_at("$.results")
        ),
        result_path=sfn.JsonPath.DISCARD,
    )
    return process.item_processor(invoke_child(scope, "ProcessBatch", parts.processor, design))


def _summarize(scope: Construct, parts: Parts) -> sfn.TaskStateBase:
    """The summary counts what failed and words the notification."""
    payload = {
        "batch": sfn.JsonPath.object_at("$"),
        "entered_at": sfn.JsonPath.state_entered_time,
    }
    return invoke(scope, "Summarize", parts.summary, SUMMARY_TIMEOUT_S, payload)


def _notify(scope: Construct, parts: Parts) -> sfn.TaskStateBase:
    """Notifies that the batch is done."""
    message = sfn.JsonPath.json_to_string(sfn.JsonPath.object_at("$"))
    return publish(scope, "Notify", parts.topic, sfn.TaskInput.from_text(message))


def _notify_failure(scope: Construct, parts: Parts) -> sfn.TaskStateBase:
    """Notifies that a batch came to nothing, and why."""
    batch_id, items = sfn.JsonPath.string_at("$.batch_id"), sfn.JsonPath.number_at("$.items")
    message = _failure("failed", batch_id) | {"items": items}
    return publish(scope, "NotifyFailure", parts.topic, sfn.TaskInput.from_object(message))


def _notify_not_started(scope: Construct, parts: Parts) -> sfn.TaskStateBase:
    """Notifies that no batch was opened; the execution's name stands for the id it did not get."""
    message = _failure("not_started", sfn.JsonPath.execution_name)
    return publish(scope, "NotifyNotStarted", parts.topic, sfn.TaskInput.from_object(message))


def _failure(status: str, batch_id: str) -> dict[str, Any]:
    """A notification's fields; the states language cannot turn a time into epoch seconds."""
    return {
        "batch_id": batch_id,
        "design": Sfn.name,
        "status": status,
        "failed_at": sfn.JsonPath.state_entered_time,
        "reason": sfn.JsonPath.json_to_string(sfn.JsonPath.object_at("$.error")),
    }
