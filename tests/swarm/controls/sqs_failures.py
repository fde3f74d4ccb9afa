"""Variants of the sqs handlers without the rules on what fails, or is left undone by a call."""

from tests.swarm.controls.sqs_published import QUICK
from tests.swarm.controls.variants import Control

POISONED = QUICK | {"poison_per_million": 200_000}
SLOW = {"value_max": 20_000, "items_per_message": 1, "poll_s": 1, "max_concurrency": 2}


def deleted_then_listed(original, copy):
    """Two writes where one transaction should be: a death between them loses the item."""

    def fail_item(batch, key, item, why, tries, owner):
        if not copy.leases.conditional("delete_item", **copy.batches.held(key, owner)):
            return False
        record = copy.state.pack({"value": item.value, "reason": why[:500], "attempts": tries})
        failed = {**copy.state.failed_key(batch, item.id), **record}
        return copy.leases.conditional("put_item", Item=failed)

    return fail_item


def added_up(original, copy):
    """Failures are added to the batch's record as they come; a repeated write adds twice."""

    def fail_item(batch, key, *rest):
        copy.leases.conditional(
            "update_item",
            Key=copy.state.batch_key(batch),
            UpdateExpression="ADD failed_sum :one",
            ExpressionAttributeValues=copy.state.pack({":one": 1}),
        )
        return original(batch, key, *rest)

    return fail_item


def sum_read(original, copy):
    return lambda batch: copy.state.read(copy.state.batch_key(batch)).get("failed_sum", 0)


def failed_in_place(original, copy):
    """A failed item is listed, and its record stays with the reason in it."""

    def fail_item(batch, key, item, why, tries, owner):
        record = copy.state.pack({"value": item.value, "reason": why[:500], "attempts": tries})
        failed = {**copy.state.failed_key(batch, item.id), **record}
        mark = copy.batches.held(key, owner)
        mark["ExpressionAttributeValues"] |= copy.state.pack({":why": why[:500]})
        return copy.leases.transact(
            ("Put", {"Item": failed}), ("Update", {"UpdateExpression": "SET reason = :why", **mark})
        )

    return fail_item


def filtered(original, copy):
    """A filter that leaves out what failed: it comes after the limit of one."""

    def first(partition):
        record = original(partition)
        return None if record is None or "reason" in record else record

    return first


def time_to_live(original, copy):
    """Records that are a minute old are taken away by the table itself."""

    def first(partition):
        record = original(partition)
        old = record is None or copy.outside.now() - record["created_at"] > 60
        return None if old else record

    return first


def dead_segment_forgotten(original, copy):
    def fail_segment(batch, body, owner):
        copy.state.delete_all([copy.state.segment_key(batch.id, body["segment"])], 1)

    return fail_segment


def undone_unread(original, copy):
    """What the record knows as done is done again."""
    return lambda body, record: body["items"]


def puts_once(original, copy):
    """What a batch write leaves unprocessed is forgotten."""

    def write_all(requests, size):
        requests = list(requests)
        for at in range(0, len(requests), 25):
            part = {copy.state.table: requests[at : at + 25]}
            copy.state.dynamodb.batch_write_item(RequestItems=part)

    return write_all


def sends_once(original, copy):
    """What a batch send could not send is forgotten."""

    def send_entries(queue_url, entries):
        copy.messages.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)

    return send_entries


def reads_once(original, copy):
    """Records that a batch read did not get to pass for gone."""

    def read_all(keys):
        asked = {copy.state.table: {"Keys": keys, "ConsistentRead": True}}
        found = copy.state.dynamodb.batch_get_item(RequestItems=asked)["Responses"]
        return [copy.state.unpack(item) for item in found.get(copy.state.table, [])]

    return read_all


FAILURES = [
    Control(
        name="a failed item deleted, then listed",
        design="sqs",
        changes={"batches.fail_item": deleted_then_listed},
        judges=("processed",),
        knobs=POISONED,
        rates={"kill_after": 0.5, "roles": ("processor",), "operations": ("DeleteItem",)},
    ),
    Control(
        name="failures added up",
        design="sqs",
        changes={"batches.fail_item": added_up, "batches.count_failed": sum_read},
        judges=("notified",),
        knobs=POISONED,
        rates={"lose_answer": 0.3, "roles": ("processor",), "operations": ("UpdateItem",)},
    ),
    Control(
        name="a filter behind the limit",
        design="sqs",
        changes={"batches.fail_item": failed_in_place, "state.first": filtered},
        judges=("not_too_early",),
        knobs=QUICK | SLOW | {"poison_per_million": 200_000, "state_shards": 1},
        items=60,
    ),
    Control(
        name="records with a time to live",
        design="sqs",
        changes={"state.first": time_to_live},
        judges=("not_too_early",),
        knobs=QUICK | SLOW,
        items=30,
    ),
    Control(
        name="a dead segment forgotten",
        design="sqs",
        changes={"failures._fail_segment": dead_segment_forgotten},
        judges=("processed",),
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
        changes={"splitting.left_of": undone_unread},
        judges=("claims",),
        knobs=POISONED | {"track": "message", "claim": True},
    ),
    Control(
        name="unprocessed puts ignored",
        design="sqs",
        changes={"state._write_all": puts_once},
        judges=("processed",),
        knobs=QUICK | {"claim": True},
        rates={"hold_back": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="unsent messages ignored",
        design="sqs",
        changes={"messages._send_entries": sends_once},
        judges=("not_too_late", "notified"),
        knobs=QUICK,
        rates={"hold_back": 0.5, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="unread records taken for gone",
        design="sqs",
        changes={"state.read_all": reads_once},
        judges=("not_too_late", "notified"),
        knobs=QUICK,
        rates={
            "hold_back": 0.9,
            "kill_before": 0.3,
            "roles": ("processor",),
            "operations": ("BatchWriteItem", "BatchGetItem"),
        },
    ),
]
