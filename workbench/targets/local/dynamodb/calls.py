"""DynamoDB: write limits of a table and of a key, units by item size, storage.

Over a limit a batch write leaves entries unprocessed and any other write is refused, as AWS does.
Units are counted from the items themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from workbench.platform.services import DYNAMODB
from workbench.platform.units import query_units, read_units, write_units
from workbench.targets.local.dynamodb.table import Key, Tables, entries
from workbench.targets.local.metering import Storage, item_bytes
from workbench.targets.local.runtime.service import (
    Admitted,
    NotKnown,
    Refused,
    Request,
    Service,
    TokenBucket,
)
from workbench.targets.local.world.context import RunContext

SERVICE = "dynamodb"
SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
CONSUMED = {
    "WriteRequestUnits": "ConsumedWriteCapacityUnits",
    "ReadRequestUnits": "ConsumedReadCapacityUnits",
}
CHECKED = ("ConditionalCheckFailedException", "TransactionCanceledException")  # billed all the same
THROTTLED = "ProvisionedThroughputExceededException"


@dataclass
class Write:
    """One write: where, and what is stored there before and after; None after is not yet known."""

    table: str
    key: Key
    before_bytes: int
    after_bytes: int | None

    @property
    def bytes(self) -> int:
        """The larger of the two images, which is what a write is billed by."""
        return max(self.before_bytes, self.after_bytes or 0)


class DynamoDbService(Service):
    """The rules of DynamoDB. `writes_per_s` has the tables that were warmed for more."""

    def __init__(
        self, context: RunContext, tables: Tables, storage: Storage, writes_per_s: Mapping[str, int]
    ) -> None:
        self._context = context
        self._tables = tables
        self._storage = storage
        self._writes_per_s = writes_per_s
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    def entries(self, operation: str, request: Request) -> int:
        return entries(operation, request)

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:
        if operation == "BatchWriteItem":
            return self._admit_batch(request, hold_back)
        if operation == "BatchGetItem":
            return _admit_reads(request, hold_back)
        writes = list(self._writes(operation, request))
        tokens = [
            (write, write_units(write.bytes, operation == "TransactWriteItems")) for write in writes
        ]
        taken: list[tuple[Write, int]] = []
        for write, units in tokens:
            if not self._take(write, units):
                for other, others_units in taken:
                    self._give_back(other, others_units)
                raise Refused(THROTTLED)
            taken.append((write, units))
        return Admitted(dict(request), writes=writes)

    def meter(self, operation: str, admitted: Admitted, response: dict[str, Any]) -> None:
        if operation in ("GetItem", "BatchGetItem", "Query"):
            self._meter_read(operation, admitted.request, response)
            if admitted.held_back:
                response["UnprocessedKeys"] = dict(admitted.held_back)
            return
        if operation not in (*SINGLE_WRITES, "BatchWriteItem", "TransactWriteItems"):
            raise NotKnown(f"dynamodb {operation}")
        for write in admitted.writes:
            if write.after_bytes is None:
                write.after_bytes = self._tables[write.table].stored_bytes(write.key)
            self._storage.changed(write.before_bytes, write.after_bytes, self._context.kernel.now)
        self._bill_writes(operation, admitted.writes)
        if admitted.held_back:
            unprocessed: dict[str, list[Any]] = {}
            for table, entry in admitted.held_back:
                unprocessed.setdefault(table, []).append(entry)
            response["UnprocessedItems"] = unprocessed

    def refused(self, operation: str, admitted: Admitted, error: ClientError) -> None:
        if error.response["Error"]["Code"] in CHECKED:
            for write in admitted.writes:  # by what is there, at least one unit
                write.after_bytes = 0
            self._bill_writes(operation, admitted.writes)

    def _admit_batch(self, request: Request, hold_back: int) -> Admitted:
        """The writes that fit within the limits; the others come back unprocessed."""
        keep = self.entries("BatchWriteItem", request) - hold_back
        held: list[tuple[str, Any]] = []
        done: dict[str, list[Any]] = {}
        writes: list[Write] = []
        for table, entry in _entries(request):
            write = self._batch_write(table, entry)
            if len(writes) < keep and self._take(write, write_units(write.bytes)):
                writes.append(write)
                done.setdefault(table, []).append(entry)
            else:
                held.append((table, entry))
        if not writes:
            raise Refused(THROTTLED)
        return Admitted({**request, "RequestItems": done}, held, writes)

    def _batch_write(self, table: str, entry: Mapping[str, Any]) -> Write:
        if "DeleteRequest" in entry:
            return self._write(table, entry["DeleteRequest"]["Key"], 0)
        item = entry["PutRequest"]["Item"]
        return self._write(table, item, item_bytes(item))

    def _writes(self, operation: str, request: Request) -> Iterator[Write]:
        """The writes of a call that is no batch write."""
        if operation == "PutItem":
            item = request["Item"]
            yield self._write(request["TableName"], item, item_bytes(item))
        elif operation == "DeleteItem":
            yield self._write(request["TableName"], request["Key"], 0)
        elif operation == "UpdateItem":
            yield self._write(request["TableName"], request["Key"], None)
        for action in request.get("TransactItems", ()):
            kind, part = next(iter(action.items()))
            if kind == "Put":
                yield self._write(part["TableName"], part["Item"], item_bytes(part["Item"]))
            else:
                after = 0 if kind == "Delete" else None
                yield self._write(part["TableName"], part["Key"], after)

    def _write(self, table: str, key: Key, after_bytes: int | None) -> Write:
        known = self._tables[table]
        key = known.only_key(key)
        return Write(table, key, known.stored_bytes(key), after_bytes)

    def _meter_read(self, operation: str, request: Request, response: dict[str, Any]) -> None:
        if operation == "Query":
            if "FilterExpression" in request or "ProjectionExpression" in request:
                raise NotKnown("dynamodb Query with a filter, which hides what was read,")
            read = sum(map(item_bytes, response["Items"]))
            units = query_units(read, request.get("ConsistentRead", False))
            self._bill("ReadRequestUnits", request["TableName"], units)
        elif operation == "GetItem":
            table = request["TableName"]
            size = self._tables[table].stored_bytes(request["Key"])
            units = read_units(size, request.get("ConsistentRead", False))
            self._bill("ReadRequestUnits", table, units)
        else:
            for table, asked in request["RequestItems"].items():
                sizes = (self._tables[table].stored_bytes(key) for key in asked["Keys"])
                consistent = asked.get("ConsistentRead", False)
                units = sum((read_units(size, consistent) for size in sizes), Decimal(0))
                self._bill("ReadRequestUnits", table, units)

    def _bill_writes(self, operation: str, writes: list[Write]) -> None:
        transactional = operation == "TransactWriteItems"
        for write in writes:
            units = write_units(write.bytes, transactional)
            self._bill("WriteRequestUnits", write.table, units)

    def _bill(self, kind: str, table: str, units: Decimal | int) -> None:
        self._context.meter.add(DYNAMODB, kind, kind, "knowing", units)
        metric = CONSUMED[kind]
        self._context.metrics.add("AWS/DynamoDB", metric, {"TableName": table}, float(units))

    def _take(self, write: Write, units: int) -> bool:
        """Take a write's units from the table's and the key's bucket, or from neither."""
        table, key = self._pair(write)
        now = self._context.kernel.now
        if not table.take(units, now):
            return False
        if not key.take(units, now):
            table.give_back(units)
            return False
        return True

    def _give_back(self, write: Write, units: int) -> None:
        for bucket in self._pair(write):
            bucket.give_back(units)

    def _pair(self, write: Write) -> tuple[TokenBucket, TokenBucket]:
        profile = self._context.profile
        hash_key = next(iter(write.key.values()))["S"]
        of_table = self._writes_per_s.get(write.table, profile.value("ddb_table_writes_per_s"))
        return (
            self._bucket((write.table, ""), of_table),
            self._bucket((write.table, hash_key), profile.value("ddb_key_writes_per_s")),
        )

    def _bucket(self, name: tuple[str, str], rate: float) -> TokenBucket:
        if name not in self._buckets:
            burst_s = max(1.0, self._context.profile.value("ddb_burst_s"))
            self._buckets[name] = TokenBucket(rate, rate * burst_s)
        return self._buckets[name]


def _entries(request: Request) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for table, asked in request["RequestItems"].items():
        for entry in asked:
            yield table, entry


def _admit_reads(request: Request, hold_back: int) -> Admitted:
    """A BatchGetItem that answers all but so many keys of each table, at least one."""
    done, held = {}, []
    for table, asked in request["RequestItems"].items():
        keys = asked["Keys"]
        kept = max(1, len(keys) - hold_back)
        done[table] = {**asked, "Keys": keys[:kept]}
        if keys[kept:]:
            held.append((table, {**asked, "Keys": keys[kept:]}))
    return Admitted({**request, "RequestItems": done}, held)
