"""Variants of the sqs handlers without the rules on records, keys, leases and deletes."""

from collections import Counter

from tests.swarm.controls.sqs_published import NEVER, QUICK
from tests.swarm.controls.variants import Control

CLAIMED = QUICK | {"claim": True}
SEGMENTS = QUICK | {"segment_items": 5}
SLOW = {"value_max": 20_000, "items_per_message": 1, "poll_s": 1}


def segments_among_items(original, copy):
    """A segment's record lies in the last shard of the items, before all of them."""

    def segment_key(batch, segment):
        pk = copy.state.shard_partition(batch, 7)
        return copy.state.pack({"pk": pk, "sk": f"!{segment:06d}"})

    return segment_key


def plan_among_items(original, copy):
    def put_all(records, size):
        def moved(record):
            if record["pk"].startswith("segments#"):
                batch = record["pk"].partition("#")[2]
                return record | {
                    "pk": copy.state.shard_partition(batch, 7),
                    "sk": "!" + record["sk"],
                }
            return record

        original(map(moved, records), size)

    return put_all


def every_among_items(original, copy):
    def every(partition):
        if not partition.startswith("segments#"):
            yield from original(partition)
            return
        batch = partition.partition("#")[2]
        for record in original(copy.state.shard_partition(batch, 7)):
            if record["sk"].startswith("!"):
                yield record | {"sk": record["sk"][1:]}

    return every


def shards_before_segments(original, copy):
    """Upstream last: a segment may turn into items of a shard that was seen empty."""

    def look(batch, from_shard):
        m, state = copy.finalizer, copy.state
        if not batch.planned:
            return m.Left(0, {"kind": "plan", "created_at": batch.created_at})
        for shard in range(from_shard, batch.knobs["state_shards"]):
            record = state.first(state.shard_partition(batch.id, shard))
            if record is not None:
                return m.Left(shard, record)
        segment = state.first(f"segments#{batch.id}")
        return segment and m.Left(0, segment)

    return look


def fresh_keys(original, copy):
    """Every attempt at a segment draws its items anew."""
    attempts = Counter()

    def segment(batch, number, owner, context):
        attempt = attempts[batch.id, number]
        attempts[batch.id, number] += 1
        original(batch._replace(seed=batch.seed + attempt), number, owner, context)

    return segment


def written_ignored(original, copy):
    """A redelivered segment writes its records again."""

    def lease(key, owner):
        taken = original(key, owner)
        record = {name: value for name, value in taken.record.items() if name != "written"}
        return taken._replace(record=record)

    return lease


def no_parent_lease(original, copy):
    def lease(key, owner):
        record = copy.state.read(key)
        return copy.leases.Lease(record is not None, record is None, 0.0, record or {})

    return lease


def written_by_anyone(original, copy):
    def update(key, owner, name, value):
        return copy.leases.conditional(
            "update_item",
            Key=key,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=copy.state.pack({":value": value}),
        )

    return update


def parent_deleted_first(original, copy):
    """The segment's record goes before its messages are sent."""

    def segment(batch, number, owner, context):
        m, key = copy.batcher, copy.state.segment_key(batch.id, number)
        lease = m._lease(key, owner)
        if lease.gone:
            return
        start, stop = lease.record["start"], lease.record["stop"]
        copy.state.put_all(m._records(batch, start, stop), batch.knobs["write_batch_size"])
        copy.state.delete_all([key], 1)
        sent = copy.bodies.item_bodies(batch, start, stop)
        copy.messages.send_all(m.item_queue, sent, batch.knobs["send_batch_size"])

    return segment


