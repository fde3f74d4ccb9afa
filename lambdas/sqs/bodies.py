"""The messages of the item queue: items, and the knobs that say how to work them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lambdas import items
from lambdas.items import Item
from lambdas.sqs.batches import Batch
from lambdas.trigger import BATCH_ID

KNOBS = (
    "track",
    "claim",
    "state_shards",
    "item_concurrency",
    "telemetry",
    "lease_s",
    "write_batch_size",
    "send_batch_size",
)


def items_body(batch: Batch, pairs: Iterable[list]) -> dict[str, Any]:
    """The message of these items, pairs of id and value."""
    knobs = {name: batch.knobs[name] for name in KNOBS}
    return {"kind": "items", "batch": batch.id, "knobs": knobs, "items": list(pairs)}


def item_bodies(batch: Batch, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """The messages of items start..stop-1."""
    step = batch.knobs["items_per_message"]
    for first in range(start, stop, step):
        part = items.create(batch.seed, first, min(first + step, stop), batch.knobs)
        yield items_body(batch, map(list, part))


def read_items(text: str) -> dict[str, Any] | None:
    """The message of a text; None if it is none of ours, which must not take others along."""
    try:
        body = json.loads(text)
        knobs, pairs = body["knobs"], body["items"]
        ours = (
            BATCH_ID.fullmatch(body["batch"])
            and all(name in knobs for name in KNOBS)
            and isinstance(knobs["item_concurrency"], int)
            and len([Item(*pair) for pair in pairs]) > 0
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return body if ours else None
