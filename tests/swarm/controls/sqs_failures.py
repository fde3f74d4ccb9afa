"""Mutants of the sqs handlers without the rules on what fails, or is left undone by a call."""

from lambdas import outside, queues, table
from lambdas.sqs import batches, failures, splitting
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

POISONED = QUICK | {"poison_per_million": 200_000}
SLOW = {"value_max": 20_000, "items_per_message": 1, "poll_s": 1, "max_concurrency": 2}


def deleted_then_listed(batch, key, item, why, tries, owner):
    """Two writes where one transaction should be: a death between them loses the item."""
    if not table.conditional("delete_item", **table.held(key, owner)):
        return False
    record = table.pack({"value": item.value, "reason": why[:500], "attempts": tries})
    failed = {**table.failed_key(batch, item.id), **record}
    return table.conditional("put_item", Item=failed)


def added_up(batch, key, *rest):
    """Failures are added to the batch's record as they come; a repeated write adds twice."""
    table.conditional(
        "update_item",
        Key=table.batch_key(batch),
        UpdateExpression="ADD failed_sum :one",
        ExpressionAttributeValues=table.pack({":one": 1}),
    )
    return original(batch, key, *rest)


def sum_read(batch):
    return table.read(table.batch_key(batch)).get("failed_sum", 0)


def failed_in_place(batch, key, item, why, tries, owner):
    """A failed item is listed, and its record stays with the reason in it."""
    record = table.pack({"value": item.value, "reason": why[:500], "attempts": tries})
    failed = {**table.failed_key(batch, item.id), **record}
    mark = table.held(key, owner)
    mark["ExpressionAttributeValues"] |= table.pack({":why": why[:500]})
    return table.transact(
        ("Put", {"Item": failed}), ("Update", {"UpdateExpression": "SET reason = :why", **mark})
    )


def filtered(partition):
    """A filter that leaves out what failed: it comes after the limit of one."""
    record = original(partition)
    return None if record is None or "reason" in record else record


def time_to_live(partition):
    """Records that are a minute old are taken away by the table itself."""
    record = original(partition)
    old = record is None or outside.now() - record["created_at"] > 60
    return None if old else record


def dead_segment_forgotten(batch, segment, owner):
    table.delete_all([table.segment_key(batch.id, segment)], 1)


def undone_unread(body, record):
    """What the record knows as done is done again."""
    return body["items"]


def puts_once(requests, size):
    """What a batch write leaves unprocessed is forgotten."""
    requests = list(requests)
    for at in range(0, len(requests), 25):
        part = {table.table: requests[at : at + 25]}
        table.dynamodb.batch_write_item(RequestItems=part)


def sends_once(queue_url, entries):
    """What a batch send could not send is forgotten."""
    queues.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)


def reads_once(keys):
    """Records that a batch read did not get to pass for gone."""
    asked = {table.table: {"Keys": keys, "ConsistentRead": True}}
    found = table.dynamodb.batch_get_item(RequestItems=asked)["Responses"]
    return [table.unpack(item) for item in found.get(table.table, [])]


FAILURES = [
    Control(
        name="a failed item deleted, then listed",
        design="sqs",
        changes={batches.fail_item: deleted_then_listed},
        checks=("processed",),
        knobs=POISONED,
        rates={"kill_after": 0.5, "roles": ("processor",), "operations": ("DeleteItem",)},
    ),
    Control(
        name="failures added up",
        design="sqs",
        changes={batches.fail_item: added_up, batches.count_failed: sum_read},
        checks=("notified",),
        knobs=POISONED,
        rates={"lose_answer": 0.3, "roles": ("processor",), "operations": ("UpdateItem",)},
    ),
    Control(
        name="a filter behind the limit",
        design="sqs",
        changes={batches.fail_item: failed_in_place, table.first: filtered},
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
        changes={splitting.left_of: undone_unread},
        checks=("claims",),
        knobs=POISONED | {"track": "message", "claim": True},
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
    Control(
        name="unread records taken for gone",
        design="sqs",
        changes={table.read_all: reads_once},
        checks=("not_too_late", "notified"),
        knobs=QUICK,
        rates={
            "hold_back": 0.9,
            "kill_before": 0.3,
            "roles": ("processor",),
            "operations": ("BatchWriteItem", "BatchGetItem"),
        },
    ),
]
