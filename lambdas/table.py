"""The batch-state table: its keys, reads and writes, and leases on its records.

`batch#<id>` holds the batch, `segments#<id>` its segments, `items#<id>#<shard>` one record for each
item (or message) that is not done, and `failed#<id>` what failed. The finalizer only asks whether
anything is left under the segments and the shards, so nothing else may be stored there.

A lease says who works on a record, and until when. It is longer than its function's timeout, so
Lambda has stopped the owner before it ends. It is only ever put on a record that exists: a late
duplicate cannot bring a finished record back. `begun` counts the owners that have not ended: an
owner that gives the lease back takes itself off again, one that dies never does.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from lambdas import outside
from lambdas.items import shard_of
from lambdas.queues import Later

BATCH_WRITE_MAX = 25  # entries of one BatchWriteItem
TRIES = 8  # of what a batch call left unprocessed, before the message is reported failed
FREE = "attribute_not_exists(lease_until) OR lease_until < :now"

Key = dict[str, Any]
Record = dict[str, Any]

table = os.environ.get("STATE_TABLE", "")
dynamodb = outside.client("dynamodb")


class Unprocessed(Exception):
    """DynamoDB kept refusing a part of a batch call."""


class LostLease(Exception):
    """A record is no longer leased by who works on it."""


def batch_key(batch: str) -> Key:
    """The key of the batch record."""
    return pack({"pk": f"batch#{batch}", "sk": "META"})


def segment_key(batch: str, segment: int) -> Key:
    """The key of a segment's record."""
    return pack({"pk": f"segments#{batch}", "sk": f"{segment:06d}"})


def item_key(batch: str, sk: str, shards: int) -> Key:
    """The key of an item's or a message's record; what was split stays in its parent's shard."""
    return pack({"pk": shard_partition(batch, shard_of(sk, shards)), "sk": sk})


def shard_partition(batch: str, shard: int) -> str:
    """The partition of one shard of the item records."""
    return f"items#{batch}#{shard:03d}"


def pack(record: Record) -> dict[str, Any]:
    """A record as DynamoDB's API writes it. None is left out."""
    return {name: _pack(value) for name, value in record.items() if value is not None}


def unpack(item: dict[str, Any]) -> Record:
    """A record as read from DynamoDB's API: text, numbers, booleans, lists and sets of text."""
    return {name: _unpack(value) for name, value in item.items()}


def read(key: Key, consistent: bool = True) -> Record | None:
    """One record, or None."""
    found = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=consistent)
    return unpack(found["Item"]) if "Item" in found else None


def first(partition: str) -> Record | None:
    """The first record of a partition, strongly consistent, or None if it is empty."""
    return next(map(unpack, _query(partition, Limit=1)["Items"]), None)


def every(partition: str) -> Iterator[Record]:
    """Every record of a partition, page by page, strongly consistent."""
    start: dict[str, Any] = {}
    while True:
        found = _query(partition, **start)
        yield from map(unpack, found["Items"])
        if "LastEvaluatedKey" not in found:
            return
        start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}


def put_all(records: Iterable[Record], size: int = BATCH_WRITE_MAX) -> None:
    """Write records, `size` (1 to 25) in a call."""
    _write_all(dynamodb.put_item, "PutRequest", "Item", map(pack, records), size)


def delete_all(keys: Iterable[Key], size: int = BATCH_WRITE_MAX) -> None:
    """Delete records, `size` (1 to 25) in a call; one that is deleted already is no error."""
    _write_all(dynamodb.delete_item, "DeleteRequest", "Key", iter(keys), size)


def lease(key: Key, owner: str, seconds: float) -> Record | None:
    """Take the lease on a record for that long; the record as it was before, or None without one.

    `Later` says for how long another owner has it.
    """
    now = outside.now()
    values = {":until": now + seconds, ":me": owner, ":now": now, ":one": 1}
    try:
        old = dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET lease_until = :until, lease_by = :me ADD begun :one",
            ConditionExpression=f"attribute_exists(pk) AND ({FREE})",
            ExpressionAttributeValues=pack(values),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return unpack(old["Attributes"])
    except ClientError as error:
        if not refused(error):
            raise
        record = unpack(error.response.get("Item", {}))
    if not record:
        return None
    if record.get("lease_by") == owner:  # the answer was lost, and the client has asked again
        return record | {"begun": record["begun"] - 1}
    raise Later(record["lease_until"] - outside.now())


def mark(key: Key, owner: str, flag: str) -> None:
    """Set a flag on a record that this owner leases; LostLease if it does not."""
    changes = {"UpdateExpression": f"SET {flag} = :true"}
    if not conditional("update_item", **held(key, owner, true=True), **changes):
        raise LostLease(f"{key['pk']['S']} is not leased by {owner}")


def release(key: Key, owner: str, **fields: Any) -> None:
    """Give a lease back, if this owner has it, and write these fields with it."""
    sets = "SET " + ", ".join(f"{name} = :{name}" for name in fields) if fields else ""
    changes = {"UpdateExpression": f"{sets} REMOVE lease_until, lease_by ADD begun :less"}
    conditional("update_item", **held(key, owner, less=-1, **fields), **changes)


def held(key: Key, owner: str, **values: Any) -> dict[str, Any]:
    """A write on a record that this owner must hold, with further values of its expression."""
    named = {f":{name}": value for name, value in values.items()}
    return {
        "Key": key,
        "ConditionExpression": "lease_by = :me",
        "ExpressionAttributeValues": pack({":me": owner, **named}),
    }


def conditional(call: str, **arguments: Any) -> bool:
    """A conditional write on the table: False if its condition did not hold."""
    try:
        getattr(dynamodb, call)(TableName=table, **arguments)
    except ClientError as error:
        if not refused(error):
            raise
        return False
    return True


def transact(*actions: tuple[str, dict[str, Any]]) -> bool:
    """All of the writes or none: False if a condition did not hold.

    A conflict with another transaction on the same records is raised, so that the message returns.
    """
    items = [{kind: {"TableName": table, **arguments}} for kind, arguments in actions]
    try:
        dynamodb.transact_write_items(TransactItems=items)
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if reasons <= {"None", "ConditionalCheckFailed"}:
            return False
        raise
    return True


def refused(error: ClientError) -> bool:
    """Whether a write failed because its condition did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _query(partition: str, **more: Any) -> dict[str, Any]:
    """A page of a partition's records."""
    return dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=pack({":pk": partition}),
        ConsistentRead=True,
        **more,
    )


def _write_all(
    call: Callable[..., Any], request: str, name: str, values: Iterator[Any], size: int
) -> None:
    """BatchWriteItem over all values, named as it names them; a call for each if size is 1."""
    while part := list(islice(values, min(size, BATCH_WRITE_MAX))):
        if size == 1:
            call(TableName=table, **{name: part[0]})
            continue
        asked = {table: [{request: {name: value}} for value in part]}
        for _ in answers(dynamodb.batch_write_item, asked):
            pass


def answers(call: Callable[..., Any], asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers of a batch call: what comes back unprocessed is tried again, 0.05 s later, 0.1 s,
    … 6.4 s.
    """
    for attempt in range(TRIES):
        answer = call(RequestItems=asked)
        yield answer
        asked = answer.get("UnprocessedKeys") or answer.get("UnprocessedItems")
        if not asked:
            return
        outside.sleep(0.05 * 2**attempt)
    raise Unprocessed(f"DynamoDB left a part of a batch call undone in {TRIES} tries")


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
        return json.loads(content)  # an int or a float, as it is written
    if kind == "L":
        return [entry["S"] for entry in content]
    return content
