"""Counting messages without counting one twice: each counter shard is a set of message numbers.

`ADD done 1` would be wrong: a message that comes twice would hide one that never came. Adding its
number to a set is atomic too, and changes nothing the second time. A number stays where it was
added, so that a read that is too old only ever shows too few.
"""

from collections.abc import Iterable
from itertools import groupby

from lambdas import outside
from lambdas.state import BATCH_GET_MAX, Key, dynamodb, pack, read_all, table

PER_SHARD = 100  # messages: with the longest ids a record stays below 1 KB, one write unit
KEPT_S = 30 * 86_400  # longer than any message that could still write: 14 days in two queues


def count(batch: str, numbers: Iterable[int]) -> None:
    """Count messages of a batch; those that were counted before stay counted once."""
    for shard, part in groupby(sorted(numbers), lambda number: number // PER_SHARD):
        dynamodb.update_item(
            TableName=table,
            Key=shard_key(batch, shard),
            UpdateExpression="SET expires_at = :expires ADD done :numbers",
            ExpressionAttributeValues={
                ":numbers": {"NS": [str(number) for number in part]},
                **pack({":expires": expires_at()}),
            },
        )


def all_counted(batch: str, messages: int) -> bool:
    """Whether every message is counted: the last shards first, and no further than one missing.

    Messages are counted about in their order, so that all looks but the last few read one page.
    """
    for stop in range(-(-messages // PER_SHARD), 0, -BATCH_GET_MAX):
        start = max(0, stop - BATCH_GET_MAX)
        keys = [shard_key(batch, shard) for shard in range(start, stop)]
        counted = sum(len(record["done"]) for record in read_all(keys, consistent=False))
        if counted < min(stop * PER_SHARD, messages) - start * PER_SHARD:
            return False
    return True


def shard_key(batch: str, shard: int) -> Key:
    """The key of a counter shard."""
    return pack({"pk": f"done#{batch}#{shard:07d}", "sk": "SET"})


def expires_at() -> int:
    """When what is written now may go: DynamoDB deletes it then, at no charge."""
    return int(outside.now()) + KEPT_S
