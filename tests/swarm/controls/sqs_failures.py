"""Mutants of the sqs handlers without the rules on what fails, or is left undone by a call."""

from lambdas import items, outside, queues, table
from lambdas.sqs import batches, failures, processor
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

POISONED = QUICK | {"poison_per_million": 200_000}
THROTTLED = {"throttle": 1.0, "roles": ("processor",), "quiet_s": 1_500.0}
TWICE = {"twice": 0.5, "queues": ("ItemQueue",)}
SLOW = {"value_max": 20_000, "items_per_message": 1, "poll_s": 1, "max_concurrency": 2}


def deleted_then_listed(batch, key, owner, failed, tries):
    """Two writes where one transaction should be: a death between them loses the item."""
    if table.conditional("delete_item", **table.held(key, owner)):
        table.put_all(batches._listing(batch, item, reason, tries) for item, reason in failed)


def added_up(batch, key, owner, failed, tries):
    """Failures are added to the batch's record as they come; a repeated write adds twice."""
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression="ADD failed_sum :some",
        ExpressionAttributeValues=table.pack({":some": len(failed)}),
    )
    original(batch, key, owner, failed, tries)


def sum_read(batch):
    return table.read(table.batch_key(batch)).get("failed_sum", 0)


def failed_in_place(batch, key, owner, failed, tries):
    """A failed item is listed, and its record stays with the reason in it."""
    table.put_all(batches._listing(batch, item, reason, tries) for item, reason in failed)
    mark = table.held(key, owner, why=failed[0][1])
    table.conditional("update_item", UpdateExpression="SET reason = :why", **mark)


def filtered(partition):
    """A filter that leaves out what failed: it comes after the limit of one."""
    record = original(partition)
    return None if record is None or "reason" in record else record


def time_to_live(partition):
    """Records that are a minute old are taken away by the table itself."""
    record = original(partition)
    old = record is None or outside.now() - record["created_at"] > 60
    return None if old else record


def dead_segment_forgotten(batch, segment, context):
    table.delete_all([table.segment_key(batch["id"], segment)], 1)


def undone_unread(record, pairs):
    """What the record knows as done is done again."""
    return pairs


def undone_forgotten(key, owner, **fields):
    """What is left of a message is not written down."""
    original(key, owner)


def listed_whole(batch, message, context):
    """What reached the dead letters is listed, item by item, whether it was tried or not."""
    for item, value in message["items"]:
        key = table.item_key(batch["id"], item, message["knobs"]["state_shards"])
        if table.lease(key, context.aws_request_id, 60):
            failed = [(items.Item(item, value), "its message is dead")]
            batches.fail_items(batch["id"], key, context.aws_request_id, failed, 3)


def receives_are_tries(batch, key, item):
    """A one-item letter is listed as failed, whether its item ever began or not."""
    if table.lease(key, "consumer", 930):
        batches.fail_items(batch, key, "consumer", [(item, "received too often")], 3)
    return True


def handed_over_in_two_writes(key, owner, records, keep=False):
    """Records of their own for the items of a message, and then what is left of the message."""
    if not keep:
        original(key, owner, records)
        return
    table.put_all(record for _, record in records)
    changes = table.held(key, owner, undone=[])
    table.conditional("update_item", UpdateExpression="SET undone = :undone", **changes)


def no_past(key, owner, seconds):
    """Items that go on by themselves look as if nobody had worked them."""
    record = original(key, owner, seconds)
    return record and {name: value for name, value in record.items() if name != "begun"}


def live_claim_acknowledged(message, owner, counts):
    try:
        original(message, owner, counts)
    except queues.Later:
        return


def cancelled_ignored(batch):
    return False


def puts_once(call, request, name, values, size):
    """What a batch write leaves unprocessed is forgotten."""
    requests = [{request: {name: value}} for value in values]
    for at in range(0, len(requests), 25):
        part = {table.table: requests[at : at + 25]}
        table.dynamodb.batch_write_item(RequestItems=part)


def sends_once(queue_url, entries):
    """What a batch send could not send is forgotten."""
    queues.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)


