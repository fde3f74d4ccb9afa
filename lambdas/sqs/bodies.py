"""The messages of the queues: items with the knobs that say how to work them, parts of a batch to
be created, links of the finalizer's chain. What is none of ours is told apart before it is used.
"""

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
    "logs",
    "lease_s",
    "write_batch_size",
    "send_batch_size",
)


class Stranger(ValueError):
    """A message that is none of ours."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:100]!r} is none of our messages")


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


def read_part(text: str) -> dict[str, Any]:
    """The message that asks for a plan or a segment; Stranger if it is none of ours."""
    body = _read(text)
    ours = body.get("kind") == "plan" or (
        body.get("kind") == "segment" and _is_count(body.get("segment"))
    )
    if not ours or not _is_count(body.get("round", 0)):
        raise Stranger(text)
    return body


def read_link(text: str) -> dict[str, Any]:
    """The link of a finalizer's chain; Stranger if it is none of ours."""
    body = _read(text)
    counts = (body.get("hop"), body.get("shard", 0), body.get("absent", 0))
    if not isinstance(body.get("by"), str) or not all(map(_is_count, counts)):
        raise Stranger(text)
    return body


def _read(text: str) -> dict[str, Any]:
    """A message about some batch."""
    try:
        body = json.loads(text)
        ours = BATCH_ID.fullmatch(body["batch"])
    except (ValueError, KeyError, TypeError, RecursionError):
        ours = None
    if ours is None:
        raise Stranger(text)
    return body


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
