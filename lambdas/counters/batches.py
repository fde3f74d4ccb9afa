"""The state of a batch: its record, the message numbers that are counted, and what failed.

status: OPEN, DONE (notified) or CANCELLED. Records outlive their batch by weeks, so that no late
trigger opens it again.

Each counter shard is a set of message numbers. `ADD done 1` would be wrong: a message that comes
twice would hide one that never came. Adding its number to a set is atomic too, and changes nothing
the second time. A number stays where it was added, so that a read that is too old only ever shows
too few.
"""

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from lambdas import outside, table
from lambdas.table import dynamodb
from lambdas.trigger import Trigger

BATCH_GET_MAX = 100  # keys of one BatchGetItem
PER_SHARD = 100  # messages: with the longest ids a record stays below 1 KB, one write unit
KEPT_S = 30 * 86_400  # longer than any message that could still write: 14 days in two queues

Batch = dict[str, Any]  # id, items, messages, seed, knobs, created_at


class Failed(NamedTuple):
    """An item or a range of items that failed, after how many tries; None where nobody knows."""

    name: str
    items: int
    reason: str
    attempts: int | None = None


def open_batch(trigger: Trigger) -> Batch | None:
    """The batch that a trigger asks for, written if it is new; None if it is over."""
    record = {
        "status": "OPEN",
        "items": trigger.items,
        "messages": -(-trigger.items // trigger.knobs["items_per_message"]),
        "seed": trigger.seed,
        "knobs": json.dumps(trigger.knobs, sort_keys=True),
        "created_at": outside.now(),
        "expires_at": expires_at(),
    }
    table.conditional(
        "put_item",
        Item={**table.batch_key(trigger.batch), **table.pack(record)},
        ConditionExpression="attribute_not_exists(pk)",
    )
    return read_open(trigger.batch)


def read_open(batch: str, consistent: bool = True) -> Batch | None:
    """The batch if it is open; None if it is done, cancelled, or was never there."""
    record = table.read(table.batch_key(batch), consistent)
    if record is None or record["status"] != "OPEN":
        return None
    return record | {"id": batch, "knobs": json.loads(record["knobs"])}


def mark_done(batch: str, detected_at: float, items_failed: int) -> None:
    """OPEN to DONE, for good, with what the notification said."""
    lead(batch, "DONE", detected_at=detected_at, items_failed=items_failed)


def lead(batch: str, after: str, **fields: Any) -> None:
    """OPEN to another status, with further fields."""
    sets = "".join(f", {name} = :{name}" for name in fields)
    values = {f":{name}": fields[name] for name in fields}
    values |= {":after": after, ":open": "OPEN", ":expires": expires_at()}
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression=f"SET #s = :after, expires_at = :expires{sets}",
        ConditionExpression="#s = :open",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues=table.pack(values),
    )


def count(batch: str, numbers: Iterable[int]) -> None:
    """Count messages of a batch; those that were counted before stay counted once."""
    for shard, part in groupby(sorted(numbers), lambda number: number // PER_SHARD):
        dynamodb.update_item(
            TableName=table.table,
            Key=shard_key(batch, shard),
            UpdateExpression="SET expires_at = :expires ADD done :numbers",
            ExpressionAttributeValues={
                ":numbers": {"NS": [str(number) for number in part]},
                **table.pack({":expires": expires_at()}),
            },
        )


def all_counted(batch: str, messages: int) -> bool:
    """Whether every message is counted: the last shards first, and no further than one missing.

    Messages are counted about in their order, so that all polls but the last few read one page.
    """
    for stop in range(-(-messages // PER_SHARD), 0, -BATCH_GET_MAX):
        start = max(0, stop - BATCH_GET_MAX)
        keys = [shard_key(batch, shard) for shard in range(start, stop)]
        counted = sum(len(record["done"]) for record in _read_all(keys))
        if counted < min(stop * PER_SHARD, messages) - start * PER_SHARD:
            return False
    return True


def shard_key(batch: str, shard: int) -> table.Key:
    """The key of a counter shard."""
    return table.pack({"pk": f"done#{batch}#{shard:07d}", "sk": "SET"})


def list_failed(batch: str, failed: Iterable[Failed]) -> None:
    """List what failed by name; a second time changes nothing."""
    table.put_all(
        {
            "pk": f"failed#{batch}",
            "sk": one.name,
            "items": one.items,
            "reason": one.reason,
            "attempts": one.attempts,
            "expires_at": expires_at(),
        }
        for one in failed
    )


def count_failed(batch: Batch) -> int:
    """How many items are listed: at most, since one may be listed with its range too."""
    listed = sum(record["items"] for record in table.every(f"failed#{batch['id']}"))
    return min(listed, batch["items"])


def expires_at() -> int:
    """When what is written now may be deleted: DynamoDB does so then, at no charge."""
    return int(outside.now()) + KEPT_S


def _read_all(keys: list[table.Key]) -> list[table.Record]:
    """Those of at most 100 records that exist."""
    asked = {table.table: {"Keys": keys, "ConsistentRead": False}}
    return [
        table.unpack(record)
        for answer in table.answers(dynamodb.batch_get_item, asked)
        for record in answer["Responses"].get(table.table, [])
    ]
