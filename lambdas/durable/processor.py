"""The processor: works the items of one chunk, or those that its last try has listed as failed.

The answer is how many failed. Which ones they are stands in S3 before it answers, so a lost answer
and a second run leave the same list.
"""

import json
from functools import partial
from typing import Any

from lambdas import items, outside, telemetry
from lambdas.durable import failed
from lambdas.durable.ranges import TRIES_MAX, Range
from lambdas.trigger import Trigger, read_trigger
from lambdas.work import Attempt, attempt

NAMES = ("durable", "processor")
NEEDED = ("item_concurrency", "value_max")


def handler(event: dict[str, Any], context: Any) -> int:
    """Work a chunk, and answer how many of its items failed."""
    (batch, _, seed, knobs), which, tries = _read(event)
    again = event.get("again", False)
    chunk = failed.read(batch, which) if again else items.create(seed, *which, knobs)
    work = partial(_try, knobs=knobs, tries=tries)
    tried = outside.gather(work, list(chunk), knobs["item_concurrency"])
    left = [(item, one.reason) for item, one, _ in tried if one.reason]
    over_at = [at for _, one, at in tried if not one.reason]
    if left or tries > 1:  # a try that died may have listed what is done now
        failed.write(batch, which, left, tries)
    count = {
        "work_ms": sum(one.work_ms for _, one, _ in tried),
        "items_processed": len(over_at),
        "items_failed": len(left) if tries == TRIES_MAX else 0,  # the others are tried again
    }
    if count["items_failed"]:
        over_at.append(outside.now())
    if over_at:
        count["done_at"] = max(over_at)
    telemetry.emit_work(NAMES, batch, context, [count])
    return len(left)


def _read(event: Any) -> tuple[Trigger, Range, int]:
    """The batch of a chunk, its range, and which try of it this is."""
    try:
        trigger = read_trigger(event | {"items": event["stop"]}, NEEDED)
        start, tries = event["start"], event["tries"]
        whole = type(start) is type(tries) is int
        if whole and start in range(trigger.items) and tries in range(1, TRIES_MAX + 1):
            return trigger, Range(start, trigger.items), tries
    except (KeyError, TypeError, ValueError):
        pass
    raise ValueError(f"{json.dumps(event)[:100]} is no chunk of a batch")


def _try(item: items.Item, knobs: dict, tries: int) -> tuple[items.Item, Attempt, float]:
    """An item with what came of it, and when."""
    return item, attempt(item, knobs, tries), outside.now()
