"""Mutants of the sqs handlers without the rules on messages, attempts, and the finalizer."""

from lambdas import items, queues, table, trigger
from lambdas.sqs import (
    batcher,
    batches,
    failures,
    finalizer,
    item_work,
    messages,
    processor,
    splitting,
)
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

CLAIMED = QUICK | {"claim": True}
LONG = {"value_max": 2_000, "max_concurrency": 2, "messages_per_invocation": 1, "poll_s": 1}


def told_after_the_mark(batch):
    """NOTIFIED first, then the publish."""
    batches.mark_notified(batch.id)
    original(batch)


def live_claim_acknowledged(body, *rest):
    try:
        return original(body, *rest)
    except queues.Later:
        return True


def every_link_followed(link, batch):
    return True


def every_hop_counted(batch, hop, by):
    original(batch, hop, by)
    return True


def link_without_sender(link, batch):
    """A link is followed unless it is behind, whoever sent it."""
    return link["hop"] >= batch.poll


def hop_by_hop(batch, hop, by):
    """The record goes from h to h + 1 only, and what becomes of that is not asked."""
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression="SET hop = :hop, hop_by = :by",
        ConditionExpression="hop = :before",
        ExpressionAttributeValues=table.pack({":hop": hop, ":by": by, ":before": hop - 1}),
    )
    return True


def record_before_message(batch, number, by, shard):
    """The record is led on before the next link is sent."""
    batches.advance_poll(batch.id, number, by)
    original(batch, number, by, shard)


def root_without_a_link(event):
    """The batch's record is written before anybody is asked to look at it."""
    asked = trigger.read_trigger(event)
    new = batches.open_batch(asked)
    link = {"batch": asked.batch, "hop": 0, "by": ""}
    if new:
        queues.send(batcher.poll_queue, link, asked.knobs["poll_s"])
        queues.send(batcher.plan_queue, {"kind": "plan", "batch": asked.batch})
    return {"batch_id": asked.batch, "new": new}


def nothing_sent_again(batch, record):
    return None


def first_failure_ends(body, pairs, owner, tally, repeated=False):
    """The items of a message are one unit: behind a failure none is tried."""
    outcomes, broken = ([], False)
    for pair in pairs:
        if broken:
            outcomes.append((pair[0], item_work.Outcome(reason="not reached")))
            continue
        outcomes += original(body, [pair], owner, tally, repeated)
        broken = bool(outcomes[-1][1].reason)
    return outcomes


def split_fails_all(queue_url, body, owner):
    """What failed three times is listed, item by item, whether it was tried or not."""
    shards = body["knobs"]["state_shards"]
    for pair in splitting.undone_items(body):
        key = table.item_key(body["batch"], pair[0], shards)
        if table.lease(key, owner, 60):
            item = items.Item(*pair)
            batches.fail_item(body["batch"], key, item, "its message failed", 3, owner)


def receives_are_attempts(batch, body, owner, context):
    """A one-item letter is listed as failed, whether its item ever began or not."""
    item = items.Item(*body["items"][0])
    shards = body["knobs"]["state_shards"]
    key = table.item_key(batch.id, messages.single_sk(body), shards)
    if table.lease(key, owner, 930):
        batches.fail_item(batch.id, key, item, "received too often", 3, owner)


def undone_forgotten(key, undone, owner):
    """What is left of a message is not written down; all of it is worked again."""
    table.release(key, owner)
    return True


def split_without_its_flag(body, record):
    """A split that goes on writes its children again."""
    record.pop("written", None)
    return original(body, record)


def parent_deleted_before_children(records, size=25):
    records = list(records)
    if records and "#" in records[0]["sk"]:
        parent = records[0]["sk"].partition("#")[0]
        key = table.pack({"pk": records[0]["pk"], "sk": parent})
        table.delete_all([key], 1)
    original(records, size)


def cancelled_ignored(batch):
    return False


