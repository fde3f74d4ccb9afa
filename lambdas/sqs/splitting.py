"""Splitting a message that keeps failing into messages of one item each, and working these.

One poisonous item must not take its neighbours along, and a throttled mapping can use up all the
receives of a message that never ran. So only a one-item message may fail for good, and its record
counts the attempts that really began, under a lease whatever the knobs say.
"""

from collections.abc import Iterator

from lambdas import outside, queues, table
from lambdas.items import Item, shard_of
from lambdas.queues import Later, Message
from lambdas.sqs.batches import fail_item
from lambdas.sqs.item_work import Tally, try_item
from lambdas.sqs.messages import single_sk

SPLIT_LEASE_S = 330  # longer than the timeout of the failures function, and ample for a split
ATTEMPTS_MAX = 3
NEVER_ENDED = "it began three times and never ended"


def split(queue_url: str, message: Message, owner: str) -> None:
    """Send each item of a message that is not done yet as a message of its own.

    With a record for each message, the same order as everywhere: write the children, set the flag,
    send the messages, delete the parent, all under a lease. From the mark on that the lease sets,
    the message is only split and never worked: children that were written would stay for ever.
    """
    if message["knobs"]["track"] == "item":
        _send(queue_url, message, undone_items(message))
        return
    key = message_key(message)
    lease_s = max(SPLIT_LEASE_S, message["knobs"]["lease_s"])
    record = table.lease(key, owner, lease_s, mark="splitting")
    if record is None:
        return
    pairs = left_of(message, record)
    if not record.get("written"):
        table.put_all(_children(message, pairs, table.crashed(record)))
        if not table.update(key, owner, "written", True):
            raise Later(1)
    _send(queue_url, message, pairs)
    table.delete_all([key], 1)


def work_single(queue_url: str, message: Message, owner: str, tally: Tally) -> None:
    """Try the item; after the last attempt list it as failed, before that send it once more."""
    knobs, batch, item = message["knobs"], message["batch"], Item(*message["items"][0])
    key = table.item_key(batch, single_sk(message), knobs["state_shards"])
    record = table.lease(key, owner, knobs["lease_s"], count_attempt=True)
    if record is None:
        return
    tries = record.get("attempts", 0) + 1
    if tries > ATTEMPTS_MAX:
        if fail_item(batch, key, item, NEVER_ENDED, tries - 1, owner):
            tally.add(failed=1)
        return
    after_crash = table.crashed(record)
    reason = try_item(item, knobs, tally, after_crash)
    if not reason:
        table.delete_all([key], 1)
    elif tries == ATTEMPTS_MAX:
        if fail_item(batch, key, item, reason, tries, owner):
            tally.add(failed=1)
    else:
        table.release(key, owner, after_crash)
        queues.send(queue_url, message, queues.backoff_s(tries))


def undone_items(message: Message) -> list[list]:
    """The items of a message whose own records are still there."""
    shards, batch = message["knobs"]["state_shards"], message["batch"]
    keys = [table.item_key(batch, item_id, shards) for item_id, _ in message["items"]]
    left = {record["sk"] for record in table.read_all(keys)}
    return [pair for pair in message["items"] if pair[0] in left]


def left_of(message: Message, record: table.Record) -> list[list]:
    """The items of a message that its record does not know as done."""
    undone = record.get("undone")
    return [pair for pair in message["items"] if undone is None or pair[0] in undone]


def message_key(message: Message) -> table.Key:
    """The key of a message's own record."""
    first, shards = message["items"][0][0], message["knobs"]["state_shards"]
    return table.item_key(message["batch"], first, shards)


def _children(message: Message, pairs: list[list], after_crash: bool) -> Iterator[table.Record]:
    """Item records in their parent's shard, sorted behind it: no query can miss both.

    After a crash they inherit a lease that ran out, so that what is repeated is counted.
    """
    parent, shards = message["items"][0][0], message["knobs"]["state_shards"]
    pk = table.shard_partition(message["batch"], shard_of(parent, shards))
    created_at = outside.now()
    for item_id, value in pairs:
        sk = f"{parent}#{item_id}"
        record = {"pk": pk, "sk": sk, "value": value, "created_at": created_at}
        yield record | ({"lease_until": 0} if after_crash else {})


def _send(queue_url: str, message: Message, pairs: list[list]) -> None:
    """One message for each item."""
    parent, split_record = message["items"][0][0], message["knobs"]["track"] == "message"
    singles = (
        {**message, "items": [pair], "alone": True}
        | ({"sk": f"{parent}#{pair[0]}"} if split_record else {})
        for pair in pairs
    )
    queues.send_all(queue_url, singles, message["knobs"]["send_batch_size"])
