"""The failures consumer: sends what reached the dead letters again, and in the end lists it.

A dead message never ended, so nobody knows which of its items are done: all are listed as failed,
which means *not known to be done*. Then it is counted, and the batch can end.
"""

import json
import os
from typing import Any

from lambdas import messages, outside
from lambdas.counters import batcher, batches, counting
from lambdas.counters.receiving import receive
from lambdas.trigger import name_of

ROUNDS_MAX = 3  # a message goes through all its receives as often
WHY = "its message reached the dead letters, so nobody knows whether it was done"
SPREAD_S = 97  # neighbours come back apart: one that kills its invocation takes none along for good

dead_letters = os.environ.get("DEAD_LETTERS_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Deal with every dead letter; what cannot be dealt with now comes back."""
    return receive(event, "failures", dead_letters, _deal)


def _deal(body: dict[str, Any]) -> None:
    """Deal with one dead letter: a trigger, a part of a plan, or items."""
    if "requestPayload" in body:  # Lambda's record of an asynchronous invocation
        _start(body["requestPayload"])
        return
    batch = batches.read_open(body["batch"])
    if batch is None:
        return
    numbers = range(body["first"], body["stop"]) if "stop" in body else [body["n"]]
    rounds = body.get("round", 0) + 1
    if rounds < ROUNDS_MAX:
        queue = batcher.plan_queue if "stop" in body else batcher.item_queue
        messages.send(queue, body | {"round": rounds}, SPREAD_S * numbers[0] % messages.DELAY_MAX_S)
        return
    failed = [batches.Failed(item, 1, WHY) for item, _ in body.get("items", [])]
    if "stop" in body:
        items = sum(len(batcher.items_of(batch, number)) for number in numbers)
        failed = [batches.Failed(f"messages#{body['first']:09d}", items, WHY)]
    batches.list_failed(batch["id"], failed)
    counting.count(batch["id"], numbers)


def _start(trigger: Any) -> None:
    """Open a batch whose trigger died; tell of one that asks for what cannot be."""
    try:
        batcher.start(trigger)
    except ValueError as error:
        notice = {
            "batch_id": name_of(trigger),
            "design": "counters",
            "status": "not_started",
            "items": None,
            "items_failed": 0,
            "detected_at": outside.now(),
            "reason": str(error),
        }
        sns.publish(TopicArn=topic, Subject="Batch not started", Message=json.dumps(notice))
