"""The processor: works the items of each message, then takes their records away.

A message is done when its deletes are accepted. One that failed is seen again soon; from its third
receive on it is split, and only a one-item message may fail for good.
"""

import os
from typing import Any

from lambdas import messages, outside, state, telemetry
from lambdas.sqs import alone, batches, bodies, working
from lambdas.sqs.splitting import Leased, left_of, message_key, split, undone_items
from lambdas.sqs.working import Tally

SPLIT_FROM = 3  # the receive from which on a message is split

item_queue = os.environ.get("ITEM_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work every message of the event; answer with those that must come back."""
    read = [(record, bodies.read_items(record["body"])) for record in event["Records"]]
    records = [(record, body) for record, body in read if body is not None]
    for record, body in records:
        telemetry.trace(body["knobs"], record["body"])
    strangers = [record["messageId"] for record, body in read if body is None]
    tallies = {body["batch"]: Tally() for _, body in records}
    cancelled = {batch for batch in tallies if _cancelled(batch)}
    numbered = [
        (f"{context.aws_request_id}/{n}", record, body) for n, (record, body) in enumerate(records)
    ]

    def work(one: tuple[str, dict[str, Any], dict[str, Any]]) -> bool:
        owner, record, body = one
        if body["batch"] in cancelled:
            return False
        return _message(record, body, owner, tallies[body["batch"]])

    accepted = outside.gather(work, numbered, _messages_at_once(records))
    for batch, tally in tallies.items():
        telemetry.emit("sqs", "processor", batch, context, tally.metrics(), **tally.rest())
    failed = [
        record["messageId"] for (record, _), ok in zip(records, accepted, strict=True) if not ok
    ]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in [*strangers, *failed]]}


def _message(record: dict[str, Any], body: dict[str, Any], owner: str, tally: Tally) -> bool:
    """Work one message; whether it is done with."""
    receives = messages.receives(record)
    try:
        if body.get("alone"):
            alone.work(item_queue, body, owner, tally)
            return True
        if receives >= SPLIT_FROM:
            split(item_queue, body, owner)
            return True
        by_message = body["knobs"]["track"] == "message"
        done = (_by_message if by_message else _items)(body, owner, receives, tally)
        wait_s = messages.retry_s(receives)
    except Leased as leased:
        done, wait_s = False, leased.until - outside.now()
    except Exception as error:  # of this message only: the others go on
        telemetry.report("sqs", "processor", body["batch"], error)
        done, wait_s = False, messages.retry_s(receives)
    if not done:
        messages.put_off(item_queue, record["receiptHandle"], wait_s)
    return done


def _items(body: dict[str, Any], owner: str, receives: int, tally: Tally) -> bool:
    """Work the items of a message that are not done yet; whether none is left."""
    pairs = body["items"] if receives == 1 else undone_items(body)
    outcomes = working.work_items(body, pairs, owner, tally)
    shards, batch = body["knobs"]["state_shards"], body["batch"]
    over = [state.item_key(batch, item, shards) for item, outcome in outcomes if outcome.over]
    state.delete_all(over, body["knobs"]["write_batch_size"])
    held = [outcome.held_until for _, outcome in outcomes if outcome.held_until]
    if held:
        raise Leased(max(held))
    return all(outcome.over or outcome.gone for _, outcome in outcomes)


def _by_message(body: dict[str, Any], owner: str, receives: int, tally: Tally) -> bool:
    """The same where one record stands for the whole message."""
    key, claim = message_key(body), body["knobs"]["claim"]
    look = receives > 1 or body.get("again", False)
    record = working.message_record(body, key, owner, look)
    if record is None:
        return True
    if record.get("splitting"):
        split(item_queue, body, owner)
        return True
    repeated = "lease_until" in record
    outcomes = working.work_items(body, left_of(body, record), owner, tally, repeated)
    undone = [item for item, outcome in outcomes if not outcome.over]
    if undone:
        return not working.keep_undone(key, undone, owner if claim else None)
    return working.delete_unsplit(key)


def _messages_at_once(records: list[tuple[dict[str, Any], dict[str, Any]]]) -> int:
    """Messages worked at a time: only as many as leave each of their items a place."""
    at_once = max((body["knobs"]["item_concurrency"] for _, body in records), default=1)
    return max(1, at_once // max((len(body["items"]) for _, body in records), default=1))


def _cancelled(batch: str) -> bool:
    """Whether the batch was cancelled: asked once an invocation, by an eventual read."""
    found = batches.read_batch(batch, consistent=False)
    return found is not None and found.status == "CANCELLED"
