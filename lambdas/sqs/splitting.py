"""Splitting a message that keeps failing into messages of one item each.

One poisonous item must not take its neighbours along, and a throttled mapping can use up all the
receives of a message that never ran. So only a one-item message, one that is `alone`, may fail for
good, and its record counts the attempts that really began.
"""

from typing import Any

from lambdas import leases, messages, outside, state
from lambdas.items import shard_of
from lambdas.messages import Body

SPLIT_LEASE_S = 330  # longer than the timeout of the failures function, and ample for a split


class Leased(Exception):
    """Another invocation holds the record until then."""

    def __init__(self, until: float) -> None:
        super().__init__(f"leased until {until:.0f}")
        self.until = until


def split(queue_url: str, body: Body, owner: str) -> None:
    """Send each item of a message that is not done yet as a message of its own.

    With a record for each message, the same order as everywhere: write the children, set the flag,
    send the messages, delete the parent, all under a lease. From the mark on that the lease sets,
    the message is only split and never worked: children that were written would stay for ever.
    """
    if body["knobs"]["track"] == "item":
        _send(queue_url, body, undone_items(body))
        return
    key = message_key(body)
    lease_s = max(SPLIT_LEASE_S, body["knobs"]["lease_s"])
    lease = leases.take(key, owner, lease_s, mark="splitting")
    if lease.gone:
        return
    if not lease.taken:
        raise Leased(lease.held_until)
    pairs = left_of(body, lease.record)
    if not lease.record.get("written"):
        state.put_all(_children(body, pairs, lease.crashed), state.BATCH_WRITE_MAX)
        if not leases.update(key, owner, "written", True):
            raise Leased(outside.now() + 1)
    _send(queue_url, body, pairs)
    state.delete_all([key], 1)


def undone_items(body: Body) -> list[list]:
    """The items of a message whose own records are still there."""
    knobs, batch = body["knobs"], body["batch"]
    keys = [state.item_key(batch, item_id, knobs["state_shards"]) for item_id, _ in body["items"]]
    left = {record["sk"] for record in state.read_all(keys)}
    return [pair for pair in body["items"] if pair[0] in left]


def left_of(body: Body, record: state.Record) -> list[list]:
    """The items of a message that its record does not know as done."""
    undone = record.get("undone")
    return [pair for pair in body["items"] if undone is None or pair[0] in undone]


def message_key(body: Body) -> state.Key:
    """The key of a message's own record."""
    return state.item_key(body["batch"], body["items"][0][0], body["knobs"]["state_shards"])


def alone_sk(body: Body) -> str:
    """The sort key of the record behind a one-item message."""
    return body.get("sk") or body["items"][0][0]


def _children(body: Body, pairs: list[list], crashed: bool) -> Any:
    """Item records in their parent's shard, sorted behind it: no query can miss both.

    After a crash they inherit a lease that ran out, so that what is repeated is counted.
    """
    parent, shards = body["items"][0][0], body["knobs"]["state_shards"]
    pk = state.shard_partition(body["batch"], shard_of(parent, shards))
    created_at = outside.now()
    for item_id, value in pairs:
        sk = f"{parent}#{item_id}"
        record = {"pk": pk, "sk": sk, "value": value, "created_at": created_at}
        yield record | ({"lease_until": 0} if crashed else {})


def _send(queue_url: str, body: Body, pairs: list[list]) -> None:
    """One message for each item."""
    parent = body["items"][0][0]
    split_record = body["knobs"]["track"] == "message"
    messages.send_all(
        queue_url,
        (
            {**body, "items": [pair], "alone": True}
            | ({"sk": f"{parent}#{pair[0]}"} if split_record else {})
            for pair in pairs
        ),
        body["knobs"]["send_batch_size"],
    )
