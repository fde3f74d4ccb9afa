"""The races of the published design, as mutants of the sqs handlers."""

from lambdas import leases, messages, state
from lambdas.sqs import batcher, batches, bodies, finalizer
from tests.swarm.controls.mutants import Control

NEVER = {"stuck_after_s": 30_000}  # what is lost stays lost for longer than is allowed
QUICK = {"value_max": 0, "poll_s": 300, **NEVER}


def message_before_state(batch, number, owner, context):
    key = state.segment_key(batch.id, number)
    lease = batcher._lease(key, owner)
    if lease.gone:
        return
    start, stop = (lease.record["start"], lease.record["stop"])
    sent = bodies.item_bodies(batch, start, stop)
    messages.send_all(batcher.item_queue, sent, batch.knobs["send_batch_size"])
    state.put_all(batcher._records(batch, start, stop), batch.knobs["write_batch_size"])
    state.delete_all([key], 1)


def look_at_items_only(batch, from_shard):
    for shard in range(from_shard, batch.knobs["state_shards"]):
        record = state.first(state.shard_partition(batch.id, shard))
        if record is not None:
            return finalizer.Left(shard, record)
    return None


def failed_item_deleted(batch, key, item, why, tries, owner):
    return leases.conditional("delete_item", **batches.held(key, owner))


def never_again(condition):
    """A condition of a lease that does not end."""
    return condition.replace("lease_until < :now", "attribute_not_exists(pk)")


PUBLISHED = [
    Control(
        name="message before state",
        design="sqs",
        changes={batcher._segment: message_before_state},
        checks=("not_too_late", "notified", "leftovers"),
        knobs=QUICK,
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="empty table while the batcher writes",
        design="sqs",
        changes={finalizer._look: look_at_items_only},
        checks=("not_too_early",),
        knobs=QUICK | {"poll_s": 1, "segment_items": 5},
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="failed item deleted",
        design="sqs",
        changes={batches.fail_item: failed_item_deleted},
        checks=("processed",),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="claim left by a crash",
        design="sqs",
        constants={
            (leases, "FREE"): never_again(leases.FREE),
            (leases, "UNLEASED"): never_again(leases.UNLEASED),
        },
        checks=("not_too_late", "notified"),
        knobs=QUICK | {"claim": True, "value_max": 100},
        rates={"kill_sleep": 0.2, "roles": ("processor",), "quiet_s": 20.0},
    ),
]
