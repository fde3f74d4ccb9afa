"""The batch record, and what is listed as failed. status: OPEN, DONE (told) or CANCELLED.

Records outlive their batch by weeks, so that no late trigger opens it again.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from lambdas import leases, outside, state
from lambdas.counters.counting import expires_at
from lambdas.trigger import Trigger

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
    leases.conditional(
        "put_item",
        Item={**state.batch_key(trigger.batch), **state.pack(record)},
        ConditionExpression="attribute_not_exists(pk)",
    )
    return read_open(trigger.batch)


def read_open(batch: str, consistent: bool = True) -> Batch | None:
    """The batch if it is open; None if it is told, cancelled, or was never there."""
    record = state.read(state.batch_key(batch), consistent)
    if record is None or record["status"] != "OPEN":
        return None
    return record | {"id": batch, "knobs": json.loads(record["knobs"])}


def mark_done(batch: str, detected_at: float, items_failed: int) -> None:
    """OPEN to DONE, for good, with what was told."""
    leases.conditional(
        "update_item",
        Key=state.batch_key(batch),
        UpdateExpression=(
            "SET #s = :done, expires_at = :expires, detected_at = :at, items_failed = :failed"
        ),
        ConditionExpression="#s = :open",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues=state.pack(
            {
                ":done": "DONE",
                ":open": "OPEN",
                ":expires": expires_at(),
                ":at": detected_at,
                ":failed": items_failed,
            }
        ),
    )


def list_failed(batch: str, failed: Iterable[Failed]) -> None:
    """List what failed by name; a second time changes nothing."""
    records = (
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
    state.put_all(records, state.BATCH_WRITE_MAX)


def count_failed(batch: Batch) -> int:
    """How many items are listed: at most, since one may be listed with its range too."""
    listed = sum(record["items"] for record in state.every(f"failed#{batch['id']}"))
    return min(listed, batch["items"])
