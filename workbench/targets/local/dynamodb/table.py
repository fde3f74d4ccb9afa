"""DynamoDB's tables, kept in plain dictionaries, and the calls that handlers make on them.

Each call takes a request as boto3 does and gives the response, or raises `Refused`. What a request
asks beyond what is known here is refused by name (`NotKnown`). Tests replay every call of whole
runs against moto, parameter checks of botocore included, and hold the answers equal.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from heapq import nsmallest
from typing import Any

from workbench.targets.local.dynamodb.expressions import Value, condition, updated
from workbench.targets.local.dynamodb.past import Past
from workbench.targets.local.metering import item_bytes
from workbench.targets.local.runtime.service import NotKnown, Refused, Request

PAGE_MAX_BYTES = 2**20
ITEM_MAX_BYTES = 409_600  # DynamoDB quotas: 400 KB with its attribute names
ENTRIES_MAX = {"BatchWriteItem": 25, "BatchGetItem": 100, "TransactWriteItems": 100}
Record = dict[str, Value]
Key = Mapping[str, Value]

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
    "Scan": ("TableName",),
    "BatchGetItem": ("RequestItems",),
    "BatchWriteItem": ("RequestItems",),
    "TransactWriteItems": ("TransactItems",),
}


class Table:
    """The records of one table by partition key and sort key, both texts."""

    def __init__(self, name: str, hash_key: str = "pk", range_key: str = "sk") -> None:
        self.name = name
        self.hash_key = hash_key
        self.range_key = range_key
        self._partitions: dict[str, dict[str, Record]] = {}
        self._bytes: dict[tuple[str, str], int] = {}  # measured once, when a record is stored
        self.past: Past | None = None  # kept while eventual reads may be stale

    def get(self, key: Key) -> Record | None:
        """The record under a key; never to be changed in place."""
        partition = self._partitions.get(key[self.hash_key]["S"])
        return partition.get(key[self.range_key]["S"]) if partition else None

    def put(self, record: Record) -> None:
        """Store a record in the place of any under its key."""
        size = item_bytes(record)
        if size > ITEM_MAX_BYTES:
            raise Refused("ValidationException", "Item size has exceeded the maximum allowed size")
        pk, sk = self.key_of(record)
        if self.past is not None:
            self.past.note(pk, sk, self.get(record))
        self._partitions.setdefault(pk, {})[sk] = dict(record)
        self._bytes[pk, sk] = size

    def remove(self, key: Key) -> None:
        """Forget the record under a key, if there is one."""
        pk, sk = self.key_of(key)
        if self.past is not None:
            self.past.note(pk, sk, self.get(key))
        partition = self._partitions.get(pk, {})
        partition.pop(sk, None)
        self._bytes.pop((pk, sk), None)
        if not partition:
            self._partitions.pop(pk, None)

    def partition(self, hash_key: str) -> dict[str, Record]:
        """The records of a partition by sort key."""
        return self._partitions.get(hash_key, {})

    def records(self) -> Iterator[Record]:
        """Every record."""
        for partition in self._partitions.values():
            yield from partition.values()

    def clear(self) -> None:
        """Forget every record."""
        self._partitions.clear()
        self._bytes.clear()

    def as_of(self, age_s: float) -> "Table":
        """The table as it was that long ago, to be read only."""
        then = Table(self.name, self.hash_key, self.range_key)
        then._partitions = dict(self._partitions)
        for (pk, sk), record in (self.past.since(age_s) if self.past else {}).items():
            partition = dict(then.partition(pk))
            partition.pop(sk, None)
            then._partitions[pk] = partition if record is None else partition | {sk: record}
        return then

    def only_key(self, record: Key) -> Record:
        """The key attributes of a record."""
        return {name: record[name] for name in (self.hash_key, self.range_key)}

    def key_of(self, record: Key) -> tuple[str, str]:
        """A record's partition key and sort key."""
        return record[self.hash_key]["S"], record[self.range_key]["S"]

    def bytes_at(self, pk: str, sk: str) -> int:
        """The size of a stored record as its writes and reads are billed; 0 if there is none."""
        return self._bytes.get((pk, sk), 0)


