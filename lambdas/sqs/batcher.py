"""The batcher: opens a batch, plans its segments, and creates the items of one segment at a time.

At each level: write the children, set a durable flag on the parent, send the messages, delete the
parent. A second delivery after the flag only sends again; it never writes children again, else the
record of an item that is done by now would come back and stay.
"""

import os
from collections.abc import Iterator
from typing import Any

from lambdas import items, leases, messages, outside, state, telemetry
from lambdas.sqs import batches, bodies
from lambdas.sqs.batches import Batch
from lambdas.trigger import read_trigger

LEASE_S = 930  # this function's timeout of 900 s, and a margin
SHAPES = "items_per_message segment_items value_max poll_s stuck_after_s max_concurrency"
NEEDED = (*bodies.KNOBS, *SHAPES.split())

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
poll_queue = os.environ.get("POLL_QUEUE_URL", "")


class Busy(Exception):
    """This part of the batch cannot be worked now: another invocation has it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"to be tried again in {seconds:.0f} s")
        self.seconds = seconds


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A trigger opens a batch; a message of the plan queue does a part of it."""
    if not isinstance(event, dict) or "Records" not in event:
        return _open(event)
    failures = []
    for record in event["Records"]:
        body: dict[str, Any] = {}
        try:
            body = bodies.read_part(record["body"])
            _work(body, context)
        except Exception as error:
            telemetry.report("sqs", "batcher", body.get("batch", ""), error)
            if body and not isinstance(error, Busy):
                leases.release(_key(body), context.aws_request_id)
            messages.put_off(plan_queue, record["receiptHandle"], _wait_s(error, record))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _open(event: dict[str, Any]) -> dict[str, Any]:
    """Start the finalizer's chain, write the batch record, ask for the plan.

    In this order, a death anywhere leaves a batch that a retry or the finalizer carries on.
    """
    trigger = read_trigger(event, NEEDED)
    messages.send(poll_queue, {"batch": trigger.batch, "hop": 0, "by": ""}, trigger.knobs["poll_s"])
    new = batches.open_batch(trigger)
    batch = None if new else batches.read_batch(trigger.batch)
    if batch is None or (batch.status == "OPEN" and not batch.planned):
        messages.send(plan_queue, {"kind": "plan", "batch": trigger.batch})
    return {"batch_id": trigger.batch, "new": new}


def _work(body: dict[str, Any], context: Any) -> None:
    """Do what a message of the plan queue asks for."""
    batch = batches.read_batch(body["batch"])
    if batch is None or batch.status in ("COMPLETE", "NOTIFIED"):
        return
    if batch.status == "CANCELLED":
        raise Busy(3600)
    owner = context.aws_request_id
    if body["kind"] == "plan":
        _plan(batch, owner)
    else:
        _segment(batch, body["segment"], owner, context)


def _key(body: dict[str, Any]) -> state.Key:
    """The key of the record that a message is about."""
    if body["kind"] == "plan":
        return state.batch_key(body["batch"])
    return state.segment_key(body["batch"], body["segment"])


def _wait_s(error: Exception, record: dict[str, Any]) -> float:
    """Until the lease ends, or twice as long after each failure."""
    return error.seconds if isinstance(error, Busy) else messages.retry_s(messages.receives(record))


def _plan(batch: Batch, owner: str) -> None:
    """Write the segments' records, then the flag, then send their messages."""
    key = state.batch_key(batch.id)
    lease = _lease(key, owner)
    if not lease.record["planned"]:
        size = batch.knobs["segment_items"]
        starts = range(0, batch.items, size)
        created_at = outside.now()
        state.put_all(
            (
                {
                    "pk": f"segments#{batch.id}",
                    "sk": f"{n:06d}",
                    "start": start,
                    "stop": min(start + size, batch.items),
                    "created_at": created_at,
                }
                for n, start in enumerate(starts)
            ),
            batch.knobs["write_batch_size"],
        )
        if not leases.update(key, owner, "planned", True):
            raise Busy(LEASE_S)
    left = (int(record["sk"]) for record in state.every(f"segments#{batch.id}"))
    segments = ({"kind": "segment", "batch": batch.id, "segment": n} for n in left)
    messages.send_all(plan_queue, segments, batch.knobs["send_batch_size"])
    leases.release(key, owner)


def _segment(batch: Batch, segment: int, owner: str, context: Any) -> None:
    """Write the records of a segment's items, then the flag, then send their messages."""
    key = state.segment_key(batch.id, segment)
    lease = _lease(key, owner)
    if lease.gone:
        return
    start, stop = lease.record["start"], lease.record["stop"]
    knobs = batch.knobs
    if not lease.record.get("written"):
        state.put_all(_records(batch, start, stop), knobs["write_batch_size"])
        if not leases.update(key, owner, "written", True):
            raise Busy(LEASE_S)
    sent = bodies.item_bodies(batch, start, stop)
    messages.send_all(item_queue, sent, knobs["send_batch_size"])
    state.delete_all([key], 1)
    created = {"items_created": stop - start}
    telemetry.emit("sqs", "batcher", batch.id, context, created, created_at=outside.now())


def _lease(key: state.Key, owner: str) -> leases.Lease:
    """The lease on a part of the batch; Busy says for how long another has it."""
    lease = leases.take(key, owner, LEASE_S)
    if not lease.taken and not lease.gone:
        raise Busy(lease.held_until - outside.now())
    return lease


def _records(batch: Batch, start: int, stop: int) -> Iterator[state.Record]:
    """One record an item, or one a message: it holds what its message can be made from again."""
    knobs, created_at = batch.knobs, outside.now()
    shards, step = knobs["state_shards"], knobs["items_per_message"]
    if knobs["track"] == "message":
        for first in range(start, stop, step):
            sk = next(items.create(batch.seed, first, first + 1, knobs)).id
            pk = state.shard_partition(batch.id, items.shard_of(sk, shards))
            last = min(first + step, stop)
            yield {"pk": pk, "sk": sk, "start": first, "stop": last, "created_at": created_at}
        return
    for item in items.create(batch.seed, start, stop, knobs):
        pk = state.shard_partition(batch.id, items.shard_of(item.id, shards))
        yield {"pk": pk, "sk": item.id, "value": item.value, "created_at": created_at}
