"""The failures consumer: what reached the dead letters is sent again, split, or listed as failed.

Nothing is listed that may still be done: a message of several items is split, a one-item message
fails only if its item began its attempts, a segment only after its records are taken away.
"""

import json
import os
from typing import Any

from lambdas import items, leases, messages, outside, state, telemetry
from lambdas.items import Item
from lambdas.sqs import alone, batches, bodies
from lambdas.sqs.batches import Batch
from lambdas.sqs.splitting import Leased, alone_sk, split
from lambdas.trigger import name_of

ROUNDS_MAX = 3  # a plan or a segment goes through all its receives as often
LEASE_S = 930  # as long as the batcher's: it may hold the same records

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with every dead letter; those that cannot be dealt with now stay for the next time."""
    failures = []
    for n, record in enumerate(event["Records"]):
        batch = ""
        try:
            body = json.loads(record["body"])
            batch = str(body.get("batch"))
            if "requestPayload" in body:
                _not_started(body)
            else:
                _deal(_ours(record["body"], body), f"{context.aws_request_id}/{n}", context)
        except Exception as error:  # of this letter only, which may be none of ours
            telemetry.report("sqs", "failures", batch, error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _ours(text: str, body: dict[str, Any]) -> dict[str, Any]:
    """The message that became a dead letter; Stranger if it is none of ours."""
    if body.get("kind") != "items":
        return bodies.read_part(text)
    if bodies.read_items(text) is None:
        raise bodies.Stranger(text)
    return body


def _deal(body: dict[str, Any], owner: str, context: Any) -> None:
    """Deal with one dead letter."""
    batch = batches.read_batch(body["batch"])
    if batch is None or batch.status in ("COMPLETE", "NOTIFIED"):
        return
    if batch.status == "CANCELLED":
        raise Leased(outside.now() + LEASE_S)
    if body["kind"] == "items":
        if body.get("alone"):
            _alone(batch, body, owner, context)
        else:
            split(item_queue, body, owner)
    elif body.get("round", 0) + 1 < ROUNDS_MAX:
        messages.send(plan_queue, {**body, "round": body.get("round", 0) + 1})
    elif body["kind"] == "plan":
        _fail_plan(batch, owner)
    else:
        _fail_segment(batch, body, owner)


def _alone(batch: Batch, body: dict[str, Any], owner: str, context: Any) -> None:
    """List an item that used up its attempts; send one that did not begin them all once more."""
    item = Item(*body["items"][0])
    key = state.item_key(batch.id, alone_sk(body), body["knobs"]["state_shards"])
    lease = leases.take(key, owner, LEASE_S)
    if lease.gone:
        return
    if not lease.taken:
        raise Leased(lease.held_until)
    tries = lease.record.get("attempts", 0)
    if tries < alone.ATTEMPTS_MAX:
        leases.release(key, owner, lease.crashed)
        messages.send(item_queue, body, messages.retry_s(tries + 1))
        return
    if batches.fail_item(batch.id, key, item, "it began three times and never ended", tries, owner):
        failed = {"items_processed": 0, "items_failed": 1}
        telemetry.emit("sqs", "failures", batch.id, context, failed, last_done_at=outside.now())


def _fail_plan(batch: Batch, owner: str) -> None:
    """List the whole batch as failed, if it was never planned."""
    key = state.batch_key(batch.id)
    lease = leases.take(key, owner, LEASE_S)
    if not lease.taken:
        raise Leased(lease.held_until)
    if lease.record["planned"]:
        leases.release(key, owner)
        messages.send(plan_queue, {"kind": "plan", "batch": batch.id})
        return
    size = batch.knobs["segment_items"]
    written = range(-(-batch.items // size))
    state.delete_all((state.segment_key(batch.id, n) for n in written), state.BATCH_WRITE_MAX)
    planned = {
        "Key": key,
        "UpdateExpression": "SET planned = :true",
        "ConditionExpression": "lease_by = :me AND planned = :false",
        "ExpressionAttributeValues": state.pack({":true": True, ":false": False, ":me": owner}),
    }
    why = "the batch could not be planned"
    batches.fail_range(batch.id, "plan", 0, batch.items, why, ("Update", planned))


def _fail_segment(batch: Batch, body: dict[str, Any], owner: str) -> None:
    """List a segment's range as failed, if its items were never all created."""
    key = state.segment_key(batch.id, body["segment"])
    lease = leases.take(key, owner, LEASE_S)
    if lease.gone:
        return
    if not lease.taken:
        raise Leased(lease.held_until)
    if lease.record.get("written"):  # only its messages are missing
        leases.release(key, owner)
        messages.send(
            plan_queue, {"kind": "segment", "batch": batch.id, "segment": body["segment"]}
        )
        return
    start, stop = lease.record["start"], lease.record["stop"]
    shards = batch.knobs["state_shards"]
    created = items.create(batch.seed, start, stop, batch.knobs)
    state.delete_all(
        (state.item_key(batch.id, item.id, shards) for item in created), state.BATCH_WRITE_MAX
    )
    name, why = f"segment#{body['segment']:06d}", "the segment could not be created"
    batches.fail_range(batch.id, name, start, stop, why, ("Delete", batches.held(key, owner)))


def _not_started(body: dict[str, Any]) -> None:
    """Tell that a trigger failed for good: Lambda's record of an asynchronous invocation."""
    trigger = body["requestPayload"]
    response = body.get("responsePayload") or {}
    notice = {
        "batch_id": name_of(trigger),
        "design": "sqs",
        "status": "not_started",
        "items": trigger.get("items"),
        "items_failed": 0,
        "detected_at": outside.now(),
        "reason": str(response.get("errorMessage") or body["requestContext"].get("condition")),
    }
    sns.publish(TopicArn=topic, Subject="Batch not started", Message=json.dumps(notice))
