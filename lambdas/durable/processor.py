"""The processor: works the items of one chunk, or those that its last try has listed as failed.

The answer is how many failed. Which ones they are stands in S3 before it answers, and stays: a
lost answer and a second run leave the same list, and answer the same.
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
    trigger, which, tries, again = _read(event)
    knobs = trigger.knobs
    work = partial(_try, knobs=knobs, tries=tries)
    chunk = failed.given(trigger, which, again)
    tried = outside.gather(work, chunk, knobs["item_concurrency"])
    left = [(item, one.reason) for item, one, _ in tried if one.reason]
    over_at = [at for _, one, at in tried if not one.reason]
    listed = 0
    if left or tries == TRIES_MAX:  # a copy of the last try may have listed what is done now
        listed = failed.write(trigger.batch, which, left, tries)
    count = {
        "work_ms": sum(one.work_ms for _, one, _ in tried),
        "items_processed": len(over_at),
        "items_failed": len(left) if tries == TRIES_MAX else 0,  # the others are tried again
    }
    if count["items_failed"]:
        over_at.append(outside.now())
    if over_at:
        count["done_at"] = max(over_at)
    telemetry.emit_work(NAMES, trigger.batch, context, [count])
    return listed


def _read(event: Any) -> tuple[Trigger, Range, int, int]:
    """The batch of a chunk, its range, which try of it this is, and whose list it works."""
    try:
        trigger = read_trigger(event | {"items": event["stop"]}, NEEDED)
        start, tries, again = event["start"], event["tries"], event["again"]
        whole = type(start) is type(tries) is type(again) is int
        tried = tries in range(1, TRIES_MAX + 1) and again in range(tries)
        if whole and start in range(trigger.items) and tried:
            return trigger, Range(start, trigger.items), tries, again
    except (KeyError, TypeError, ValueError):
        pass
    raise ValueError(f"{json.dumps(event)[:100]} is no chunk of a batch")


def _try(item: items.Item, knobs: dict, tries: int) -> tuple[items.Item, Attempt, float]:
    """An item with what came of it, and when."""
    return item, attempt(item, knobs, tries), outside.now()