FAILURES = [
    Control(
        name="a failed item deleted, then listed",
        design="sqs",
        changes={batches.fail_items: deleted_then_listed},
        checks=("processed",),
        knobs=POISONED,
        rates={"kill_after": 0.5, "roles": ("processor",), "operations": ("DeleteItem",)},
    ),
    Control(
        name="failures added up",
        design="sqs",
        changes={batches.fail_items: added_up, batches.count_failed: sum_read},
        checks=("notified",),
        knobs=POISONED,
        rates={"lose_answer": 0.3, "roles": ("processor",), "operations": ("UpdateItem",)},
    ),
    Control(
        name="a filter behind the limit",
        design="sqs",
        changes={batches.fail_items: failed_in_place, table.first: filtered},
        checks=("not_too_early",),
        knobs=QUICK | SLOW | {"poison_per_million": 200_000, "state_shards": 1},
        items=60,
    ),
    Control(
        name="records with a time to live",
        design="sqs",
        changes={table.first: time_to_live},
        checks=("not_too_early",),
        knobs=QUICK | SLOW,
        items=30,
    ),
    Control(
        name="a dead segment forgotten",
        design="sqs",
        changes={failures._fail_segment: dead_segment_forgotten},
        checks=("processed",),
        knobs=QUICK | {"segment_items": 5, "max_receives": 4},
        rates={
            "kill_before": 0.85,
            "quiet_s": 100_000.0,
            "roles": ("batcher",),
            "operations": ("BatchWriteItem",),
        },
    ),
    Control(
        name="undone items not read",
        design="sqs",
        changes={batches.undone: undone_unread},
        checks=("claims",),
        knobs=POISONED | {"track": "message", "claim": True},
        rates=TWICE,
    ),
    Control(
        name="undone items forgotten",
        design="sqs",
        changes={table.release: undone_forgotten},
        checks=("claims",),
        knobs=POISONED | {"track": "message", "claim": True},
        rates=TWICE,
    ),
    Control(
        name="a dead message listed whole",
        design="sqs",
        changes={failures._items: listed_whole},
        checks=("processed",),
        knobs=QUICK | {"max_receives": 4},
        items=5,
        rates=THROTTLED,
    ),
    Control(
        name="burnt receives are tries",
        design="sqs",
        changes={batches.fail_dead: receives_are_tries},
        checks=("processed",),
        knobs=QUICK | {"max_receives": 4, "items_per_message": 1},
        items=5,
        rates=THROTTLED,
    ),
    Control(
        name="a dead message handed over in two writes",
        design="sqs",
        changes={batches.replace: handed_over_in_two_writes},
        checks=("claims", "not_too_late", "processed", "leftovers"),
        knobs={"value_max": 0, "poll_s": 60, "stuck_after_s": 600, "max_receives": 4}
        | {"track": "message", "claim": True},
        rates={
            "kill_before": 0.6,
            "roles": ("processor", "failures"),
            "operations": ("UpdateItem",),
            "quiet_s": 9_000.0,
        },
    ),
    Control(
        name="a dead message forgets a crash",
        design="sqs",
        changes={table.lease: no_past},
        roles=("failures",),
        checks=("claims",),
        knobs=QUICK | {"track": "message", "claim": True, "max_receives": 4},
        rates={"kill_before": 0.7, "roles": ("processor",), "operations": ("DeleteItem",)}
        | {"quiet_s": 3_000.0, "hang_start": 0.3},
    ),
    Control(
        name="a live claim acknowledged",
        design="sqs",
        changes={processor._work: live_claim_acknowledged},
        checks=("not_too_late", "notified"),
        knobs=QUICK | {"claim": True, "value_max": 2_000},
        rates={"early": 0.5, "kill_sleep": 0.1, "queues": ("ItemQueue",), "roles": ("processor",)},
    ),
    Control(
        name="a cancelled batch that is worked on",
        design="sqs",
        changes={processor._cancelled: cancelled_ignored},
        checks=("cancelled",),
        knobs=QUICK | SLOW | {"value_max": 2_000, "messages_per_invocation": 1},
        items=60,
        cancel_s=5.0,
    ),
    Control(
        name="unprocessed puts ignored",
        design="sqs",
        changes={table._write_all: puts_once},
        checks=("processed",),
        knobs=QUICK | {"claim": True},
        rates={"hold_back": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="unsent messages ignored",
        design="sqs",
        changes={queues._send_entries: sends_once},
        checks=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"hold_back": 0.5, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
]
