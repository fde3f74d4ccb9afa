"""Working the items of one message: claims, what came of each, and the counts of an invocation."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from lambdas import outside, table, telemetry
from lambdas.items import Item
from lambdas.queues import Later, Message
from lambdas.work import attempt, reason_of

cloudwatch = outside.client("cloudwatch")


class Outcome(NamedTuple):
    """What came of an item: over (worked), deleted (done before), held by another, or failed."""

    over: bool = False
    deleted: bool = False
    held_until: float = 0.0
    reason: str = ""


@dataclass
class Tally:
    """The counts of one invocation for one batch; several items may end at the same time."""

    processed: int = 0
    failed: int = 0
    duplicated: int = 0
    work_ms: float = 0.0
    last_done_at: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def add(
        self, processed: int = 0, failed: int = 0, repeated: bool = False, work_ms: float = 0.0
    ) -> None:
        """Count an item that was worked or failed for good; time, whatever came of it."""
        with self.lock:
            self.work_ms += work_ms
            self.processed += processed
            self.failed += failed
            self.duplicated += repeated
            if processed or failed:
                self.last_done_at = max(self.last_done_at, outside.now())

    def metrics(self) -> dict[str, float]:
        """What the telemetry line counts."""
        return {
            "items_processed": self.processed,
            "items_failed": self.failed,
            "items_duplicated": self.duplicated,
            "work_ms": round(self.work_ms),
        }

    def properties(self) -> dict[str, float]:
        """What the telemetry line carries besides."""
        return {"last_done_at": self.last_done_at} if self.last_done_at else {}


def work_items(
    message: Message, pairs: list[list], owner: str, tally: Tally, repeated: bool = False
) -> list[tuple[str, Outcome]]:
    """Work items, several at a time if the knob says so; each with what came of it."""
    knobs = message["knobs"]
    claim = knobs["claim"] and knobs["track"] == "item"

    def one(pair: list) -> tuple[str, Outcome]:
        item = Item(*pair)
        try:
            if claim:
                return item.id, _claimed(item, message, owner, tally)
            return item.id, _outcome(try_item(item, knobs, tally, repeated))
        except Later as later:
            return item.id, Outcome(held_until=outside.now() + later.seconds)
        except Exception as error:  # of this item only: what the others did is written down
            telemetry.report("sqs", "processor", message["batch"], error)
            return item.id, Outcome(reason=reason_of(error))

    return outside.gather(one, pairs, min(knobs["item_concurrency"], len(pairs)))


def try_item(item: Item, knobs: dict[str, Any], tally: Tally, repeated: bool) -> str:
    """Work an item; why it failed, or nothing."""
    telemetry.trace(knobs, f"Processing item: {item.id}")
    tried = attempt(item)
    tally.add(work_ms=tried.work_ms)
    if not tried.reason:
        tally.add(processed=1, repeated=repeated)
        if knobs["telemetry"] == "put_metric_data":
            telemetry.put_item_metric(cloudwatch, "sqs", round(tried.work_ms))
    return tried.reason


def message_record(message: Message, key: table.Key, owner: str, look: bool) -> table.Record | None:
    """The message's own record, claimed if the knob says so; None if the message is done.

    Without claims, and without a reason to look, nothing of it can be done: no read is paid for.
    """
    if message["knobs"]["claim"]:
        return table.lease(key, owner, message["knobs"]["lease_s"])
    return table.read(key) if look else {}


def keep_undone(key: table.Key, undone: list[str], owner: str | None) -> bool:
    """Write down what is left of a message and give up its lease; False if the record is deleted.

    A refusal alone does not say so: after a lost answer the same write is tried again, and refused.
    """
    values: table.Record = {":undone": undone}
    condition = "attribute_exists(pk) AND attribute_not_exists(splitting)"
    update = "SET undone = :undone"
    if owner is not None:
        condition, update = "lease_by = :me", f"{update} REMOVE lease_until, lease_by"
        values[":me"] = owner
    kept = table.conditional(
        "update_item",
        Key=key,
        UpdateExpression=update,
        ConditionExpression=condition,
        ExpressionAttributeValues=table.pack(values),
    )
    return kept or table.read(key) is not None


def delete_unsplit(key: table.Key) -> bool:
    """Delete a message's record; False if it is being split: then its children go on."""
    return table.conditional(
        "delete_item", Key=key, ConditionExpression="attribute_not_exists(splitting)"
    )


def _claimed(item: Item, message: Message, owner: str, tally: Tally) -> Outcome:
    """Claim an item just before its work, and work it."""
    knobs = message["knobs"]
    key = table.item_key(message["batch"], item.id, knobs["state_shards"])
    record = table.lease(key, owner, knobs["lease_s"])
    if record is None:
        return Outcome(deleted=True)
    after_crash = table.crashed(record)
    outcome = _outcome(try_item(item, knobs, tally, after_crash))
    if not outcome.over:
        table.release(key, owner, after_crash)
    return outcome


def _outcome(reason: str) -> Outcome:
    return Outcome(reason=reason) if reason else Outcome(over=True)
