"""The races of the published design, as mutants of the sqs handlers."""

from lambdas import queues, table
from lambdas.sqs import batcher, batches, finalizer
from tests.swarm.controls.mutants import Control, original

NEVER = {"stuck_after_s": 30_000}  # what is lost stays lost for longer than is allowed
QUICK = {"value_max": 0, "poll_s": 300, **NEVER}


def message_before_state(batch, segment, context):
    key, part = table.segment_key(batch["id"], segment), batches.segment_range(batch, segment)
    if table.lease(key, context.aws_request_id, batcher.LEASE_S) is None:
        return
    sent, knobs = batcher._item_messages(batch, part), batch["knobs"]
    queues.send_all(batcher.item_queue, sent, knobs["send_batch_size"])
    table.put_all(batcher._records(batch, part), knobs["write_batch_size"])
    table.delete_all([key], 1)


def look_at_items_only(batch):
    for shard in range(batch["knobs"]["state_shards"]):
        record = table.first(table.shard_partition(batch["id"], shard))
        if record is not None:
            return record
    return None


def failed_items_deleted(batch, key, owner, failed, tries):
    table.conditional("delete_item", **table.held(key, owner))


def lease_without_end(key, owner, seconds):
    return original(key, owner, 1e9)


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
        changes={finalizer._left: look_at_items_only},
        checks=("not_too_early",),
        knobs=QUICK | {"poll_s": 1, "segment_items": 5},
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="failed item deleted",
        design="sqs",
        changes={batches.fail_items: failed_items_deleted},
        checks=("processed",),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="claim left by a crash",
        design="sqs",
        changes={table.lease: lease_without_end},
        roles=("processor",),
        checks=("not_too_late", "notified"),
        knobs=QUICK | {"claim": True, "value_max": 100},
        rates={"kill_sleep": 0.2, "roles": ("processor",), "quiet_s": 20.0},
    ),
]
