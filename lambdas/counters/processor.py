"""The processor: works the items of each message, then counts the message.

What failed is sent again as a message of the same number with these items only. So whatever carries
a number has all of its items that are neither done nor listed, and the first to end may count.
"""

import os
from collections import Counter
from functools import partial
from typing import Any

from lambdas import outside, queues, telemetry
from lambdas.counters import batches
from lambdas.items import Item
from lambdas.queues import Message
from lambdas.work import Attempt, attempt

TRIES_MAX = 3  # of an item, each of which really ran
METRICS = ("items_processed", "items_failed", "items_duplicated", "work_ms")

item_queue = os.environ.get("ITEM_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    tallies: dict[str, Counter | None] = {}  # of batches; none for one that is over

    def deal(message: Message) -> None:
        batch = message["batch"]
        if batch not in tallies:
            tallies[batch] = Counter() if batches.read_open(batch, consistent=False) else None
        tally = tallies[batch]
        if tally is not None:
            _work(message, tally)

    answer = queues.receive(
        event, ("counters", "processor"), deal, partial(queues.delay_message, item_queue)
    )
    for batch, tally in tallies.items():
        if tally is not None:
            over = tally["items_processed"] + tally["items_failed"]
            done = {"last_done_at": tally["last_done_at"]} if over else {}
            metrics = {name: tally[name] for name in METRICS}
            telemetry.emit("counters", "processor", batch, context, metrics, **done)
    return answer


def _work(message: Message, tally: Counter) -> None:
    """Work the items of a message; count it once all are done, or failed for the last time."""
    batch, pairs, tries = message["batch"], message["items"], message.get("tries", 1)
    tried = outside.gather(_try, pairs, min(message["item_concurrency"], len(pairs)))
    failed = [(pair, one.reason) for pair, one in zip(pairs, tried, strict=True) if one.reason]
    tally["items_processed"] += len(pairs) - len(failed)
    tally["work_ms"] += round(sum(one.work_ms for one in tried))
    tally["last_done_at"] = outside.now()
    if failed and tries < TRIES_MAX:
        resent = message | {"items": [pair for pair, _ in failed], "tries": tries + 1}
        queues.send(item_queue, resent, queues.backoff_s(tries))
        return
    if failed:
        batches.list_failed(
            batch, (batches.Failed(item, 1, why, tries) for (item, _), why in failed)
        )
        tally["items_failed"] += len(failed)
    batches.count(batch, [message["n"]])


def _try(pair: list) -> Attempt:
    """Work an item of a message."""
    return attempt(Item(*pair))
