"""The processor: works the items of each message, then deletes their records.

A message is done when its deletes are accepted. One that failed is seen again soon; from its third
receive on it is split, and only a one-item message may fail for good.
"""

import os
from typing import Any

from lambdas import outside, queues, table, telemetry
from lambdas.queues import Later, Message
from lambdas.sqs import batches, item_work, messages
from lambdas.sqs.item_work import Tally
from lambdas.sqs.splitting import left_of, message_key, split, undone_items, work_single

SPLIT_FROM = 3  # the receive from which on a message is split

item_queue = os.environ.get("ITEM_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    failed, received = [], []
    for record in event["Records"]:
        try:
            message = messages.read_items(record["body"])
        except messages.ForeignMessage:  # which must not take others along
            failed.append(record["messageId"])
            continue
        telemetry.trace(message["knobs"], record["body"])
        received.append((f"{context.aws_request_id}/{len(received)}", record, message))
    tallies = {message["batch"]: Tally() for _, _, message in received}
    cancelled = {batch for batch in tallies if _cancelled(batch)}

    def work(one: tuple[str, dict[str, Any], Message]) -> bool:
        owner, record, message = one
        if message["batch"] in cancelled:
            return False
        return _message(record, message, owner, tallies[message["batch"]])

    accepted = outside.gather(work, received, _messages_at_once([one[2] for one in received]))
    for batch, tally in tallies.items():
        telemetry.emit("sqs", "processor", batch, context, tally.metrics(), **tally.properties())
    pairs = zip(received, accepted, strict=True)
    return queues.returned(failed + [one[1]["messageId"] for one, done in pairs if not done])


def _message(record: dict[str, Any], message: Message, owner: str, tally: Tally) -> bool:
    """Work one message; whether it is done with."""
    receives = queues.receives(record)
    wait_s = queues.backoff_s(receives)
    try:
        if message.get("alone"):
            work_single(item_queue, message, owner, tally)
            return True
        if receives >= SPLIT_FROM:
            split(item_queue, message, owner)
            return True
        by_message = message["knobs"]["track"] == "message"
        if (_by_message if by_message else _items)(message, owner, receives, tally):
            return True
    except Later as later:
        wait_s = later.seconds
    except Exception as error:  # of this message only: the others go on
        telemetry.report("sqs", "processor", message["batch"], error)
    queues.delay_message(item_queue, record["receiptHandle"], wait_s)
    return False


def _items(message: Message, owner: str, receives: int, tally: Tally) -> bool:
    """Work the items of a message that are not done yet; whether none is left."""
    pairs = message["items"] if receives == 1 else undone_items(message)
    outcomes = item_work.work_items(message, pairs, owner, tally)
    shards, batch = message["knobs"]["state_shards"], message["batch"]
    over = [table.item_key(batch, item, shards) for item, outcome in outcomes if outcome.over]
    table.delete_all(over, message["knobs"]["write_batch_size"])
    held = [outcome.held_until for _, outcome in outcomes if outcome.held_until]
    if held:
        raise Later(max(held) - outside.now())
    return all(outcome.over or outcome.deleted for _, outcome in outcomes)


def _by_message(message: Message, owner: str, receives: int, tally: Tally) -> bool:
    """The same where one record stands for the whole message."""
    key, claim = message_key(message), message["knobs"]["claim"]
    look = receives > 1 or message.get("again", False)
    record = item_work.message_record(message, key, owner, look)
    if record is None:
        return True
    if record.get("splitting"):
        split(item_queue, message, owner)
        return True
    pairs, repeated = left_of(message, record), table.crashed(record)
    outcomes = item_work.work_items(message, pairs, owner, tally, repeated)
    undone = [item for item, outcome in outcomes if not outcome.over]
    if undone:
        return not item_work.keep_undone(key, undone, owner if claim else None)
    return item_work.delete_unsplit(key)


def _messages_at_once(received: list[Message]) -> int:
    """Messages worked at a time: only as many as leave each of their items a place."""
    at_once = max((message["knobs"]["item_concurrency"] for message in received), default=1)
    return max(1, at_once // max((len(message["items"]) for message in received), default=1))


def _cancelled(batch: str) -> bool:
    """Whether the batch was cancelled: asked once an invocation, by an eventual read."""
    found = batches.read_batch(batch, consistent=False)
    return found is not None and found.status == "CANCELLED"
