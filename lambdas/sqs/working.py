"""Working the items of one message: claims, what came of each, and the counts of an invocation."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from lambdas import leases, outside, state, telemetry
from lambdas.attempts import attempt, reason_of
from lambdas.items import Item
from lambdas.sqs.splitting import Leased

cloudwatch = outside.client("cloudwatch")


class Outcome(NamedTuple):
    """What came of an item: over (worked), gone (done before), held by another, or failed."""

    over: bool = False
    gone: bool = False
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

    def worked(self, milliseconds: float) -> None:
        """Time went into an item, whatever came of it."""
        with self.lock:
            self.work_ms += milliseconds

    def add(self, repeated: bool) -> None:
        """Count an item that was worked."""
        with self.lock:
            self.processed += 1
            self.duplicated += repeated
            self.last_done_at = max(self.last_done_at, outside.now())

    def fail(self) -> None:
        """Count an item that failed for good."""
        with self.lock:
            self.failed += 1
            self.last_done_at = max(self.last_done_at, outside.now())

    def metrics(self) -> dict[str, float]:
        """What the telemetry line counts."""
        return {
            "items_processed": self.processed,
            "items_failed": self.failed,
            "items_duplicated": self.duplicated,
            "work_ms": round(self.work_ms),
        }

    def rest(self) -> dict[str, float]:
        """What the telemetry line carries besides."""
        return {"last_done_at": self.last_done_at} if self.last_done_at else {}


def work_items(
    body: dict[str, Any], pairs: list[list], owner: str, tally: Tally, repeated: bool = False
) -> list[tuple[str, Outcome]]:
    """Work items, several at a time if the knob says so; each with what came of it."""
    knobs = body["knobs"]
    claim = knobs["claim"] and knobs["track"] == "item"

    def one(pair: list) -> tuple[str, Outcome]:
        item = Item(*pair)
        try:
            if claim:
                return item.id, _claimed(item, body, owner, tally)
            return item.id, _outcome(try_item(item, knobs, tally, repeated))
        except Exception as error:  # of this item only: what the others did is written down
            telemetry.report("sqs", "processor", body["batch"], error)
            return item.id, Outcome(reason=reason_of(error))

    return outside.gather(one, pairs, min(knobs["item_concurrency"], len(pairs)))


def try_item(item: Item, knobs: dict[str, Any], tally: Tally, repeated: bool) -> str:
    """Work an item; why it failed, or nothing."""
    telemetry.trace(knobs, f"Processing item: {item.id}")
    reason, work_ms = attempt(item)
    tally.worked(work_ms)
    if reason:
        return reason
    tally.add(repeated)
    if knobs["telemetry"] == "put_metric_data":
        telemetry.put_item_metric(cloudwatch, "sqs", round(work_ms))
    return ""


def message_record(
    body: dict[str, Any], key: state.Key, owner: str, look: bool
) -> state.Record | None:
    """The message's own record, claimed if the knob says so; None if the message is done.

    Without claims, and without a reason to look, nothing of it can be done: no read is paid for.
    """
    if body["knobs"]["claim"]:
        lease = leases.take(key, owner, body["knobs"]["lease_s"])
        if lease.gone:
            return None
        if not lease.taken:
            raise Leased(lease.held_until)
        return lease.record
    return state.read(key) if look else {}


def keep_undone(key: state.Key, undone: list[str], owner: str | None) -> bool:
    """Write down what is left of a message and give up its lease; False if the record is gone.

    A refusal alone does not say so: after a lost answer the same write is tried again, and refused.
    """
    values: state.Record = {":undone": undone}
    condition = "attribute_exists(pk) AND attribute_not_exists(splitting)"
    update = "SET undone = :undone"
    if owner is not None:
        condition, update = "lease_by = :me", f"{update} REMOVE lease_until, lease_by"
        values[":me"] = owner
    kept = leases.conditional(
        "update_item",
        Key=key,
        UpdateExpression=update,
        ConditionExpression=condition,
        ExpressionAttributeValues=state.pack(values),
    )
    return kept or state.read(key) is not None


def delete_unsplit(key: state.Key) -> bool:
    """Take a message's record away; False if it is being split: then its children go on."""
    return leases.conditional(
        "delete_item", Key=key, ConditionExpression="attribute_not_exists(splitting)"
    )


def _claimed(item: Item, body: dict[str, Any], owner: str, tally: Tally) -> Outcome:
    """Claim an item just before its work, and work it."""
    knobs = body["knobs"]
    key = state.item_key(body["batch"], item.id, knobs["state_shards"])
    lease = leases.take(key, owner, knobs["lease_s"])
    if lease.gone:
        return Outcome(gone=True)
    if not lease.taken:
        return Outcome(held_until=lease.held_until)
    outcome = _outcome(try_item(item, knobs, tally, lease.crashed))
    if not outcome.over:
        leases.release(key, owner, lease.crashed)
    return outcome


def _outcome(reason: str) -> Outcome:
    return Outcome(reason=reason) if reason else Outcome(over=True)
