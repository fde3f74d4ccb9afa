"""The races of the published design, as mutants of the sqs handlers."""

from lambdas import queues, table
from lambdas.sqs import batcher, batches, finalizer, messages
from tests.swarm.controls.mutants import Control

NEVER = {"stuck_after_s": 30_000}  # what is lost stays lost for longer than is allowed
QUICK = {"value_max": 0, "poll_s": 300, **NEVER}


def message_before_state(batch, number, owner, context):
    key = table.segment_key(batch.id, number)
    record = batcher._leased(key, owner)
    if record is None:
        return
    start, stop = record["start"], record["stop"]
    sent = messages.item_messages(batch, start, stop)
    queues.send_all(batcher.item_queue, sent, batch.knobs["send_batch_size"])
    table.put_all(batcher._records(batch, start, stop), batch.knobs["write_batch_size"])
    table.delete_all([key], 1)


def look_at_items_only(batch, from_shard):
    for shard in range(from_shard, batch.knobs["state_shards"]):
        record = table.first(table.shard_partition(batch.id, shard))
        if record is not None:
            return finalizer.Left(shard, record)
    return None


def failed_item_deleted(batch, key, item, why, tries, owner):
    return table.conditional("delete_item", **table.held(key, owner))


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
            (table, "FREE"): never_again(table.FREE),
            (table, "UNLEASED"): never_again(table.UNLEASED),
        },
        checks=("not_too_late", "notified"),
        knobs=QUICK | {"claim": True, "value_max": 100},
        rates={"kill_sleep": 0.2, "roles": ("processor",), "quiet_s": 20.0},
    ),
]
