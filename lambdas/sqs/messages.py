"""The messages of the queues: items with the knobs that say how to work them, parts of a batch to
be created, polls of the finalizer. A message that is not ours is refused before it is used.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lambdas import items
from lambdas.items import Item
from lambdas.queues import Message
from lambdas.sqs.batches import Batch
from lambdas.trigger import BATCH_ID

KNOBS = tuple(
    "track claim state_shards item_concurrency telemetry logs lease_s write_batch_size "
    "send_batch_size".split()
)


class ForeignMessage(ValueError):
    """A message that is not ours."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:100]!r} is none of our messages")


def items_message(batch: Batch, pairs: Iterable[list]) -> Message:
    """The message of these items, pairs of id and value."""
    knobs = {name: batch.knobs[name] for name in KNOBS}
    return {"kind": "items", "batch": batch.id, "knobs": knobs, "items": list(pairs)}


def item_messages(batch: Batch, start: int, stop: int) -> Iterator[Message]:
    """The messages of items start..stop-1."""
    step = batch.knobs["items_per_message"]
    for first in range(start, stop, step):
        part = items.create(batch.seed, first, min(first + step, stop), batch.knobs)
        yield items_message(batch, map(list, part))


def part_message(batch: str, segment: int | None = None) -> Message:
    """The message that asks for a batch's plan, or for one of its segments."""
    if segment is None:
        return {"kind": "plan", "batch": batch}
    return {"kind": "segment", "batch": batch, "segment": segment}


def single_sk(message: Message) -> str:
    """The sort key of the record behind a one-item message."""
    return message.get("sk") or message["items"][0][0]


def read_items(text: str) -> Message:
    """The message of a text; ForeignMessage if it is not ours."""
    message = _read(text)
    try:
        knobs, pairs = message["knobs"], message["items"]
        ours = (
            all(name in knobs for name in KNOBS)
            and isinstance(knobs["item_concurrency"], int)
            and len([Item(*pair) for pair in pairs]) > 0
        )
    except (KeyError, TypeError):
        ours = False
    return _ours(message, text, ours)


def read_part(text: str) -> Message:
    """The message that asks for a plan or a segment; ForeignMessage if it is not ours."""
    message = _read(text)
    known = message.get("kind") == "plan" or (
        message.get("kind") == "segment" and _is_count(message.get("segment"))
    )
    return _ours(message, text, known and _is_count(message.get("round", 0)))


def read_poll(text: str) -> Message:
    """A poll message; ForeignMessage if it is not ours."""
    message = _read(text)
    counts = (message.get("hop"), message.get("shard", 0), message.get("absent", 0))
    return _ours(message, text, isinstance(message.get("by"), str) and all(map(_is_count, counts)))


def read_dead_letter(text: str) -> Message:
    """A dead letter: items, a part, or Lambda's record of an asynchronous invocation."""
    message = json.loads(text)
    if "requestPayload" in message:
        return message
    return read_items(text) if message.get("kind") == "items" else read_part(text)


def _read(text: str) -> Message:
    """A message about some batch."""
    try:
        message = json.loads(text)
        ours = BATCH_ID.fullmatch(message["batch"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ForeignMessage(text) from None
    return _ours(message, text, ours)


def _ours(message: Message, text: str, ours: Any) -> Message:
    if not ours:
        raise ForeignMessage(text)
    return message


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
