"""The processor: works the items of each message, then counts the message.

What failed is sent again as a message of the same number with these items only. So whatever carries
a number has all of its items that are neither done nor listed, and the first to end may count.
"""

import os
from collections import Counter
from typing import Any

from lambdas import messages, outside, telemetry
from lambdas.attempts import Attempt, attempt
from lambdas.counters import batches, counting
from lambdas.counters.receiving import receive
from lambdas.items import Item

TRIES_MAX = 3  # of an item, each of which really ran
METRICS = ("items_processed", "items_failed", "items_duplicated", "work_ms")

item_queue = os.environ.get("ITEM_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    tallies: dict[str, Counter | None] = {}  # of batches; none for one that is over

    def deal(body: dict[str, Any]) -> None:
        batch = body["batch"]
        if batch not in tallies:
            tallies[batch] = Counter() if batches.read_open(batch, consistent=False) else None
        tally = tallies[batch]
        if tally is not None:
            _work(body, tally)

    answer = receive(event, "processor", item_queue, deal)
    for batch, tally in tallies.items():
        if tally is not None:
            done = {"last_done_at": tally["last_done_at"]} if tally["items_processed"] else {}
            metrics = {name: tally[name] for name in METRICS}
            telemetry.emit("counters", "processor", batch, context, metrics, **done)
    return answer


def _work(body: dict[str, Any], tally: Counter) -> None:
    """Work the items of a message; count it once all are done, or failed for the last time."""
    batch, pairs, tries = body["batch"], body["items"], body.get("tries", 1)
    tried = outside.gather(_try, pairs, min(body["item_concurrency"], len(pairs)))
    failed = [(pair, one.reason) for pair, one in zip(pairs, tried, strict=True) if one.reason]
    tally["items_processed"] += len(pairs) - len(failed)
    tally["work_ms"] += round(sum(one.work_ms for one in tried))
    tally["last_done_at"] = outside.now()
    if failed and tries < TRIES_MAX:
        again = body | {"items": [pair for pair, _ in failed], "tries": tries + 1}
        messages.send(item_queue, again, messages.retry_s(tries))
        return
    if failed:
        batches.list_failed(
            batch, (batches.Failed(item, 1, why, tries) for (item, _), why in failed)
        )
        tally["items_failed"] += len(failed)
    counting.count(batch, [body["n"]])


def _try(pair: list) -> Attempt:
    """Work an item of a message."""
    return attempt(Item(*pair))
