"""The finalizer: polls whether anything of a batch is left, and notifies when nothing is.

One message drives it: answered as failed, it comes back by itself after `poll_s`. It looks
downstream only: the plan, then the segments, then the shards of the items.
"""

import os
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any

from lambdas import items, notification, outside, queues, table, telemetry
from lambdas.queues import Later, Message
from lambdas.sqs import batches
from lambdas.sqs.batches import Batch

poll_queue = os.environ.get("POLL_QUEUE_URL", "")
plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")

SLOWEST = 14  # times as long as on a whole CPU, with the smallest memory


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Poll each batch; answer with those that are to be polled again."""
    poll = partial(_poll, context=context)
    return queues.receive(event, ("sqs", "finalizer"), poll_queue, poll)


def _poll(message: Message, context: Any) -> None:
    """Notify if nothing is left.

    Publish, then mark: a death between them notifies twice, with the moment that the record has.
    """
    batch = batches.read_batch(message["batch"])
    if batch.get("status") == "OPEN":
        age = {"open_batch_age_s": outside.now() - batch["created_at"]}
        telemetry.emit("sqs", "finalizer", batch["id"], context, age)
        left, limit_s = _left(batch), batch["knobs"].get("deadline_s", inf)
        if left and age["open_batch_age_s"] > limit_s:
            _cancel(batch, f"not complete within {limit_s:.0f} s, its deadline")
            return
        if left:
            _send_stuck(batch, left)
            raise Later(batch["knobs"]["poll_s"])
        failed = batches.count_failed(batch["id"])
        batches.lead(
            batch["id"], "OPEN", "COMPLETE", detected_at=outside.now(), items_failed=failed
        )
        batch = batches.read_batch(batch["id"])
    if batch.get("status") == "COMPLETE":
        known = (batch[name] for name in ("id", "items", "items_failed", "detected_at"))
        notification.publish(sns, topic, notification.complete("sqs", *known))
        batches.lead(batch["id"], "COMPLETE", "NOTIFIED")
    if batch.get("status") != "CANCELLED":
        table.conditional("delete_item", Key=table.pack({"pk": "open", "sk": message["batch"]}))


def _cancel(batch: Batch, why: str) -> None:
    """Notify of a batch that is past its deadline, then cancel it, as the workbench does."""
    known = (batch[name] for name in ("id", "items"))
    notification.publish(sns, topic, notification.incomplete("cancelled", "sqs", *known, why))
    batches.lead(batch["id"], "OPEN", "CANCELLED", reason=why)


def _left(batch: Batch) -> table.Record | None:
    """The first record of what is left, upstream first: the batch itself until it is planned."""
    if not batch["planned"]:
        return batch
    shards = range(batch["knobs"]["state_shards"])
    items_of = (table.shard_partition(batch["id"], shard) for shard in shards)
    return next(filter(None, map(table.first, (f"segments#{batch['id']}", *items_of))), None)


def _send_stuck(batch: Batch, record: table.Record) -> None:
    """Send the message of a record that is older than anything a living message explains."""
    now = outside.now()
    if now - record["created_at"] < _stuck_after_s(batch):
        return
    if record is batch:
        queues.send(plan_queue, {"batch": batch["id"]})
        return
    # Dated anew, so that it is not sent at every poll; not if it is gone or was dated meanwhile.
    young = {
        "Key": table.pack({"pk": record["pk"], "sk": record["sk"]}),
        "UpdateExpression": "SET created_at = :now",
        "ConditionExpression": "created_at = :old",
        "ExpressionAttributeValues": table.pack({":now": now, ":old": record["created_at"]}),
    }
    if not table.conditional("update_item", **young):
        return
    if record["pk"].startswith("segments#"):
        queues.send(plan_queue, {"batch": batch["id"], "segment": int(record["sk"])})
    else:
        pairs = [[record["sk"].rsplit("#", 1)[-1], record.get("value")]]
        if "stop" in record:
            pairs = items.create(batch["seed"], record["start"], record["stop"], batch["knobs"])
        resent = batches.items_message(batch, pairs, sk=record["sk"], again=True)
        queues.send(item_queue, resent)


def _stuck_after_s(batch: Batch) -> float:
    """When a record counts as forgotten: not before a long queue has had four times its time."""
    knobs = batch["knobs"]
    at_once = (knobs["max_concurrency"] or 1_000) * knobs["item_concurrency"]
    points = knobs.get("durations") or [[0, 0], [2**32, knobs["value_max"]]]
    item_ms = sum((b - a) * (c + d) for (a, c), (b, d) in pairwise(points)) / 2**32  # twice
    item_ms += SLOWEST * knobs.get("cpu_ms", 0)
    drain_s = batch["items"] * item_ms / 1000 / at_once
    return max(knobs["stuck_after_s"], 4 * drain_s)
