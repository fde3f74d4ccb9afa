"""The failures consumer: sends what reached the dead letters again, and in the end lists it.

A dead message never ended, so nobody knows which of its items are done: all are listed as failed,
which means *not known to be done*. Then it is counted, and the batch can end.
"""

import os
from functools import partial
from typing import Any

from lambdas import notification, outside, queues, telemetry
from lambdas.counters import batcher, batches
from lambdas.queues import Message
from lambdas.trigger import name_of

ROUNDS_MAX = 3  # a message goes through all its receives as often
REASON = "its message reached the dead letters, so nobody knows whether it was done"
SPREAD_S = 97  # neighbours come back apart: one that kills its invocation takes none along for good

dead_letters = os.environ.get("DEAD_LETTERS_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with every dead letter; what cannot be dealt with now comes back."""
    deal = partial(_deal, context=context)
    return queues.receive(event, ("counters", "failures"), dead_letters, deal)


def _deal(message: Message, context: Any) -> None:
    """Deal with one dead letter: a trigger, a part of a plan, or items."""
    if "requestPayload" in message:  # Lambda's record of an asynchronous invocation
        _start(message["requestPayload"])
        return
    batch = batches.read_open(message["batch"])
    if batch is None:
        return
    part = "stop" in message
    numbers = range(message["first"], message["stop"]) if part else [message["n"]]
    rounds = message.get("round", 0) + 1
    if rounds < ROUNDS_MAX:
        queue = batcher.plan_queue if part else batcher.item_queue
        delay_s = SPREAD_S * numbers[0] % queues.DELAY_MAX_S
        queues.send(queue, message | {"round": rounds}, delay_s)
        return
    failed = [batches.Failed(item, 1, REASON) for item, *_ in message.get("items", [])]
    if part:
        items = sum(len(batcher.items_of(batch, number)) for number in numbers)
        failed = [batches.Failed(f"messages#{message['first']:09d}", items, REASON)]
    batches.list_failed(batch["id"], failed)
    batches.count(batch["id"], numbers)
    metrics = {"items_processed": 0, "items_failed": sum(one.items for one in failed)}
    now = outside.now()
    telemetry.emit("counters", "failures", batch["id"], context, metrics, last_done_at=now)


def _start(trigger: Any) -> None:
    """Open a batch whose trigger died; notify of one that asks for what cannot be."""
    try:
        batcher.start(trigger)
    except ValueError as error:
        name, why = name_of(trigger), str(error)
        message = notification.incomplete("not_started", "counters", name, None, why)
        notification.publish(sns, topic, message)
