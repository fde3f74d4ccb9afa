"""Mutants of the sqs handlers without the rules on records, keys, leases and deletes."""

from collections import Counter

from lambdas import outside, queues, table, trigger
from lambdas.sqs import batcher, batches, finalizer
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import NEVER, QUICK

CLAIMED = QUICK | {"claim": True}
SEGMENTS = QUICK | {"segment_items": 5}
SLOW = {"value_max": 20_000, "items_per_message": 1, "poll_s": 1}


def segments_among_items(batch, segment):
    """A segment's record lies in the last shard of the items, before all of them."""
    pk = table.shard_partition(batch, 7)
    return table.pack({"pk": pk, "sk": f"!{segment:06d}"})


def plan_among_items(records, size=25):

    def moved(record):
        if record["pk"].startswith("segments#"):
            batch = record["pk"].partition("#")[2]
            return record | {"pk": table.shard_partition(batch, 7), "sk": "!" + record["sk"]}
        return record

    original(map(moved, records), size)


def every_among_items(partition):
    if not partition.startswith("segments#"):
        yield from original(partition)
        return
    batch = partition.partition("#")[2]
    for record in original(table.shard_partition(batch, 7)):
        if record["sk"].startswith("!"):
            yield (record | {"sk": record["sk"][1:]})


def shards_before_segments(batch):
    """Upstream last: a segment may turn into items of a shard that was seen empty."""
    if not batch["planned"]:
        return batch
    for shard in range(batch["knobs"]["state_shards"]):
        record = table.first(table.shard_partition(batch["id"], shard))
        if record is not None:
            return record
    return table.first(f"segments#{batch['id']}")


ATTEMPTS = Counter()


def fresh_keys(batch, segment, context):
    """Every attempt at a segment draws its items anew."""
    attempt = ATTEMPTS[batch["id"], segment]
    ATTEMPTS[batch["id"], segment] += 1
    original(batch | {"seed": batch["seed"] + attempt}, segment, context)


def written_ignored(key, owner, seconds):
    """A redelivered segment writes its records again."""
    record = original(key, owner, seconds)
    return record and {name: value for name, value in record.items() if name != "written"}


def no_parent_lease(key, owner, seconds):
    return table.read(key)


def marked_by_anyone(key, owner, flag):
    table.conditional(
        "update_item",
        Key=key,
        UpdateExpression=f"SET {flag} = :true",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues=table.pack({":true": True}),
    )


def parent_deleted_first(batch, segment, context):
    """The segment's record goes before its messages are sent."""
    key, part = table.segment_key(batch["id"], segment), batches.segment_range(batch, segment)
    if table.lease(key, context.aws_request_id, batcher.LEASE_S) is None:
        return
    table.put_all(batcher._records(batch, part), batch["knobs"]["write_batch_size"])
    table.delete_all([key], 1)
    sent = batcher._item_messages(batch, part)
    queues.send_all(batcher.item_queue, sent, batch["knobs"]["send_batch_size"])


def upserting_claim(key, owner, seconds):
    """A lease on a record that is gone brings it back."""
    now = outside.now()
    values = {":until": now + seconds, ":me": owner, ":now": now}
    try:
        old = table.dynamodb.update_item(
            TableName=table.table,
            Key=key,
            UpdateExpression="SET lease_until = :until, lease_by = :me",
            ConditionExpression=table.FREE,
            ExpressionAttributeValues=table.pack(values),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except table.ClientError as error:
        if not table.refused(error):
            raise
        record = table.unpack(error.response["Item"])
        raise queues.Later(record["lease_until"] - now) from None
    return table.unpack(old.get("Attributes", {}))


def short_lease(key, owner, seconds):
    """A claim that ends before its owner must have ended."""
    return original(key, owner, 1)


def unprocessed_ignored(keys, size=25):
    entries = [{"DeleteRequest": {"Key": key}} for key in keys]
    for at in range(0, len(entries), 25):
        part = {table.table: entries[at : at + 25]}
        table.dynamodb.batch_write_item(RequestItems=part)


def listed_and_kept(batch, key, owner, failed, tries):
    """Failed items are listed, and their record stays under the polled keys."""
    table.put_all(batches._listing(batch, item, reason, tries) for item, reason in failed)


def unconditional(call, **arguments):
    """A trigger that comes again writes the batch's record again."""
    if call == "put_item":
        del arguments["ConditionExpression"]
    return original(call, **arguments)


FIRED = Counter()


def fresh_slots(time):
    """Each firing of the schedule makes a batch of its own."""
    FIRED[time] += 1
    return f"{original(time)}-{FIRED[time]}"


def shards_of_the_environment(batch, sk, shards):
    """A knob read from the deployment instead of from the batch."""
    return original(batch, sk, 10)


STATE = [
    Control(
        name="segments among the item shards",
        design="sqs",
        changes={
            table.segment_key: segments_among_items,
            table.put_all: plan_among_items,
            table.every: every_among_items,
        },
        checks=("not_too_early",),
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
        changes={finalizer._left: shards_before_segments},
        checks=("not_too_early",),
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
        changes={batcher._segment: fresh_keys},
        checks=("processed", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a segment written twice",
        design="sqs",
        changes={table.lease: written_ignored},
        roles=("batcher",),
        checks=("claims",),
        knobs=CLAIMED | {"write_batch_size": 25},
        rates={"kill_after": 0.9, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="segments without a lease",
        design="sqs",
        changes={table.lease: no_parent_lease, table.mark: marked_by_anyone},
        roles=("batcher",),
        checks=("claims",),
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
        changes={batcher._segment: parent_deleted_first},
        checks=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="a claim that upserts",
        design="sqs",
        changes={table.lease: upserting_claim},
        checks=("claims",),
        knobs=CLAIMED,
        rates={"twice_late": 0.5, "queues": ("ItemQueue",), "late_max_s": 100.0},
    ),
    Control(
        name="a lease shorter than its owner",
        design="sqs",
        changes={table.lease: short_lease},
        checks=("leases",),
        knobs=CLAIMED | {"value_max": 2_000},
        rates={"early": 0.5, "queues": ("ItemQueue",)},
    ),
    Control(
        name="unprocessed deletes ignored",
        design="sqs",
        changes={table.delete_all: unprocessed_ignored},
        checks=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"hold_back": 0.5, "roles": ("processor",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a failed item under the polled keys",
        design="sqs",
        changes={batches.fail_items: listed_and_kept},
        checks=("not_too_late", "notified"),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="a batch record that is written again",
        design="sqs",
        changes={table.conditional: unconditional},
        checks=("claims", "notified"),
        knobs=CLAIMED,
        more=lambda first: [type(first)(**vars(first) | {"at_s": 2_000.0, "kind": "again"})],
    ),
    Control(
        name="a batch id of its own for each trigger",
        design="sqs",
        changes={trigger._slot: fresh_slots},
        checks=("leftovers", "notified", "processed"),
        knobs=QUICK,
        more=lambda first: [type(first)(1.0, "cron"), type(first)(1.5, "cron")],
    ),
    Control(
        name="knobs from the environment",
        design="sqs",
        changes={table.item_key: shards_of_the_environment},
        checks=("not_too_late", "notified"),
        knobs=QUICK | NEVER,
        carried={"state_shards": 3},
    ),
]
