"""The batch-state table: its keys, and writing many records.

`batch#<id>` holds the batch, `segments#<id>` its segments, `items#<id>#<shard>` one record for each
item (or message) that is not done, and `failed#<id>` what failed. The finalizer only asks whether
anything is left under the segments and the shards, so nothing else may lie there.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from lambdas import outside
from lambdas.items import shard_of

BATCH_WRITE_MAX = 25  # entries of one BatchWriteItem
BATCH_GET_MAX = 100  # keys of one BatchGetItem
TRIES = 8  # of what a batch call left unprocessed, before the message is reported failed

Key = dict[str, Any]
Record = dict[str, Any]

table = os.environ.get("STATE_TABLE", "")
dynamodb = outside.client("dynamodb")


class Unprocessed(Exception):
    """DynamoDB kept refusing a part of a batch call."""


def batch_key(batch: str) -> Key:
    """The key of the batch record."""
    return pack({"pk": f"batch#{batch}", "sk": "META"})


def open_key(batch: str) -> Key:
    """The key of the mark that a batch is open."""
    return pack({"pk": "open", "sk": batch})


def segment_key(batch: str, segment: int) -> Key:
    """The key of a segment's record."""
    return pack({"pk": f"segments#{batch}", "sk": f"{segment:06d}"})


def item_key(batch: str, sk: str, shards: int) -> Key:
    """The key of an item's or a message's record; what was split stays in its parent's shard."""
    return pack({"pk": shard_partition(batch, shard_of(sk, shards)), "sk": sk})


def failed_key(batch: str, sk: str) -> Key:
    """The key of what failed."""
    return pack({"pk": f"failed#{batch}", "sk": sk})


def shard_partition(batch: str, shard: int) -> str:
    """The partition of one shard of the item records."""
    return f"items#{batch}#{shard:03d}"


def pack(record: Record) -> dict[str, Any]:
    """A record as DynamoDB's API writes it. None is left out."""
    return {name: _pack(value) for name, value in record.items() if value is not None}


def unpack(item: dict[str, Any] | None) -> Record | None:
    """A record as read from DynamoDB's API: text, numbers, booleans, lists of text."""
    return None if item is None else {name: _unpack(value) for name, value in item.items()}


def read(key: Key, consistent: bool = True) -> Record | None:
    """One record, or None."""
    found = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=consistent)
    return unpack(found.get("Item"))


def first(partition: str) -> Record | None:
    """The first record of a partition, strongly consistent, or None if it is empty."""
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=pack({":pk": partition}),
        ConsistentRead=True,
        Limit=1,
    )
    return unpack(found["Items"][0]) if found["Items"] else None


def every(partition: str) -> Iterator[Record]:
    """Every record of a partition, page by page, strongly consistent."""
    start: dict[str, Any] = {}
    while True:
        found = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=pack({":pk": partition}),
            ConsistentRead=True,
            **start,
        )
        yield from map(unpack, found["Items"])
        if "LastEvaluatedKey" not in found:
            return
        start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}


def put_all(records: Iterable[Record], size: int) -> None:
    """Write records, `size` (1 to 25) in a call."""
    packed = map(pack, records)
    if size == 1:
        for record in packed:
            dynamodb.put_item(TableName=table, Item=record)
        return
    _write_all(({"PutRequest": {"Item": record}} for record in packed), size)


def delete_all(keys: Iterable[Key], size: int) -> None:
    """Delete records, `size` (1 to 25) in a call; one that is gone already is no error."""
    if size == 1:
        for key in keys:
            dynamodb.delete_item(TableName=table, Key=key)
        return
    _write_all(({"DeleteRequest": {"Key": key}} for key in keys), size)


def read_all(keys: list[Key], consistent: bool = True) -> list[Record]:
    """Those of the records that exist."""
    records = []
    for at in range(0, len(keys), BATCH_GET_MAX):
        left = {table: {"Keys": keys[at : at + BATCH_GET_MAX], "ConsistentRead": consistent}}
        for attempt in range(TRIES):
            answer = dynamodb.batch_get_item(RequestItems=left)
            records += map(unpack, answer["Responses"].get(table, []))
            left = answer.get("UnprocessedKeys")
            if not left:
                break
            outside.sleep(_wait_s(attempt))
        else:
            raise Unprocessed(f"{len(left[table]['Keys'])} records could not be read")
    return records


def _write_all(requests: Iterator[dict[str, Any]], size: int) -> None:
    """BatchWriteItem over all requests, what comes back unprocessed tried again."""
    while part := list(islice(requests, min(size, BATCH_WRITE_MAX))):
        for attempt in range(TRIES):
            answer = dynamodb.batch_write_item(RequestItems={table: part})
            part = answer.get("UnprocessedItems", {}).get(table, [])
            if not part:
                break
            outside.sleep(_wait_s(attempt))
        else:
            raise Unprocessed(f"{len(part)} records could not be written")


def _wait_s(attempt: int) -> float:
    """Twice as long each time: 0.05 s, 0.1 s, … 6.4 s."""
    return 0.05 * 2**attempt


def _pack(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, list):
        return {"L": [{"S": text} for text in value]}
    return {"S": value}


def _unpack(value: dict[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "N":
        return float(content) if "." in content or "e" in content else int(content)
    if kind == "L":
        return [entry["S"] for entry in content]
    return content
