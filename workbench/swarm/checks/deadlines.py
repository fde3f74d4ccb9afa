"""A batch past its deadline is notified of, then cancelled, and is not polled any more."""

import json
from collections.abc import Iterator
from math import inf

from workbench.swarm.checks.completion import struck_roles
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Invoked
from workbench.targets.local.world.context import EPOCH_S

NEAR_S = 1.0  # from a poll's look at the clock, or the end of an item, to the calls that tell it


def check_deadlines(seen: FaultRecord) -> Iterator[str]:
    """Batches cancelled without a cause or a word, and batches that went on past their deadline."""
    for batch in seen.batches:
        limit_s = batch.knobs.get("deadline_s", inf)
        for call in seen.cancelling.get(batch.batch_id, ()):
            if call.role:
                yield from _cancelled(seen, batch, call, limit_s)
        for one in seen.invoked:
            yield from _went_on(seen, batch, one, limit_s)


def _cancelled(seen: FaultRecord, batch: Expected, call: Called, limit_s: float) -> Iterator[str]:
    what, meta = f"{batch.batch_id} is cancelled at {call.t_s:.3f} s", seen.meta(batch) or {}
    if call.t_s < meta["created_at"] - EPOCH_S + limit_s:
        yield f"{what}; its deadline is {limit_s:.0f} s after {meta['created_at'] - EPOCH_S:.3f} s"
    said = [one for one in seen.notifications(batch, "cancelled") if one.t_s <= call.t_s]
    if not any(one.message.get("reason") and one.message["items"] == batch.items for one in said):
        yield f"{what}, and nobody was notified why"
    if not meta.get("reason"):
        yield f"{what}, and its record does not say why"
    poll, over_s = seen.requests[call.request_id], seen.over_s(batch)
    calm = not struck_roles(seen) - {"finalizer", "poll"}
    if calm and len(over_s) == batch.items and max(over_s.values()) + NEAR_S < poll.begun_s:
        yield f"{what}, and all its items were over before"
    if _given_back(poll, batch):
        yield f"{what}, and {poll.request_id} lets it be polled again"


def _went_on(seen: FaultRecord, batch: Expected, one: Invoked, limit_s: float) -> Iterator[str]:
    """A poll of a batch that was too old, and had items left, did not cancel it."""
    ages_s = [
        line["open_batch_age_s"]
        for line in one.telemetry
        if one.role == "finalizer" and line["batch_id"] == batch.batch_id
    ]
    if not ages_s or max(ages_s) <= limit_s + NEAR_S or one.request_id in seen.hit:
        return
    calls = [call for call in seen.cancelling.get(batch.batch_id, ()) if call.t_s <= one.ended_s]
    over_s = seen.over_s(batch)
    left = len(over_s) < batch.items or max(over_s.values()) > one.ended_s
    if left and not calls:
        yield (
            f"{batch.batch_id} is {max(ages_s):.1f} s old at a poll and goes on; its deadline is "
            f"after {limit_s:.0f} s"
        )


def _given_back(one: Invoked, batch: Expected) -> bool:
    """Whether an invocation gives a message of a batch back."""
    back = (record for record in one.event["Records"] if record["messageId"] in one.given_back)
    return any(json.loads(record["body"])["batch"] == batch.batch_id for record in back)
