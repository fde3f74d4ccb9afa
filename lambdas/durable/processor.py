"""The processor: works the items of one chunk, or those that its last try has listed as failed.

The answer is how many failed. Which ones they are stands in S3 before it answers, so a lost answer
and a second run leave the same list.
"""

import json
from typing import Any

from lambdas import items, outside, telemetry
from lambdas.durable import failed
from lambdas.durable.ranges import TRIES_MAX, Range
from lambdas.items import Item
from lambdas.work import Attempt, attempt

NAMES = ("durable", "processor")


def handler(event: dict[str, Any], context: Any) -> int:
    """Work a chunk, and answer how many of its items failed."""
    batch, seed, which, knobs = _read(event)
    again = event.get("again", False)
    chunk = failed.read(batch, which) if again else items.create(seed, *which, knobs)
    tried = outside.gather(_try, list(chunk), knobs["item_concurrency"])
    left = [(item, one.reason) for item, one in tried if one.reason]
    if left or event["tries"] > 1:  # a try that died may have listed what is done now
        failed.write(batch, which, left, event["tries"])
    lost = len(left) if event["tries"] >= TRIES_MAX else 0  # else they are tried again
    count = {"work_ms": sum(one.work_ms for _, one in tried), "items_failed": lost}
    if len(tried) > len(left):
        count |= {"items_processed": len(tried) - len(left), "done_at": outside.now()}
    telemetry.emit_work(NAMES, batch, context, [count])
    return len(left)


def _read(event: Any) -> tuple[str, int, Range, dict[str, Any]]:
    """Batch id, seed, range and knobs of a chunk."""
    try:
        which = Range(int(event["start"]), int(event["stop"]))
        if which.items > 0:
            return str(event["batch_id"]), int(event["seed"]), which, dict(event["knobs"])
    except (KeyError, TypeError, ValueError):
        pass
    raise ValueError(f"{json.dumps(event)[:100]} is no chunk of a batch")


def _try(item: Item) -> tuple[Item, Attempt]:
    return item, attempt(item)
