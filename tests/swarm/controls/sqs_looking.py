"""Mutants of the sqs handlers without the rules on looking, telling, planning and stopping."""

from collections import Counter

from lambdas import notification, outside, queues, table, telemetry, trigger
from lambdas.sqs import batcher, batches, finalizer
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

SEGMENTS = QUICK | {"segment_items": 5}


def ends_at_complete(message, context):
    """COMPLETE ends the looks, and not NOTIFIED."""
    if batches.read_batch(message["batch"]).get("status") != "COMPLETE":
        original(message, context)


def moment_of_the_look(design, batch, items, items_failed, detected_at):
    """A second notification names another moment of completion."""
    return original(design, batch, items, items_failed, outside.now())


def failed_poll_acknowledged(message, context):
    try:
        original(message, context)
    except queues.Later:
        raise
    except Exception as error:
        telemetry.report("sqs", "finalizer", message["batch"], error)


def marked_before_it_is_published(sns, topic, message):
    """NOTIFIED first, then the publish."""
    batches.lead(message["batch_id"], "COMPLETE", "NOTIFIED")
    original(sns, topic, message)


def root_that_is_not_repeated(event):
    """A trigger that comes again finds the batch's record, and leaves the rest to the first."""
    if not batches.read_batch(trigger.read_trigger(event).batch):
        original(event)


def plan_before_polls(queue_url, message, delay_s=0):
    """The root asks for the plan first, and then for the looks."""
    if queue_url == batcher.poll_queue:
        HELD.append((message, delay_s))
        return
    original(queue_url, message)
    while HELD:
        original(batcher.poll_queue, *HELD.pop())


HELD = []


def loses_one(queue_url, entries):
    """The first message of each call is lost on its way."""
    original(queue_url, entries[1:] or entries)


def nothing_sent_again(batch, record):
    return None


def plan_written_twice(key, owner, seconds):
    """A plan that comes again writes the segments again."""
    record = original(key, owner, seconds)
    return record | {"planned": False} if record and "planned" in record else record


ATTEMPTS, NEWEST = Counter(), {}


def keys_of_each_attempt(batch, part):
    """Sort keys made up anew at every attempt; the last ones are those that messages carry."""
    ATTEMPTS[batch["id"], part] += 1
    attempt = ATTEMPTS[batch["id"], part]
    for record in original(batch, part):
        NEWEST[batch["id"], record["sk"]] = f"{record['sk']}-{attempt}"
        yield record | {"sk": f"{record['sk']}-{attempt}"}


def newest_key(batch, sk, shards):
    return original(batch, sk, shards) | table.pack({"sk": NEWEST.get((batch, sk), sk)})


def cancelled_unseen(batch, consistent=True):
    """A cancelled batch is taken for an open one."""
    found = original(batch, consistent)
    return found | {"status": "OPEN"} if found.get("status") == "CANCELLED" else found


def read_eventually(partition, **more):
    """The finalizer's looks at its partitions are content with an eventual read."""
    return table.dynamodb.query(
        TableName=table.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=table.pack({":pk": partition}),
        ConsistentRead=False,
        **more,
    )


def open_batches_unmarked(records, size=25):
    records = list(records)
    original([one for one in records if one["pk"] != "open"], size)


LOOKING = [
    Control(
        name="an open batch that is not marked",
        design="sqs",
        changes={table.put_all: open_batches_unmarked},
        checks=("lifecycle",),
        knobs=QUICK,
    ),
    Control(
        name="partitions read eventually",
        design="sqs",
        changes={table._query: read_eventually},
        checks=("ends", "processed", "not_too_early", "not_too_late", "notified"),
        knobs=QUICK | {"poison_per_million": 200_000, "poll_s": 10},
        rates={"stale": 0.9},
    ),
    Control(
        name="looks that end at complete",
        design="sqs",
        changes={finalizer._poll: ends_at_complete},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a moment of completion for each notification",
        design="sqs",
        changes={notification.complete: moment_of_the_look},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a failed poll acknowledged",
        design="sqs",
        changes={finalizer._poll: failed_poll_acknowledged},
        checks=("notified", "not_too_late"),
        knobs=QUICK,
        rates={"refuse": 0.5, "roles": ("finalizer",), "operations": ("GetItem",)},
    ),
    Control(
        name="published after the mark",
        design="sqs",
        changes={notification.publish: marked_before_it_is_published},
        roles=("finalizer",),
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a root that is not repeated",
        design="sqs",
        changes={batcher.start: root_that_is_not_repeated},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 1.0, "roles": ("batcher",), "operations": ("PutItem",)},
    ),
    Control(
        name="the plan asked for before the looks",
        design="sqs",
        changes={queues.send: plan_before_polls},
        roles=("batcher",),
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("batcher",), "operations": ("SendMessage",)},
    ),
    Control(
        name="nothing is sent again",
        design="sqs",
        changes={queues._send_entries: loses_one, finalizer._send_stuck: nothing_sent_again},
        roles=("batcher", "finalizer"),
        checks=("notified", "not_too_late"),
        knobs={"value_max": 0, "poll_s": 60, "stuck_after_s": 300},
    ),
    Control(
        name="a plan written twice",
        design="sqs",
        changes={table.lease: plan_written_twice},
        roles=("batcher",),
        checks=("claims",),
        knobs=SEGMENTS | {"claim": True},
        rates={"lose_answer": 0.9, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="sort keys of each attempt",
        design="sqs",
        changes={batcher._records: keys_of_each_attempt, table.item_key: newest_key},
        checks=("leftovers", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a cancelled batch that is looked at",
        design="sqs",
        changes={batches.read_batch: cancelled_unseen},
        roles=("finalizer",),
        checks=("cancelled",),
        knobs=SEGMENTS | {"poll_s": 60, "value_max": 2_000, "max_concurrency": 2},
        items=60,
        cancel_s=5.0,
    ),
    Control(
        name="a cancelled batch that is created",
        design="sqs",
        changes={batches.read_batch: cancelled_unseen},
        roles=("batcher",),
        checks=("cancelled",),
        knobs=SEGMENTS | {"batcher_concurrency": 2},
        items=60,
        cancel_s=1.5,
        rates={"slow": 0.9, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
]
