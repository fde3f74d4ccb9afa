"""The batch-state table: its keys, reads and writes, and leases on its records.

`batch#<id>` holds the batch, `segments#<id>` its segments, `items#<id>#<shard>` one record for each
item (or message) that is not done, and `failed#<id>` what failed. The finalizer only asks whether
anything is left under the segments and the shards, so nothing else may be stored there.

A lease says who works on a record, and until when. It is longer than its function's timeout, so
Lambda has stopped the owner before it ends. It is only ever put on a record that exists: a late
duplicate cannot bring a finished record back.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from lambdas import outside
from lambdas.items import shard_of
from lambdas.queues import Later

BATCH_WRITE_MAX = 25  # entries of one BatchWriteItem
BATCH_GET_MAX = 100  # keys of one BatchGetItem
TRIES = 8  # of what a batch call left unprocessed, before the message is reported failed
UNLEASED = "attribute_not_exists(lease_until) OR lease_until < :now"
FREE = f"{UNLEASED} OR lease_by = :me"

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


def unpack(item: dict[str, Any]) -> Record:
    """A record as read from DynamoDB's API: text, numbers, booleans, lists and sets of text."""
    return {name: _unpack(value) for name, value in item.items()}


def read(key: Key, consistent: bool = True) -> Record | None:
    """One record, or None."""
    found = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=consistent)
    return unpack(found["Item"]) if "Item" in found else None


def first(partition: str) -> Record | None:
    """The first record of a partition, strongly consistent, or None if it is empty."""
    found = _query(partition, Limit=1)["Items"]
    return unpack(found[0]) if found else None


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
    packed = map(pack, records)
    if size == 1:
        for record in packed:
            dynamodb.put_item(TableName=table, Item=record)
        return
    _write_all(({"PutRequest": {"Item": record}} for record in packed), size)


def delete_all(keys: Iterable[Key], size: int = BATCH_WRITE_MAX) -> None:
    """Delete records, `size` (1 to 25) in a call; one that is deleted already is no error."""
    if size == 1:
        for key in keys:
            dynamodb.delete_item(TableName=table, Key=key)
        return
    _write_all(({"DeleteRequest": {"Key": key}} for key in keys), size)


def read_all(keys: list[Key], consistent: bool = True) -> list[Record]:
    """Those of the records that exist."""
    records = []
    for at in range(0, len(keys), BATCH_GET_MAX):
        asked = {"Keys": keys[at : at + BATCH_GET_MAX], "ConsistentRead": consistent}
        for answer in _answers(dynamodb.batch_get_item, {table: asked}):
            records += map(unpack, answer["Responses"].get(table, []))
    return records


def lease(
    key: Key, owner: str, seconds: float, count_attempt: bool = False, mark: str = ""
) -> Record | None:
    """Take the lease on a record for that long; the record as it was before, or None without one.

    An attempt is counted, or a mark set, if asked. `Later` says for how long another owner has it.
    """
    now = outside.now()
    changes = "SET lease_until = :until, lease_by = :me"
    values: dict[str, Any] = {":until": now + seconds, ":me": owner, ":now": now}
    if mark:
        changes += f", {mark} = :true"
        values[":true"] = True
    if count_attempt:
        changes += " ADD attempts :one"
        values[":one"] = 1
    # An attempt counts once, also if the answer is lost and the client writes again.
    free = UNLEASED if count_attempt else FREE
    try:
        old = dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=changes,
            ConditionExpression=f"attribute_exists(pk) AND ({free})",
            ExpressionAttributeValues=pack(values),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return unpack(old["Attributes"])
    except ClientError as error:
        if not refused(error):
            raise
        if not error.response.get("Item"):
            return None
        record = unpack(error.response["Item"])
    if record.get("lease_by") == owner:
        return record | {"attempts": record["attempts"] - 1}
    raise Later(record["lease_until"] - outside.now())


def crashed(record: Record) -> bool:
    """Whether an owner before let its lease run out: it ended before it could give it back."""
    return "lease_until" in record


def update(key: Key, owner: str, name: str, value: Any) -> bool:
    """Write a field of a record that this owner leases; False if it is deleted or another's."""
    return conditional(
        "update_item",
        Key=key,
        UpdateExpression="SET #name = :value",
        ConditionExpression="lease_by = :me",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues=pack({":value": value, ":me": owner}),
    )


def release(key: Key, owner: str, after_crash: bool = False) -> None:
    """Give a lease back, if this owner has it.

    A record whose owner before has crashed keeps a lease that ran out: what is repeated is counted.
    """
    past = {":past": 0} if after_crash else {}
    changes = "REMOVE lease_until, lease_by"
    conditional(
        "update_item",
        UpdateExpression="SET lease_until = :past REMOVE lease_by" if after_crash else changes,
        **held(key, owner, **past),
    )


def held(key: Key, owner: str, **values: Any) -> dict[str, Any]:
    """A write on a record that this owner must hold, with further values of its expression."""
    return {
        "Key": key,
        "ConditionExpression": "lease_by = :me",
        "ExpressionAttributeValues": pack({":me": owner, **values}),
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


def _write_all(requests: Iterator[dict[str, Any]], size: int) -> None:
    """BatchWriteItem over all requests."""
    while part := list(islice(requests, min(size, BATCH_WRITE_MAX))):
        for _ in _answers(dynamodb.batch_write_item, {table: part}):
            pass


def _answers(call: Callable[..., Any], asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
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
        return float(content) if "." in content or "e" in content else int(content)
    if kind == "L":
        return [entry["S"] for entry in content]
    return content