MESSAGES = [
    Control(
        name="published after the mark",
        design="sqs",
        changes={finalizer._notify: told_after_the_mark},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a live claim acknowledged",
        design="sqs",
        changes={
            processor._items: live_claim_acknowledged,
            splitting.work_single: live_claim_acknowledged,
        },
        checks=("not_too_late", "notified"),
        knobs=CLAIMED | {"value_max": 2_000},
        rates={"early": 0.5, "kill_sleep": 0.1, "queues": ("ItemQueue",), "roles": ("processor",)},
    ),
    Control(
        name="a chain that multiplies",
        design="sqs",
        changes={
            finalizer._valid: every_link_followed,
            batches.advance_poll: every_hop_counted,
        },
        checks=("chain",),
        knobs=QUICK | LONG,
        items=60,
        rates={"twice": 0.2, "queues": ("PollQueue",), "hits_max": 3},
    ),
    Control(
        name="a chain without senders",
        design="sqs",
        changes={finalizer._valid: link_without_sender, batches.advance_poll: hop_by_hop},
        checks=("chain",),
        knobs=QUICK | LONG | {"value_max": 20_000, "items_per_message": 1},
        items=120,
        rates={
            "kill_before": 0.3,
            "hits_max": 1,
            "roles": ("finalizer",),
            "operations": ("UpdateItem",),
        },
    ),
    Control(
        name="a chain that ends",
        design="sqs",
        changes={finalizer._send_next: record_before_message},
        checks=("notified", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("finalizer",), "operations": ("UpdateItem",)},
    ),
    Control(
        name="a batch that nobody looks at",
        design="sqs",
        changes={batcher._open: root_without_a_link},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 1.0, "roles": ("batcher",), "operations": ("TransactWriteItems",)},
    ),
    Control(
        name="nothing is sent again",
        design="sqs",
        changes={finalizer._send_again: nothing_sent_again},
        checks=("notified", "not_too_late"),
        knobs={"value_max": 0, "poll_s": 60, "stuck_after_s": 300},
        rates={
            "kill_after": 1.0,
            "roles": ("batcher",),
            "operations": ("TransactWriteItems", "GetItem"),
        },
    ),
    Control(
        name="one poisoned item takes its message along",
        design="sqs",
        changes={item_work.work_items: first_failure_ends, splitting.split: split_fails_all},
        checks=("processed",),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="burnt receives are attempts",
        design="sqs",
        changes={failures._single: receives_are_attempts},
        checks=("processed",),
        knobs=QUICK | {"max_receives": 4},
        items=5,
        rates={"throttle": 1.0, "roles": ("processor",), "quiet_s": 1_500.0},
    ),
    Control(
        name="undone items forgotten",
        design="sqs",
        changes={item_work.keep_undone: undone_forgotten},
        checks=("claims",),
        knobs=CLAIMED | {"track": "message", "poison_per_million": 200_000},
    ),
    Control(
        name="a split that writes its children again",
        design="sqs",
        changes={splitting.left_of: split_without_its_flag},
        checks=("claims",),
        knobs=CLAIMED | {"track": "message"},
        rates={
            "hang_start": 0.6,
            "kill_after": 0.8,
            "roles": ("processor",),
            "operations": ("SendMessageBatch",),
        },
    ),
    Control(
        name="a split that deletes its parent first",
        design="sqs",
        changes={table.put_all: parent_deleted_before_children},
        checks=("not_too_early",),
        knobs={
            "track": "message",
            "poison_per_million": 100_000,
            "value_max": 0,
            "poll_s": 10,
            "stuck_after_s": 3_000,
        },
        rates={"slow": 0.9, "roles": ("processor",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a cancelled batch that is worked on",
        design="sqs",
        changes={processor._cancelled: cancelled_ignored},
        checks=("cancelled",),
        knobs=QUICK | LONG,
        items=60,
        cancel_s=5.0,
    ),
]