class Tables:
    """DynamoDB: its tables by name, and its calls."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def add(self, table: Table) -> Table:
        """A new table."""
        self._tables[table.name] = table
        return table

    def remember(self, make: Callable[[], Past] | None) -> None:
        """Keep what each table was a moment ago, or no more."""
        for table in self._tables.values():
            table.past = make() if make else None

    @contextmanager
    def as_of(self, age_s: float) -> Iterator[None]:
        """Reads inside the block see the tables as they were that long ago."""
        now = self._tables
        self._tables = {name: table.as_of(age_s) for name, table in now.items()}
        try:
            yield
        finally:
            self._tables = now

    def __getitem__(self, name: str) -> Table:
        if name not in self._tables:
            raise Refused("ResourceNotFoundException", f"there is no table {name}")
        return self._tables[name]

    def call(self, operation: str, request: Request) -> dict[str, Any]:
        """Make one call."""
        if operation not in KNOWN or not request.keys() <= set(KNOWN[operation]):
            raise NotKnown(f"dynamodb {operation} {', '.join(request)}")
        if entries(operation, request) > ENTRIES_MAX.get(operation, 1):
            raise Refused("ValidationException", f"too many entries in one {operation}")
        return _CALLS[operation](self, request)


def entries(operation: str, request: Request) -> int:
    """How many entries a call has, of those that come in batches."""
    if operation == "BatchWriteItem":
        return sum(map(len, request["RequestItems"].values()))
    if operation == "BatchGetItem":
        return sum(len(asked["Keys"]) for asked in request["RequestItems"].values())
    return len(request.get("TransactItems", ()))


def _get(tables: Tables, request: Request) -> dict[str, Any]:
    record = tables[request["TableName"]].get(request["Key"])
    return {} if record is None else {"Item": dict(record)}


def _put(tables: Tables, request: Request) -> dict[str, Any]:
    table = tables[request["TableName"]]
    _hold(table, request["Item"], request)
    table.put(request["Item"])
    return {}


def _delete(tables: Tables, request: Request) -> dict[str, Any]:
    table = tables[request["TableName"]]
    _hold(table, request["Key"], request)
    table.remove(request["Key"])
    return {}


def _update(tables: Tables, request: Request) -> dict[str, Any]:
    table = tables[request["TableName"]]
    before = _hold(table, request["Key"], request)
    table.put(_updated(before or request["Key"], request))
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise NotKnown(f"dynamodb ReturnValues {wanted}")
    return {"Attributes": before} if wanted == "ALL_OLD" and before else {}


def _query(tables: Tables, request: Request) -> dict[str, Any]:
    table = tables[request["TableName"]]
    name, sign, value = request["KeyConditionExpression"].partition(" = ")
    if name != table.hash_key or not sign or value not in request["ExpressionAttributeValues"]:
        raise NotKnown(f"dynamodb {request['KeyConditionExpression']}")
    partition = table.partition(request["ExpressionAttributeValues"][value]["S"])
    after = request.get("ExclusiveStartKey", {}).get(table.range_key, {}).get("S", "")
    limit = request.get("Limit", len(partition))
    keys = [key for key in partition if key > after] if after else list(partition)
    found: list[Record] = []
    size = 0
    # One more than is asked for shows whether there is more; a look need not sort them all.
    for key in nsmallest(limit + 1, keys) if limit < len(keys) else sorted(keys):
        if len(found) == limit or size >= PAGE_MAX_BYTES:
            last = table.only_key(found[-1])
            return {"Items": found, "Count": len(found), "LastEvaluatedKey": last}
        found.append(dict(partition[key]))
        size += item_bytes(found[-1])
    return {"Items": found, "Count": len(found)}


def _batch_get(tables: Tables, request: Request) -> dict[str, Any]:
    responses = {}
    for name, asked in request["RequestItems"].items():
        found = (tables[name].get(key) for key in asked["Keys"])
        responses[name] = [dict(record) for record in found if record is not None]
    return {"Responses": responses, "UnprocessedKeys": {}}


def _batch_write(tables: Tables, request: Request) -> dict[str, Any]:
    for name, entries in request["RequestItems"].items():
        table = tables[name]
        for entry in entries:
            if "PutRequest" in entry:
                table.put(entry["PutRequest"]["Item"])
            else:
                table.remove(entry["DeleteRequest"]["Key"])
    return {"UnprocessedItems": {}}


def _transact(tables: Tables, request: Request) -> dict[str, Any]:
    """All of the writes, or none."""
    parts = [next(iter(action.items())) for action in request["TransactItems"]]
    reasons = []
    for kind, part in parts:
        if kind not in ("Put", "Update", "Delete"):
            raise NotKnown(f"dynamodb {kind}")
        try:
            _hold(tables[part["TableName"]], part.get("Key") or part["Item"], part)
            reasons.append({"Code": "None"})
        except Refused as refused:
            reasons.append({"Code": "ConditionalCheckFailed", "Message": str(refused)})
    if any(reason["Code"] != "None" for reason in reasons):
        raise Refused("TransactionCanceledException", CancellationReasons=reasons)
    for kind, part in parts:
        table = tables[part["TableName"]]
        if kind == "Put":
            table.put(part["Item"])
        elif kind == "Delete":
            table.remove(part["Key"])
        else:
            table.put(_updated(table.get(part["Key"]) or part["Key"], part))
    return {}


def _hold(table: Table, key: Record, request: Request) -> Record | None:
    """The record as it is, if the condition holds; None if there is none."""
    record = table.get(key)
    if "ConditionExpression" in request:
        asked = condition(request["ConditionExpression"])
        names = request.get("ExpressionAttributeNames", {})
        if not asked(record or {}, names, request.get("ExpressionAttributeValues", {})):
            shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and record
            rest = {"Item": record} if shown else {}
            raise Refused("ConditionalCheckFailedException", **rest)
    return record


def _updated(before: Record, request: Request) -> Record:
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    return updated(request["UpdateExpression"], before, names, values)


def _scan(tables: Tables, request: Request) -> dict[str, Any]:
    """Everything at once: no handler scans; tests and a look from outside do."""
    found = list(tables[request["TableName"]].records())
    return {"Items": found, "Count": len(found)}


_CALLS: dict[str, Callable[[Tables, Request], dict[str, Any]]] = {
    "GetItem": _get,
    "PutItem": _put,
    "DeleteItem": _delete,
    "UpdateItem": _update,
    "Query": _query,
    "Scan": _scan,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transact,
}
