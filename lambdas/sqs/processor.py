"""The processor: works the items of each message, then takes their records away.

A message is done when its deletes are accepted. What failed is sent again as a message of its own,
which counts its tries; after the last one it is listed as failed. What is sent or received again is
claimed, whatever the knobs say: only who holds the lease on a record may list what it stands for.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

from lambdas import outside, queues, table, telemetry
from lambdas.items import Item
from lambdas.queues import Later, Message
from lambdas.sqs import batches
from lambdas.trigger import BATCH_ID
from lambdas.work import attempt

NAMES = ("sqs", "processor")
TRIES_MAX = 3  # of an item, each of which ended

Counts = list[dict[str, float]]  # parts of the metrics of one batch

item_queue = os.environ.get("ITEM_QUEUE_URL", "")
cloudwatch = outside.client("cloudwatch")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    numbers, known = count(), list(_known(event))
    counts: dict[str, Counts] = {
        batch: [] for batch in dict.fromkeys(batch for batch, *_ in known) if not _cancelled(batch)
    }

    def deal(message: Message) -> None:
        telemetry.trace(message["knobs"], queues.text_of(message))
        if message["batch"] not in counts:
            raise Later(message["knobs"]["lease_s"])
        owner = f"{context.aws_request_id}/{next(numbers)}"
        _work(message, owner, counts[message["batch"]])

    # Only as many messages at a time as leave each of their items a place.
    places, size = (max([1, *(one[n] for one in known)]) for n in (1, 2))
    answer = queues.receive(event, NAMES, item_queue, deal, places // size)
    for batch, parts in counts.items():
        telemetry.emit_work(NAMES, batch, context, parts)
    return answer


def _known(event: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Batch, items at a time and size of each message that is ours."""
    for record in event["Records"]:
        with suppress(Exception):
            message = json.loads(record["body"])
            at_once = int(message["knobs"]["item_concurrency"])
            yield BATCH_ID.fullmatch(message["batch"])[0], at_once, len(message["items"])


def _cancelled(batch: str) -> bool:
    """Whether the batch was cancelled: asked once an invocation, by an eventual read."""
    return batches.read_batch(batch, consistent=False).get("status") == "CANCELLED"


def _work(message: Message, owner: str, counts: Counts) -> None:
    """Work what is left of a message; one that raises comes back, less what is done of it."""
    batch, knobs, tries = message["batch"], message["knobs"], message.get("tries", 1)
    units = [(pair[0], [pair]) for pair in message["items"]]
    if knobs["track"] == "message":
        sk = message.setdefault("sk", message["items"][0][0])
        units = [(sk, message["items"])]
    done: list[table.Key] = []
    failed: list[list] = []
    errors: list[Exception] = []

    def one(unit: tuple[str, list[list]]) -> None:
        key = table.item_key(batch, unit[0], knobs["state_shards"])
        try:
            over, again = _work_record(key, unit[1], message, owner, counts)
            done.extend(over)
            failed.extend(again)
        except Exception as error:  # of this record only: what the others did is written down
            errors.append(error)

    outside.gather(one, units, min(knobs["item_concurrency"], len(units)))
    table.delete_all(done, min(knobs["write_batch_size"], len(units)))
    if errors:
        raise errors[0]
    if failed:
        resent = message | {"items": failed, "tries": tries + 1, "again": True}
        queues.send(item_queue, resent, queues.backoff_s(tries))


def _work_record(
    key: table.Key, pairs: list[list], message: Message, owner: str, counts: Counts
) -> tuple[list[table.Key], list[list]]:
    """Work what is left of a record: its key if that is all done, and what is to be tried again."""
    knobs, tries = message["knobs"], message.get("tries", 1)
    claimed = knobs["claim"] or message.get("again")
    record = table.lease(key, owner, knobs["lease_s"]) if claimed else {}
    if record is None:
        return [], []
    left = batches.undone(record, pairs)
    tried = [Item(*pair[:2]) for pair in left]
    try_one = partial(
        _try, knobs=knobs, tries=tries, repeated=record.get("begun", 0) > 0, counts=counts
    )
    reasons = outside.gather(try_one, tried, min(knobs["item_concurrency"], len(tried)))
    failed = [(item, reason) for item, reason in zip(tried, reasons, strict=True) if reason]
    if failed and tries >= TRIES_MAX:
        batches.fail_items(message["batch"], key, owner, failed, tries)
        counts.append({"items_failed": len(failed), "done_at": outside.now()})
        return [], []
    if failed and claimed:
        table.release(key, owner, undone=[item.id for item, _ in failed])
    again = [pair for pair, reason in zip(left, reasons, strict=True) if reason]
    return [] if failed else [key], again


def _try(item: Item, knobs: dict[str, Any], tries: int, repeated: bool, counts: Counts) -> str:
    """Work an item; why it failed, or nothing."""
    telemetry.trace(knobs, f"Processing item: {item.id}")
    tried = attempt(item, knobs, tries)
    done = {"items_processed": 1, "items_duplicated": repeated, "done_at": outside.now()}
    counts.append({"work_ms": tried.work_ms} | ({} if tried.reason else done))
    if not tried.reason and knobs["telemetry"] == "put_metric_data":
        telemetry.put_item_metric(cloudwatch, "sqs", round(tried.work_ms))
    return tried.reason