def upserting_claim(original, copy):
    """A lease on a record that is gone brings it back."""

    def take(key, owner, seconds, count_attempt=False, mark=""):
        leases, now = copy.leases, copy.outside.now()
        values = {":until": now + seconds, ":me": owner, ":now": now}
        try:
            old = copy.state.dynamodb.update_item(
                TableName=copy.state.table,
                Key=key,
                UpdateExpression="SET lease_until = :until, lease_by = :me",
                ConditionExpression=leases.FREE,
                ExpressionAttributeValues=copy.state.pack(values),
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except leases.ClientError as error:
            if not leases.refused(error):
                raise
            record = copy.state.unpack(error.response["Item"])
            return leases.Lease(False, False, record["lease_until"], record)
        return leases.Lease(True, False, 0.0, copy.state.unpack(old.get("Attributes")) or {})

    return take


def short_lease(original, copy):
    """A claim that ends before its owner must have ended."""

    def take(key, owner, seconds, count_attempt=False, mark=""):
        return original(key, owner, 1, count_attempt, mark)

    return take


def unprocessed_ignored(original, copy):
    def delete_all(keys, size):
        entries = [{"DeleteRequest": {"Key": key}} for key in keys]
        for at in range(0, len(entries), 25):
            part = {copy.state.table: entries[at : at + 25]}
            copy.state.dynamodb.batch_write_item(RequestItems=part)

    return delete_all


def listed_and_kept(original, copy):
    """A failed item is listed, and its record stays under the polled keys."""

    def fail_item(batch, key, item, why, tries, owner):
        record = copy.state.pack({"value": item.value, "reason": why[:500], "attempts": tries})
        failed = {**copy.state.failed_key(batch, item.id), **record}
        return copy.leases.transact(("Put", {"Item": failed}))

    return fail_item


def unconditional_open(original, copy):
    """A trigger that comes again writes the batch's record again."""

    def transact(*actions):
        free = [
            (kind, {name: value for name, value in part.items() if name != "ConditionExpression"})
            if kind == "Put"
            else (kind, part)
            for kind, part in actions
        ]
        return original(*free)

    return transact


def fresh_slots(original, copy):
    """Each firing of the schedule makes a batch of its own."""
    fired = Counter()

    def slot(time):
        fired[time] += 1
        return f"{original(time)}-{fired[time]}"

    return slot


def shards_of_the_environment(original, copy):
    """A knob read from the deployment instead of from the batch."""

    def undeployed(batch, sk, shards):
        return original(batch, sk, 10)

    return undeployed


STATE = [
    Control(
        name="segments among the item shards",
        design="sqs",
        changes={
            "state.segment_key": segments_among_items,
            "state.put_all": plan_among_items,
            "state.every": every_among_items,
        },
        judges=("not_too_early",),
        knobs=SEGMENTS | SLOW | {"state_shards": 8},
        rates={
            "slow": 0.3,
            "roles": ("batcher", "finalizer"),
            "operations": ("Query", "BatchWriteItem"),
        },
    ),
    Control(
        name="item shards read before the segments",
        design="sqs",
        changes={"finalizer._look": shards_before_segments},
        judges=("not_too_early",),
        knobs=SEGMENTS | SLOW | {"state_shards": 4},
        rates={
            "slow": 0.3,
            "roles": ("batcher", "finalizer"),
            "operations": ("Query", "BatchWriteItem"),
        },
    ),
    Control(
        name="fresh keys",
        design="sqs",
        changes={"batcher._segment": fresh_keys},
        judges=("processed", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a segment written twice",
        design="sqs",
        changes={"batcher._lease": written_ignored},
        judges=("claims",),
        knobs=CLAIMED | {"write_batch_size": 25},
        rates={"kill_after": 0.9, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="segments without a lease",
        design="sqs",
        changes={"batcher._lease": no_parent_lease, "leases.update": written_by_anyone},
        judges=("claims",),
        knobs=CLAIMED,
        rates={
            "twice": 0.5,
            "slow": 0.3,
            "roles": ("batcher",),
            "operations": ("BatchWriteItem",),
            "queues": ("PlanQueue",),
        },
    ),
    Control(
        name="a parent deleted before its messages are sent",
        design="sqs",
        changes={"batcher._segment": parent_deleted_first},
        judges=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="a claim that upserts",
        design="sqs",
        changes={"leases.take": upserting_claim},
        judges=("claims",),
        knobs=CLAIMED,
        rates={"twice_late": 0.5, "queues": ("ItemQueue",), "late_max_s": 100.0},
    ),
    Control(
        name="a lease shorter than its owner",
        design="sqs",
        changes={"leases.take": short_lease},
        judges=("claims",),
        knobs=CLAIMED | {"value_max": 2_000},
        rates={"early": 0.5, "queues": ("ItemQueue",)},
    ),
    Control(
        name="unprocessed deletes ignored",
        design="sqs",
        changes={"state.delete_all": unprocessed_ignored},
        judges=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"hold_back": 0.5, "roles": ("processor",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a failed item under the polled keys",
        design="sqs",
        changes={"batches.fail_item": listed_and_kept},
        judges=("not_too_late", "notified"),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="a batch record that is written again",
        design="sqs",
        changes={"leases.transact": unconditional_open},
        judges=("claims", "notified"),
        knobs=CLAIMED,
        more=lambda first: [type(first)(**vars(first) | {"at_s": 2_000.0, "kind": "again"})],
    ),
    Control(
        name="a batch id of its own for each trigger",
        design="sqs",
        changes={"trigger._slot": fresh_slots},
        judges=("leftovers", "notified", "processed"),
        knobs=QUICK,
        more=lambda first: [type(first)(1.0, "cron"), type(first)(1.5, "cron")],
    ),
    Control(
        name="knobs from the environment",
        design="sqs",
        changes={"state.item_key": shards_of_the_environment},
        judges=("not_too_late", "notified"),
        knobs=QUICK | NEVER,
        carried={"state_shards": 3},
    ),
]
