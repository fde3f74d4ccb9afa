"""The batch record: written once, led from OPEN to NOTIFIED, and read by every function.

status is OPEN, COMPLETE (all items done or failed; fixes `detected_at`), NOTIFIED, or CANCELLED.
Its knobs travel in it: a redeploy does not change a batch in flight.
"""

import json
from typing import Any, NamedTuple

from lambdas import outside, table
from lambdas.items import Item
from lambdas.trigger import Trigger


class Batch(NamedTuple):
    """A batch as its record has it."""

    id: str
    status: str
    planned: bool
    poll: int  # the number of the newest poll message, `hop` in the record
    poll_by: str  # the request that sent it
    items: int
    seed: int
    knobs: dict[str, Any]
    created_at: float
    stuck_after_s: float
    detected_at: float
    items_failed: int


def open_batch(trigger: Trigger) -> bool:
    """Write the record of a new batch and mark it open; False if there is one already."""
    now = outside.now()
    record = {
        "status": "OPEN",
        "planned": False,
        "hop": 0,
        "hop_by": "",
        "items": trigger.items,
        "seed": trigger.seed,
        "knobs": json.dumps(trigger.knobs, sort_keys=True),
        "created_at": now,
        "stuck_after_s": _stuck_after_s(trigger),
    }
    item = {**table.batch_key(trigger.batch), **table.pack(record)}
    mark = {**table.open_key(trigger.batch), **table.pack({"created_at": now})}
    return table.transact(
        ("Put", {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}),
        ("Put", {"Item": mark}),
    )


def read_batch(batch: str, consistent: bool = True) -> Batch | None:
    """The batch, or None if no such batch was ever opened."""
    record = table.read(table.batch_key(batch), consistent)
    if record is None:
        return None
    known = {"id": batch, "detected_at": 0.0, "items_failed": 0} | record
    known |= {"poll": record["hop"], "poll_by": record["hop_by"]}
    known["knobs"] = json.loads(record["knobs"])
    return Batch(**{name: known[name] for name in Batch._fields})


def advance_poll(batch: str, poll: int, by: str) -> bool:
    """Lead the batch to that poll message; False if another got there first."""
    return table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression="SET hop = :hop, hop_by = :by",
        ConditionExpression="hop < :hop",
        ExpressionAttributeValues=table.pack({":hop": poll, ":by": by}),
    )


def mark_complete(batch: str, items_failed: int) -> None:
    """OPEN to COMPLETE, once: the moment of detection is fixed here."""
    values = {":complete": "COMPLETE", ":open": "OPEN", ":now": outside.now()}
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression="SET #s = :complete, detected_at = :now, items_failed = :failed",
        ConditionExpression="#s = :open",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues=table.pack(values | {":failed": items_failed}),
    )


def mark_notified(batch: str) -> None:
    """COMPLETE to NOTIFIED, and no longer open: only this ends the loop of poll messages."""
    values = {":notified": "NOTIFIED", ":complete": "COMPLETE"}
    update = {
        "Key": table.batch_key(batch),
        "UpdateExpression": "SET #s = :notified",
        "ConditionExpression": "#s = :complete",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": table.pack(values),
    }
    table.transact(("Update", update), ("Delete", {"Key": table.open_key(batch)}))


def fail_item(batch: str, key: table.Key, item: Item, reason: str, tries: int, owner: str) -> bool:
    """Put an item under the failed ones and delete its record, both or neither.

    False if this owner no longer holds the record: then the item was done by a late duplicate.
    """
    record = {"value": item.value, "reason": reason, "attempts": tries}
    return _fail(batch, item.id, record, ("Delete", table.held(key, owner)))


def fail_range(
    batch: str, name: str, items: range, reason: str, then: tuple[str, dict[str, Any]]
) -> bool:
    """Put a range of items that was never created under the failed ones, with one more write."""
    record = {"start": items.start, "stop": items.stop, "reason": reason}
    return _fail(batch, name, record, then)


def count_failed(batch: str) -> int:
    """How many items of a batch have failed: counted, never added up along the way."""
    return sum(
        record["stop"] - record["start"] if "stop" in record else 1
        for record in table.every(f"failed#{batch}")
    )


def _fail(batch: str, name: str, record: table.Record, then: tuple[str, dict[str, Any]]) -> bool:
    put = {"Item": {**table.failed_key(batch, name), **table.pack(record)}}
    return table.transact(("Put", put), then)


def _stuck_after_s(trigger: Trigger) -> float:
    """When a record counts as forgotten: not before a long queue has had four times its time."""
    knobs = trigger.knobs
    at_once = (knobs["max_concurrency"] or 1_000) * knobs["item_concurrency"]
    drain_s = trigger.items * knobs["value_max"] / 1000 / at_once
    return max(knobs["stuck_after_s"], 4 * drain_s)
