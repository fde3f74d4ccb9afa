"""DynamoDB's calls on moto's own tables, without the way through HTTP.

Each function takes a request as boto3 does and gives the response, or raises `Refused`. What a
request asks beyond what handlers ask is `NotKnown`.
"""

from collections.abc import Callable
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from workbench.targets.local.dynamodb.moto_table import table_named
from workbench.targets.local.dynamodb.quick.expressions import NotKnown, Value, condition, update
from workbench.targets.local.metering.sizes import item_bytes

PAGE_MAX_BYTES = 2**20
Request = dict[str, Any]
Record = dict[str, Value]

CONDITION = ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
KNOWN = {
    "GetItem": ("TableName", "Key", "ConsistentRead"),
    "PutItem": ("TableName", "Item", *CONDITION),
    "DeleteItem": ("TableName", "Key", *CONDITION),
    "UpdateItem": (
        *("TableName", "Key", "UpdateExpression", *CONDITION),
        *("ReturnValues", "ReturnValuesOnConditionCheckFailure"),
    ),
    "Query": (
        *("TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead"),
        *("Limit", "ExclusiveStartKey"),
    ),
    "BatchGetItem": ("RequestItems",),
    "BatchWriteItem": ("RequestItems",),
    "TransactWriteItems": ("TransactItems",),
}


class Refused(Exception):
    """A write whose condition did not hold: its code, and what the answer carries besides."""

    def __init__(self, code: str, **rest: Any) -> None:
        super().__init__(code)
        self.code = code
        self.rest = rest


def call(operation: str, request: Request) -> dict[str, Any]:
    """Make one call."""
    if operation not in KNOWN or not request.keys() <= set(KNOWN[operation]):
        raise NotKnown(f"{operation} {', '.join(request)}")
    return _CALLS[operation](request)


def _get(request: Request) -> dict[str, Any]:
    record = _read(table_named(request["TableName"]), request["Key"])
    return {} if record is None else {"Item": record}


def _put(request: Request) -> dict[str, Any]:
    table = table_named(request["TableName"])
    _hold(table, request["Item"], request)
    _write(table, request["Item"])
    return {}


def _delete(request: Request) -> dict[str, Any]:
    table = table_named(request["TableName"])
    _hold(table, request["Key"], request)
    _remove(table, request["Key"])
    return {}


def _update(request: Request) -> dict[str, Any]:
    table = table_named(request["TableName"])
    before = _hold(table, request["Key"], request)
    _write(table, _updated(before or request["Key"], request))
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise NotKnown(f"ReturnValues {wanted}")
    return {"Attributes": before} if wanted == "ALL_OLD" and before else {}


def _query(request: Request) -> dict[str, Any]:
    if request["KeyConditionExpression"] != "pk = :pk":
        raise NotKnown(request["KeyConditionExpression"])
    table = table_named(request["TableName"])
    partition = table.items.get(DynamoType(request["ExpressionAttributeValues"][":pk"]), {})
    after = request.get("ExclusiveStartKey", {}).get(table.range_key_attr, {}).get("S", "")
    keys = sorted(key.value for key in partition if key.value > after)
    found: list[Record] = []
    size = 0
    for key in keys:
        found.append(_plain(partition[DynamoType({"S": key})]))
        size += item_bytes(found[-1])
        full = size >= PAGE_MAX_BYTES or len(found) == request.get("Limit")
        if full and key != keys[-1]:
            last = {name: found[-1][name] for name in (table.hash_key_attr, table.range_key_attr)}
            return {"Items": found, "Count": len(found), "LastEvaluatedKey": last}
    return {"Items": found, "Count": len(found)}


def _batch_get(request: Request) -> dict[str, Any]:
    responses = {}
    for name, asked in request["RequestItems"].items():
        found = (_read(table_named(name), key) for key in asked["Keys"])
        responses[name] = [record for record in found if record is not None]
    return {"Responses": responses, "UnprocessedKeys": {}}


def _batch_write(request: Request) -> dict[str, Any]:
    for name, entries in request["RequestItems"].items():
        table = table_named(name)
        for entry in entries:
            if "PutRequest" in entry:
                _write(table, entry["PutRequest"]["Item"])
            else:
                _remove(table, entry["DeleteRequest"]["Key"])
    return {"UnprocessedItems": {}}


def _transact(request: Request) -> dict[str, Any]:
    """All of the writes, or none."""
    parts = [next(iter(action.items())) for action in request["TransactItems"]]
    reasons = []
    for kind, part in parts:
        if kind not in ("Put", "Update", "Delete"):
            raise NotKnown(kind)
        try:
            _hold(table_named(part["TableName"]), part.get("Key") or part["Item"], part)
            reasons.append({"Code": "None"})
        except Refused as refused:
            reasons.append({"Code": "ConditionalCheckFailed", "Message": str(refused)})
    if any(reason["Code"] != "None" for reason in reasons):
        raise Refused("TransactionCanceledException", CancellationReasons=reasons)
    for kind, part in parts:
        table = table_named(part["TableName"])
        if kind == "Put":
            _write(table, part["Item"])
        elif kind == "Delete":
            _remove(table, part["Key"])
        else:
            _write(table, _updated(_read(table, part["Key"]) or part["Key"], part))
    return {}


def _hold(table: Table, key: Record, request: Request) -> Record | None:
    """The record as it is, if the condition holds; None if there is none."""
    record = _read(table, key)
    if "ConditionExpression" in request:
        asked = condition(request["ConditionExpression"])
        names = request.get("ExpressionAttributeNames", {})
        if not asked(record or {}, names, request.get("ExpressionAttributeValues", {})):
            shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and record
            rest = {"Item": record} if shown else {}
            raise Refused("ConditionalCheckFailedException", **rest)
    return record


def _updated(before: Record, request: Request) -> Record:
    change = update(request["UpdateExpression"])
    names = request.get("ExpressionAttributeNames", {})
    return change.apply(before, names, request.get("ExpressionAttributeValues", {}))


def _read(table: Table, key: Record) -> Record | None:
    partition = table.items.get(DynamoType(key[table.hash_key_attr]))
    item = partition and partition.get(DynamoType(key[table.range_key_attr]))
    return _plain(item) if item else None


def _write(table: Table, record: Record) -> None:
    hash_key = DynamoType(record[table.hash_key_attr])
    range_key = DynamoType(record[table.range_key_attr])
    item = Item(hash_key, range_key, {})
    for name, value in record.items():  # moto would measure the whole record at each attribute
        dict.__setitem__(item.attrs, name, DynamoType(value))
    table.items[hash_key][range_key] = item


def _remove(table: Table, key: Record) -> None:
    partition = table.items.get(DynamoType(key[table.hash_key_attr]))
    if partition is not None:
        partition.pop(DynamoType(key[table.range_key_attr]), None)


def _plain(item: Item) -> Record:
    """A record as the API writes it."""
    return {name: _value(value) for name, value in item.attrs.items()}


def _value(value: DynamoType) -> Value:
    if value.type == "L":
        return {"L": [_value(one) for one in value.value]}
    if value.type == "M":
        return {"M": {name: _value(one) for name, one in value.value.items()}}
    return {value.type: value.value}


_CALLS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "GetItem": _get,
    "PutItem": _put,
    "DeleteItem": _delete,
    "UpdateItem": _update,
    "Query": _query,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transact,
}
