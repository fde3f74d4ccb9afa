"""The state of a batch: its record, and what failed.

status is OPEN, COMPLETE (all items done or failed; fixes `detected_at`), NOTIFIED, or CANCELLED.
Its knobs travel in it: a redeploy does not change a batch in flight.
"""

import json
from collections.abc import Iterable
from typing import Any

from lambdas import outside, table
from lambdas.items import WORK, Item, sent
from lambdas.queues import Later, Message
from lambdas.trigger import Trigger

CANCELLED_S = 3_600  # between two looks at a batch that was cancelled
MOVED_MAX = 99  # records of one transaction, besides the one that they replace (DynamoDB quotas)
NEVER_ENDED_MAX = 3  # tries of an item that began and never ended

KNOBS = tuple(
    "track claim state_shards item_concurrency telemetry logs lease_s write_batch_size "
    "send_batch_size".split()
)

Batch = dict[str, Any]  # its record, with id, and knobs by name
Failed = list[tuple[Item, str]]  # items, and why each failed


def open_batch(trigger: Trigger) -> Batch:
    """The batch that a trigger asks for, written if it is new."""
    record = {
        "status": "OPEN",
        "planned": False,
        "items": trigger.items,
        "seed": trigger.seed,
        "knobs": json.dumps(trigger.knobs, sort_keys=True),
        "created_at": outside.now(),
    }
    table.conditional(
        "put_item",
        Item={**table.batch_key(trigger.batch), **table.pack(record)},
        ConditionExpression="attribute_not_exists(pk)",
    )
    return read_batch(trigger.batch)


def read_batch(batch: str, consistent: bool = True) -> Batch:
    """The batch; empty if no such batch was ever opened."""
    record = table.read(table.batch_key(batch), consistent)
    return record | {"id": batch, "knobs": json.loads(record["knobs"])} if record else {}


def read_open(batch: str) -> Batch:
    """The batch if it is open, else empty; what a cancelled one is asked for has to wait."""
    found = read_batch(batch)
    if found.get("status") == "CANCELLED":
        raise Later(CANCELLED_S)
    return found if found.get("status") == "OPEN" else {}


def lead(batch: str, before: str, after: str, **fields: Any) -> None:
    """Lead a batch from one status to the next, with further fields, if it has that status."""
    sets = "".join(f", {name} = :{name}" for name in fields)
    values = {":before": before, ":after": after} | {f":{name}": fields[name] for name in fields}
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression=f"SET #s = :after{sets}",
        ConditionExpression="#s = :before",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues=table.pack(values),
    )


def segment_range(batch: Batch, segment: int) -> range:
    """The items of a segment."""
    size = batch["knobs"]["segment_items"]
    return range(segment * size, min((segment + 1) * size, batch["items"]))


def items_message(batch: Batch, pairs: Iterable[Any], **more: Any) -> Message:
    """The message of these items, pairs of id and value; their payload comes with them.

    `sk` names their record where it is not the first item's own; `tries` counts the message's tries
    that have ended; `again` says that it was sent or received before.
    """
    knobs = {name: batch["knobs"][name] for name in (*KNOBS, *WORK) if name in batch["knobs"]}
    pairs = list(sent(pairs, batch["knobs"]))
    return {"batch": batch["id"], "knobs": knobs, "items": pairs, **more}


def undone(record: table.Record, pairs: list[list]) -> list[list]:
    """The items that a record does not know as over."""
    left = record.get("undone")
    return [pair for pair in pairs if left is None or pair[0] in left]


def fail_items(batch: str, key: table.Key, owner: str, failed: Failed, tries: int) -> None:
    """List items as failed, in place of the record that this owner leases."""
    listed = [(item.id, _listing(batch, item, reason, tries)) for item, reason in failed]
    replace(key, owner, listed)


def replace(
    key: table.Key, owner: str, records: list[tuple[str, table.Record]], keep: bool = False
) -> None:
    """Write a record for each of the last items of one that this owner leases, and take them out.

    Each item is in one of the two: a transaction moves it. The record goes with the last of them,
    unless it is kept.
    """
    for at in range(0, len(records), MOVED_MAX):
        left = [item for item, _ in records[at + MOVED_MAX :]]
        take = ("Delete", table.held(key, owner))
        if left or keep:
            update = {"UpdateExpression": "SET undone = :undone"}
            take = ("Update", table.held(key, owner, undone=left) | update)
        puts = (table.pack(record) for _, record in records[at : at + MOVED_MAX])
        if not table.transact(*(("Put", {"Item": one}) for one in puts), take):
            raise table.LostLease(f"{key['pk']['S']} is not leased by {owner}")


def fail_dead(batch: str, key: table.Key, item: Item) -> bool:
    """List an item that killed whoever tried it; False if that is not so, or nobody's to say yet.

    Its record itself says that its tries began and never ended, and that no owner lives.
    """
    values = {":most": NEVER_ENDED_MAX, ":now": outside.now()}
    dead = {
        "Key": key,
        "ConditionExpression": f"begun >= :most AND ({table.FREE})",
        "ExpressionAttributeValues": table.pack(values),
    }
    reason = f"it began {NEVER_ENDED_MAX} times and never ended"
    put = {"Item": table.pack(_listing(batch, item, reason, NEVER_ENDED_MAX))}
    return table.transact(("Put", put), ("Delete", dead))


def count_failed(batch: str) -> int:
    """How many items of a batch have failed: counted, never added up along the way."""
    return sum(
        record["stop"] - record["start"] if "stop" in record else 1
        for record in table.every(f"failed#{batch}")
    )


def _listing(batch: str, item: Item, reason: str, tries: int) -> table.Record:
    failed = {"value": item.value, "reason": reason, "attempts": tries}
    return {"pk": f"failed#{batch}", "sk": item.id} | failed
