"""The batcher: opens a batch, and sends the item messages of one part of it at a time.

Nothing is written for an item: the messages have the numbers 0 to messages - 1, and that is all
there is to know of them. Any step may be done again: what is sent twice is counted once.
"""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from lambdas import items, outside, queues, telemetry
from lambdas.counters import batches
from lambdas.counters.batches import Batch
from lambdas.queues import Message
from lambdas.trigger import read_trigger

NEEDED = "items_per_message segment_items item_concurrency poll_s value_max".split()

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
poll_queue = os.environ.get("POLL_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A trigger opens a batch; a message of the plan queue creates a part of it."""
    if not isinstance(event, dict) or "Records" not in event:
        return start(event)
    create = partial(_create, context=context)
    return queues.receive(event, ("counters", "batcher"), plan_queue, create)


def start(event: Any) -> dict[str, Any]:
    """Write the batch record, start the finalizer's polls, send the plan: ranges of messages.

    A trigger that comes again does it all again, unless the batch is over.
    """
    trigger = read_trigger(event, NEEDED)
    batch = batches.open_batch(trigger)
    if batch is not None:
        knobs, end = batch["knobs"], batch["messages"]
        poll_s, step = knobs["poll_s"], -(-knobs["segment_items"] // knobs["items_per_message"])
        queues.send(poll_queue, {"batch": trigger.batch, "poll_s": poll_s}, poll_s)
        plan = (
            {"batch": trigger.batch, "first": first, "stop": min(first + step, end)}
            for first in range(0, end, step)
        )
        queues.send_all(plan_queue, plan, queues.SEND_BATCH_MAX)
    return {"batch_id": trigger.batch, "open": batch is not None}


def _create(message: Message, context: Any) -> None:
    """Create the items of a part and send their messages."""
    batch = batches.read_open(message["batch"])
    if batch is None:
        return
    numbers = range(message["first"], message["stop"])
    queues.send_all(item_queue, _messages(batch, numbers), queues.SEND_BATCH_MAX)
    created = {"items_created": sum(len(items_of(batch, n)) for n in numbers)}
    telemetry.emit("counters", "batcher", batch["id"], context, created, created_at=outside.now())


def _messages(batch: Batch, numbers: range) -> Iterator[Message]:
    """The item messages of these numbers."""
    knobs = batch["knobs"]
    work = {name: knobs[name] for name in ("item_concurrency", *items.WORK) if name in knobs}
    for n in numbers:
        part = items_of(batch, n)
        made = items.create(batch["seed"], part.start, part.stop, batch["knobs"])
        pairs = list(items.sent(made, knobs))
        yield {"batch": batch["id"], "n": n, **work, "items": pairs}


def items_of(batch: Batch, number: int) -> range:
    """The items of message `number`."""
    size = batch["knobs"]["items_per_message"]
    return range(number * size, min((number + 1) * size, batch["items"]))
