"""Mutants of the counters handlers, each without one of the design's rules."""

import json
from dataclasses import replace
from itertools import count as numbers_from

from lambdas import outside, queues, table, telemetry
from lambdas.counters import batches, failures, finalizer, processor
from tests.swarm.controls.mutants import Control, original

SLOW = {  # one item a message, two messages at a time, so that looks come in between
    "items_per_message": 1,
    "messages_per_invocation": 1,
    "max_concurrency": 2,
    "segment_items": 5,
    "value_max": 2_000,
    "poll_s": 3,
}
POISONED = SLOW | {"items_per_message": 5, "poison_per_million": 200_000}
TOKENS = numbers_from(1_000_000)
WHOLE = {}


def counts_each_time(batch, numbers):
    """A counter that grows with every message, whether it was counted before or not."""
    for number in numbers:
        table.dynamodb.update_item(
            TableName=table.table,
            Key=batches.shard_key(batch, number // batches.PER_SHARD),
            UpdateExpression="SET expires_at = :expires ADD done :numbers",
            ExpressionAttributeValues={
                ":numbers": {"NS": [str(next(TOKENS))]},
                **table.pack({":expires": batches.expires_at()}),
            },
        )


def messages_added_up(batch, numbers):
    """`ADD done 1`, in one record."""
    table.dynamodb.update_item(
        TableName=table.table,
        Key=batches.shard_key(batch, 0),
        UpdateExpression="ADD done :n",
        ExpressionAttributeValues={":n": {"N": str(len(numbers))}},
    )


def sum_reached(batch, messages):
    """All are counted when the sum is the number of messages."""
    counted = batches._read_all([batches.shard_key(batch, 0)])
    return sum(one["done"] for one in counted) >= messages


def counted_before_the_work(body, tally):
    """A message is counted as its work begins."""
    batches.count(body["batch"], [body["n"]])
    original(body, tally)


def counted_with_failures_open(body, tally):
    """A message is counted though some of its items are sent again."""
    original(body, tally)
    batches.count(body["batch"], [body["n"]])


def marked_before_told(batch, messages):
    """The batch is closed, and then told."""
    found = original(batch, messages)
    if found:
        batches.mark_done(batch, outside.now(), 0)
    return found


def forgotten_when_told(batch, *_):
    """The record of a batch goes when it is told."""
    table.dynamodb.delete_item(TableName=table.table, Key=table.batch_key(batch))


def read_eventually(batch, consistent=True):
    """Every look at a batch is content with an eventual read."""
    return original(batch, False)


def read_consistently(batch, consistent=True):
    """Every look at a batch is a consistent read."""
    return original(batch, True)


def worked_one_by_one(body, tally):
    original(body | {"item_concurrency": 1}, tally)


def dead_letters_dropped(body):
    return None


def cancelled_unseen(batch, consistent=True):
    """A cancelled batch is taken for an open one."""
    record = table.read(table.batch_key(batch), consistent)
    if record is None or record["status"] == "DONE":
        return None
    return record | {"id": batch, "knobs": json.loads(record["knobs"])}


def asked_for_twice(body, context):
    """A look that finds messages missing asks for the next one, and comes back itself."""
    try:
        original(body, context)
    except queues.Later:
        queues.send(finalizer.poll_queue, body, body["poll_s"])
        raise


def resent_whole(queue, message, delay_s=0):
    """A message with failed items is sent again with all of its items."""
    if "tries" in message:
        message = message | {"items": WHOLE[message["batch"], message["n"]]}
    original(queue, message, delay_s)


def noted_whole(body, tally):
    """Work a message, and remember what it held when it came first."""
    WHOLE.setdefault((body["batch"], body["n"]), body["items"])
    original(body, tally)


def unsaid(*_, **__):
    """No telemetry."""


def left_to_the_queue(queue_url, receipt, seconds):
    """A message that failed comes back when its queue shows it again."""


def sent_one_by_one(queue, messages, size):
    original(queue, messages, 1)


def marked_with_nothing(batch, detected_at, items_failed):
    original(batch, 0.0, 0)


def marked_whatever_it_was(batch, detected_at, items_failed):
    """A batch that was cancelled meanwhile is marked as done."""
    names = {"#s": "status"}
    table.dynamodb.update_item(
        TableName=table.table,
        Key=table.batch_key(batch),
        UpdateExpression="SET #s = :done, detected_at = :at, items_failed = :failed",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=table.pack(
            {":done": "DONE", ":at": detected_at, ":failed": items_failed}
        ),
    )


def cancelled_without_a_word(batch, why):
    """A batch that is past its deadline is cancelled, and nobody is notified."""
    batches.lead(batch["id"], "CANCELLED", reason=why)


def late_trigger(first):
    return [replace(first, at_s=2_000.0, kind="again")]


RULES = [
    Control(
        name="a counter in place of a set of numbers",
        design="counters",
        changes={batches.count: counts_each_time},
        checks=("not_too_early",),
        knobs=SLOW,
        rates={"twice": 0.6, "queues": ("ItemQueue",)},
    ),
    Control(
        name="a message counted before its work",
        design="counters",
        changes={processor._work: counted_before_the_work},
        checks=("not_too_early",),
        knobs=SLOW,
        rates={"kill_sleep": 0.3, "roles": ("processor",)},
    ),
    Control(
        name="a message counted while some of its items are sent again",
        design="counters",
        changes={processor._work: counted_with_failures_open},
        checks=("not_too_early",),
        knobs=POISONED,
    ),
    Control(
        name="a batch closed before it is told",
        design="counters",
        changes={batches.all_counted: marked_before_told},
        roles=("finalizer",),
        checks=("notified",),
        knobs=SLOW,
        rates={"kill_before": 0.6, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a batch that is forgotten once it is told",
        design="counters",
        changes={batches.mark_done: forgotten_when_told},
        checks=("cancelled",),
        knobs=SLOW,
        more=late_trigger,
    ),
    Control(
        name="dead letters that are dropped",
        design="counters",
        changes={failures._deal: dead_letters_dropped},
        checks=("notified", "not_too_late"),
        knobs=SLOW | {"max_receives": 4},
        rates={
            "kill_before": 1.0,
            "roles": ("processor",),
            "operations": ("GetItem",),
            "quiet_s": 1_500.0,
        },
    ),
    Control(
        name="a deadline that nobody hears of",
        design="counters",
        changes={finalizer._cancel: cancelled_without_a_word},
        checks=("deadlines",),
        knobs=SLOW,
        carried={"deadline_s": 6},
    ),
    Control(
        name="a cancelled batch that goes on",
        design="counters",
        changes={batches.read_open: cancelled_unseen},
        checks=("cancelled",),
        knobs=SLOW,
        cancel_s=5.0,
    ),
    Control(
        name="items sent again that were done",
        design="counters",
        changes={queues.send: resent_whole, processor._work: noted_whole},
        roles=("processor",),
        checks=("repeats",),
        knobs=POISONED,
    ),
    Control(
        name="dead letters that no line counts",
        design="counters",
        changes={telemetry.emit: unsaid},
        roles=("failures",),
        checks=("telemetry",),
        knobs=SLOW | {"max_receives": 4},
        rates={"throttle": 1.0, "roles": ("processor",), "quiet_s": 20_000.0},
    ),
    Control(
        name="failed parts that are left to their queue",
        design="counters",
        changes={queues.delay_message: left_to_the_queue},
        roles=("batcher",),
        checks=("waits",),
        knobs=SLOW,
        rates={"refuse": 0.5, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="messages that are sent one by one",
        design="counters",
        changes={queues.send_all: sent_one_by_one},
        checks=("repeats",),
        knobs=SLOW,
    ),
    Control(
        name="a mark that does not say what was notified",
        design="counters",
        changes={batches.mark_done: marked_with_nothing},
        checks=("leftovers",),
        knobs=SLOW,
    ),
    Control(
        name="a mark that forgets when it may be deleted",
        design="counters",
        changes={batches.mark_done: marked_whatever_it_was},
        checks=("leftovers",),
        knobs=SLOW | {"poll_s": 300},
    ),
    Control(
        name="messages that a stale read drops",
        design="counters",
        changes={batches.read_open: read_eventually},
        roles=("processor", "batcher"),
        checks=("processed",),
        knobs=SLOW,
        rates={"stale": 0.5},
    ),
    Control(
        name="reads at full price",
        design="counters",
        changes={batches.read_open: read_consistently},
        checks=("calls",),
        knobs=SLOW,
    ),
    Control(
        name="items that are listed after two tries",
        design="counters",
        constants={(processor, "TRIES_MAX"): 2},
        checks=("tries",),
        knobs=POISONED,
    ),
    Control(
        name="items that are worked one by one",
        design="counters",
        changes={processor._work: worked_one_by_one},
        checks=("parallel",),
        knobs=SLOW | {"items_per_message": 5, "item_concurrency": 5, "value_max": 8_000},
    ),
    Control(
        name="looks that multiply",
        design="counters",
        changes={finalizer._poll: asked_for_twice},
        checks=("chain",),
        knobs=SLOW,
    ),
]
