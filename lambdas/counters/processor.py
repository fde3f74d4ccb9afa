"""The processor: works the items of each message, then counts the message.

What failed is sent again as a message of the same number with these items only. So whatever carries
a number has all of its items that are neither done nor listed, and the first to end may count.
"""

import os
from typing import Any

from lambdas import outside, queues, telemetry
from lambdas.counters import batches
from lambdas.items import Item
from lambdas.queues import Message
from lambdas.work import attempt

NAMES = ("counters", "processor")
TRIES_MAX = 3  # of an item, each of which really ran
Counts = list[dict[str, float]]  # parts of the metrics of one batch

item_queue = os.environ.get("ITEM_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    counts: dict[str, Counts | None] = {}  # of batches; none for one that is over

    def deal(message: Message) -> None:
        batch = message["batch"]
        if batch not in counts:
            # Messages of a batch that is over are dropped for good: a stale read must not say so.
            found = batches.read_open(batch, consistent=False) or batches.read_open(batch)
            counts[batch] = [] if found else None
        parts = counts[batch]
        if parts is not None:
            _work(message, parts)

    answer = queues.receive(event, NAMES, item_queue, deal)
    for batch, parts in counts.items():
        if parts is not None:
            telemetry.emit_work(NAMES, batch, context, parts)
    return answer


def _work(message: Message, counts: Counts) -> None:
    """Work the items of a message; count it once all are done, or failed for the last time."""
    batch, pairs, tries = message["batch"], message["items"], message.get("tries", 1)
    tried = outside.gather(
        lambda pair: attempt(Item(*pair[:2]), message, tries),
        pairs,
        min(message["item_concurrency"], len(pairs)),
    )
    failed = [(pair, one.reason) for pair, one in zip(pairs, tried, strict=True) if one.reason]
    counts.append({"work_ms": sum(one.work_ms for one in tried)})
    if len(pairs) > len(failed):
        counts.append({"items_processed": len(pairs) - len(failed), "done_at": outside.now()})
    if failed and tries < TRIES_MAX:
        resent = message | {"items": [pair for pair, _ in failed], "tries": tries + 1}
        queues.send(item_queue, resent, queues.backoff_s(tries))
        return
    if failed:
        batches.list_failed(
            batch, (batches.Failed(item, 1, why, tries) for (item, *_), why in failed)
        )
        counts.append({"items_failed": len(failed), "done_at": outside.now()})
    batches.count(batch, [message["n"]])
