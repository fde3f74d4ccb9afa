"""The races of the published design, as variants of the sqs handlers."""

from tests.swarm.controls.variants import Control

NEVER = {"stuck_after_s": 30_000}  # what is lost stays lost for longer than is allowed
QUICK = {"value_max": 0, "poll_s": 300, **NEVER}


def message_before_state(original, copy):
    def segment(batch, number, owner, context):
        m, key = copy.batcher, copy.state.segment_key(batch.id, number)
        lease = m._lease(key, owner)
        if lease.gone:
            return
        start, stop = lease.record["start"], lease.record["stop"]
        sent = copy.bodies.item_bodies(batch, start, stop)
        copy.messages.send_all(m.item_queue, sent, batch.knobs["send_batch_size"])
        copy.state.put_all(m._records(batch, start, stop), batch.knobs["write_batch_size"])
        copy.state.delete_all([key], 1)

    return segment


def look_at_items_only(original, copy):
    def look(batch, from_shard):
        for shard in range(from_shard, batch.knobs["state_shards"]):
            record = copy.state.first(copy.state.shard_partition(batch.id, shard))
            if record is not None:
                return copy.finalizer.Left(shard, record)
        return None

    return look


def failed_item_deleted(original, copy):
    def fail_item(batch, key, item, why, tries, owner):
        return copy.leases.conditional("delete_item", **copy.batches.held(key, owner))

    return fail_item


def claim_for_ever(original, copy):
    return original.replace("lease_until < :now", "attribute_not_exists(pk)")


PUBLISHED = [
    Control(
        name="message before state",
        design="sqs",
        changes={"batcher._segment": message_before_state},
        judges=("not_too_late", "notified", "leftovers"),
        knobs=QUICK,
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="empty table while the batcher writes",
        design="sqs",
        changes={"finalizer._look": look_at_items_only},
        judges=("not_too_early",),
        knobs=QUICK | {"poll_s": 1, "segment_items": 5},
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="failed item deleted",
        design="sqs",
        changes={"batches.fail_item": failed_item_deleted},
        judges=("processed",),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="claim left by a crash",
        design="sqs",
        changes={"leases.FREE": claim_for_ever, "leases.UNLEASED": claim_for_ever},
        judges=("not_too_late", "notified"),
        knobs=QUICK | {"claim": True, "value_max": 100},
        rates={"kill_sleep": 0.2, "roles": ("processor",), "quiet_s": 20.0},
    ),
]
