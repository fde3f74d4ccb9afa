"""The batcher: opens a batch, and sends the item messages of one part of it at a time.

Nothing is written for an item: the messages have the numbers 0 to messages - 1, and that is all
there is to know of them. Any step may be done again: what is sent twice is counted once.
"""

import os
from collections.abc import Iterator
from typing import Any

from lambdas import items, messages, outside, telemetry
from lambdas.counters import batches
from lambdas.counters.batches import Batch
from lambdas.counters.receiving import receive
from lambdas.trigger import read_trigger

NEEDED = "items_per_message segment_items item_concurrency poll_s value_max".split()

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
poll_queue = os.environ.get("POLL_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A trigger opens a batch; a message of the plan queue creates a part of it."""
    if not isinstance(event, dict) or "Records" not in event:
        return start(event)
    return receive(event, "batcher", plan_queue, lambda body: _create(body, context))


def start(event: Any) -> dict[str, Any]:
    """Write the batch record, start the finalizer's looks, send the plan: ranges of messages.

    A trigger that comes again does it all again, unless the batch is over.
    """
    trigger = read_trigger(event, NEEDED)
    batch = batches.open_batch(trigger)
    if batch is not None:
        knobs, end = batch["knobs"], batch["messages"]
        poll_s, step = knobs["poll_s"], -(-knobs["segment_items"] // knobs["items_per_message"])
        messages.send(poll_queue, {"batch": trigger.batch, "poll_s": poll_s}, poll_s)
        plan = (
            {"batch": trigger.batch, "first": first, "stop": min(first + step, end)}
            for first in range(0, end, step)
        )
        messages.send_all(plan_queue, plan, messages.SEND_BATCH_MAX)
    return {"batch_id": trigger.batch, "open": batch is not None}


def _create(body: dict[str, Any], context: Any) -> None:
    """Create the items of a part and send their messages."""
    batch = batches.read_open(body["batch"])
    if batch is None:
        return
    numbers = range(body["first"], body["stop"])
    messages.send_all(item_queue, _bodies(batch, numbers), messages.SEND_BATCH_MAX)
    created = {"items_created": sum(len(items_of(batch, n)) for n in numbers)}
    telemetry.emit("counters", "batcher", batch["id"], context, created, created_at=outside.now())


def _bodies(batch: Batch, numbers: range) -> Iterator[dict[str, Any]]:
    """The item messages of these numbers."""
    at_once = batch["knobs"]["item_concurrency"]
    for n in numbers:
        part = items_of(batch, n)
        made = items.create(batch["seed"], part.start, part.stop, batch["knobs"])
        pairs = [[item.id, item.value] for item in made]
        yield {"batch": batch["id"], "n": n, "item_concurrency": at_once, "items": pairs}


def items_of(batch: Batch, number: int) -> range:
    """The items of message `number`."""
    size = batch["knobs"]["items_per_message"]
    return range(number * size, min((number + 1) * size, batch["items"]))
