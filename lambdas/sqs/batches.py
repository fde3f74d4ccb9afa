"""The batch record: written once, led from OPEN to NOTIFIED, and read by everyone.

status is OPEN, COMPLETE (all items done or failed; fixes `detected_at`), NOTIFIED (told), or
CANCELLED. Its knobs travel in it: a redeploy does not change a batch in flight.
"""

import json
from typing import Any, NamedTuple

from lambdas import leases, outside, state
from lambdas.items import Item
from lambdas.trigger import Trigger


class Batch(NamedTuple):
    """A batch as its record has it."""

    id: str
    status: str
    planned: bool
    hop: int
    hop_by: str
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
        **state.batch_key(trigger.batch),
        **state.pack(
            {
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
        ),
    }
    mark = {**state.open_key(trigger.batch), **state.pack({"created_at": now})}
    return leases.transact(
        ("Put", {"Item": record, "ConditionExpression": "attribute_not_exists(pk)"}),
        ("Put", {"Item": mark}),
    )


def read_batch(batch: str, consistent: bool = True) -> Batch | None:
    """The batch, or None if no such batch was ever opened."""
    record = state.read(state.batch_key(batch), consistent)
    if record is None:
        return None
    return Batch(
        id=batch,
        status=record["status"],
        planned=record["planned"],
        hop=record["hop"],
        hop_by=record["hop_by"],
        items=record["items"],
        seed=record["seed"],
        knobs=json.loads(record["knobs"]),
        created_at=record["created_at"],
        stuck_after_s=record["stuck_after_s"],
        detected_at=record.get("detected_at", 0.0),
        items_failed=record.get("items_failed", 0),
    )


def advance_hop(batch: str, hop: int, by: str) -> bool:
    """Lead the finalizer's chain to that hop; False if another got there first."""
    return leases.conditional(
        "update_item",
        Key=state.batch_key(batch),
        UpdateExpression="SET hop = :hop, hop_by = :by",
        ConditionExpression="hop < :hop",
        ExpressionAttributeValues=state.pack({":hop": hop, ":by": by}),
    )


def mark_complete(batch: str, items_failed: int) -> None:
    """OPEN to COMPLETE, once: the moment of detection is fixed here."""
    leases.conditional(
        "update_item",
        Key=state.batch_key(batch),
        UpdateExpression="SET #s = :complete, detected_at = :now, items_failed = :failed",
        ConditionExpression="#s = :open",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues=state.pack(
            {
                ":complete": "COMPLETE",
                ":open": "OPEN",
                ":now": outside.now(),
                ":failed": items_failed,
            }
        ),
    )


def mark_notified(batch: str) -> None:
    """COMPLETE to NOTIFIED, and no longer open: only this ends the finalizer's chain."""
    leases.transact(
        (
            "Update",
            {
                "Key": state.batch_key(batch),
                "UpdateExpression": "SET #s = :notified",
                "ConditionExpression": "#s = :complete",
                "ExpressionAttributeNames": {"#s": "status"},
                "ExpressionAttributeValues": state.pack(
                    {":notified": "NOTIFIED", ":complete": "COMPLETE"}
                ),
            },
        ),
        ("Delete", {"Key": state.open_key(batch)}),
    )


def fail_item(batch: str, key: state.Key, item: Item, why: str, tries: int, owner: str) -> bool:
    """Put an item under the failed ones and take its record away, both or neither.

    False if this owner no longer holds the record: then the item was done by a late duplicate.
    """
    record = state.pack({"value": item.value, "reason": why, "attempts": tries})
    return leases.transact(
        ("Put", {"Item": {**state.failed_key(batch, item.id), **record}}),
        ("Delete", held(key, owner)),
    )


def fail_range(
    batch: str, name: str, start: int, stop: int, why: str, then: tuple[str, dict[str, Any]]
) -> bool:
    """Put a range of items that was never created under the failed ones, with one more write."""
    record = state.pack({"start": start, "stop": stop, "reason": why})
    return leases.transact(("Put", {"Item": {**state.failed_key(batch, name), **record}}), then)


def count_failed(batch: str) -> int:
    """How many items of a batch have failed: counted, never added up along the way."""
    return sum(
        record["stop"] - record["start"] if "stop" in record else 1
        for record in state.every(f"failed#{batch}")
    )


def held(key: state.Key, owner: str) -> dict[str, Any]:
    """A write on a record that this owner must hold."""
    return {
        "Key": key,
        "ConditionExpression": "lease_by = :me",
        "ExpressionAttributeValues": state.pack({":me": owner}),
    }


def _stuck_after_s(trigger: Trigger) -> float:
    """When a record counts as forgotten: not before a long queue has had four times its time."""
    knobs = trigger.knobs
    at_once = (knobs["max_concurrency"] or 1_000) * knobs["item_concurrency"]
    drain_s = trigger.items * knobs["value_max"] / 1000 / at_once
    return max(knobs["stuck_after_s"], 4 * drain_s)
