"""Variants of the counters handlers, each without one of the design's rules."""

from dataclasses import replace
from itertools import count as numbers_from

from tests.swarm.controls.variants import Control

SLOW = {  # one item a message, two messages at a time, so that looks come in between
    "items_per_message": 1,
    "messages_per_invocation": 1,
    "max_concurrency": 2,
    "segment_items": 5,
    "value_max": 2_000,
    "poll_s": 3,
}
POISONED = SLOW | {"items_per_message": 5, "poison_per_million": 200_000}


def counts_each_time(original, copy):
    """A counter that grows with every message, whether it was counted before or not."""
    tokens = numbers_from(1_000_000)

    def count(batch, numbers):
        counting = copy.counting
        for number in numbers:
            counting.dynamodb.update_item(
                TableName=counting.table,
                Key=counting.shard_key(batch, number // counting.PER_SHARD),
                UpdateExpression="SET expires_at = :expires ADD done :numbers",
                ExpressionAttributeValues={
                    ":numbers": {"NS": [str(next(tokens))]},
                    **counting.pack({":expires": counting.expires_at()}),
                },
            )

    return count


def counted_before_the_work(original, copy):
    """A message is counted as its work begins."""

    def work(body, tally):
        copy.counting.count(body["batch"], [body["n"]])
        original(body, tally)

    return work


def counted_with_failures_open(original, copy):
    """A message is counted though some of its items are sent again."""

    def work(body, tally):
        original(body, tally)
        copy.counting.count(body["batch"], [body["n"]])

    return work


def marked_before_told(original, copy):
    """The batch is closed, and then told."""
    if "lambdas.counters.finalizer" not in copy.modules:
        return original

    def all_counted(batch, messages):
        found = original(batch, messages)
        if found:
            copy.batches.mark_done(batch, copy.outside.now(), 0)
        return found

    return all_counted


def forgotten_when_told(original, copy):
    """The record of a batch goes when it is told."""

    def mark_done(batch, *_):
        state = copy.state
        state.dynamodb.delete_item(TableName=state.table, Key=state.batch_key(batch))

    return mark_done


def dead_letters_dropped(original, copy):
    return lambda body: None


def cancelled_unseen(original, copy):
    """A cancelled batch is taken for an open one."""

    def read_open(batch, consistent=True):
        record = copy.state.read(copy.state.batch_key(batch), consistent)
        if record is None or record["status"] == "DONE":
            return None
        return record | {"id": batch, "knobs": copy.batches.json.loads(record["knobs"])}

    return read_open


def asked_for_twice(original, copy):
    """A look that finds messages missing asks for the next one, and comes back itself."""

    def look(body, context):
        try:
            original(body, context)
        except copy.receiving.Again:
            copy.messages.send(copy.finalizer.poll_queue, body, body["poll_s"])
            raise

    return look


def late_trigger(first):
    return [replace(first, at_s=2_000.0, kind="again")]


RULES = [
    Control(
        name="a counter in place of a set of numbers",
        design="counters",
        changes={"counting.count": counts_each_time},
        judges=("not_too_early",),
        knobs=SLOW,
        rates={"twice": 0.6, "queues": ("ItemQueue",)},
    ),
    Control(
        name="a message counted before its work",
        design="counters",
        changes={"processor._work": counted_before_the_work},
        judges=("not_too_early",),
        knobs=SLOW,
        rates={"kill_sleep": 0.3, "roles": ("processor",)},
    ),
    Control(
        name="a message counted while some of its items are sent again",
        design="counters",
        changes={"processor._work": counted_with_failures_open},
        judges=("not_too_early",),
        knobs=POISONED,
    ),
    Control(
        name="a batch closed before it is told",
        design="counters",
        changes={"counting.all_counted": marked_before_told},
        judges=("notified",),
        knobs=SLOW,
        rates={"kill_before": 0.6, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a batch that is forgotten once it is told",
        design="counters",
        changes={"batches.mark_done": forgotten_when_told},
        judges=("cancelled",),
        knobs=SLOW,
        more=late_trigger,
    ),
    Control(
        name="dead letters that are dropped",
        design="counters",
        changes={"failures._deal": dead_letters_dropped},
        judges=("notified", "not_too_late"),
        knobs=SLOW | {"max_receives": 4},
        rates={
            "kill_before": 1.0,
            "roles": ("processor",),
            "operations": ("GetItem",),
            "quiet_s": 1_500.0,
        },
    ),
    Control(
        name="a cancelled batch that goes on",
        design="counters",
        changes={"batches.read_open": cancelled_unseen},
        judges=("cancelled",),
        knobs=SLOW,
        cancel_s=5.0,
    ),
    Control(
        name="looks that multiply",
        design="counters",
        changes={"finalizer._look": asked_for_twice},
        judges=("chain",),
        knobs=SLOW,
    ),
]
