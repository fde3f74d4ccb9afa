"""DynamoDB: write limits of a table and of a key, units by item size, storage.

Over a limit a batch write leaves entries unprocessed and any other write is refused, as AWS does.
Units are counted from the items themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs.parts import KNOWING
from workbench.platform.services import DYNAMODB
from workbench.platform.units import query_units, read_units, write_units
from workbench.targets.local.dynamodb.past import Past
from workbench.targets.local.dynamodb.table import Key, Tables, entries
from workbench.targets.local.metering import Storage, item_bytes, stored_bytes
from workbench.targets.local.runtime.service import (
    Admitted,
    NotKnown,
    Refused,
    Request,
    Service,
    TokenBucket,
)
from workbench.targets.local.world.context import RunContext

READS = ("GetItem", "BatchGetItem", "Query")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
CONSUMED = {
    "WriteRequestUnits": "ConsumedWriteCapacityUnits",
    "ReadRequestUnits": "ConsumedReadCapacityUnits",
}
CHECKED = ("ConditionalCheckFailedException", "TransactionCanceledException")  # billed all the same
THROTTLED = "ProvisionedThroughputExceededException"
_units = lru_cache(maxsize=4096)(write_units)  # sizes come again and again


@dataclass
class Write:
    """One write: where, and what is stored there before and after; None after is not yet known."""

    table: str
    pk: str
    sk: str
    before_bytes: int
    after_bytes: int | None
    transactional: bool = False

    @property
    def units(self) -> int:
        """A write is billed by the larger of the two images."""
        return _units(max(self.before_bytes, self.after_bytes or 0), self.transactional)


class DynamoDbService(Service):
    """What DynamoDB admits and bills. `writes_per_s` has the tables that were warmed for more."""

    name = "dynamodb"
    known = (*READS, *WRITES)

    def __init__(
        self, context: RunContext, tables: Tables, storage: Storage, writes_per_s: Mapping[str, int]
    ) -> None:
        self._context = context
        self._tables = tables
        self._storage = storage
        self._writes_per_s = writes_per_s
        self._of_table: dict[str, TokenBucket] = {}
        self._of_key: dict[tuple[str, str], TokenBucket] = {}
        kept_s = context.faults.stale_max_s
        tables.remember(partial(Past, lambda: context.kernel.now, kept_s) if kept_s else None)

    def entries(self, operation: str, request: Request) -> int:
        return entries(operation, request)

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:
        if operation == "BatchWriteItem":
            return self._admit_batch(request, hold_back)
        if operation == "BatchGetItem":
            return _admit_reads(request, hold_back)
        admitted = super().admit(operation, request, hold_back)
        for write in self._writes(operation, request):
            if not self._take(write):
                for other in admitted.writes:
                    for bucket in self._buckets(other):
                        bucket.give_back(other.units)
                raise Refused(THROTTLED)
            admitted.writes.append(write)
        return admitted

    def as_of(self, age_s: float) -> AbstractContextManager[None]:
        return self._tables.as_of(age_s)

    def meter(self, operation: str, admitted: Admitted, response: dict[str, Any]) -> None:
        if operation in READS:
            self._meter_read(operation, admitted.request, response)
            if admitted.held_back:
                response["UnprocessedKeys"] = dict(admitted.held_back)
            return
        change_bytes = 0
        for write in admitted.writes:
            if write.after_bytes is None:
                write.after_bytes = self._tables[write.table].bytes_at(write.pk, write.sk)
            change_bytes += stored_bytes(write.after_bytes) - stored_bytes(write.before_bytes)
        self._storage.changed(change_bytes, self._context.kernel.now)
        self._bill_writes(admitted.writes)
        if admitted.held_back:
            unprocessed: dict[str, list[Any]] = {}
            for table, entry in admitted.held_back:
                unprocessed.setdefault(table, []).append(entry)
            response["UnprocessedItems"] = unprocessed

    def refused(self, operation: str, admitted: Admitted, error: ClientError) -> None:
        """A condition that does not hold is billed by what is there, at least one unit."""
        del operation
        if error.response["Error"]["Code"] in CHECKED:
            for write in admitted.writes:
                write.after_bytes = 0
            self._bill_writes(admitted.writes)

    def _admit_batch(self, request: Request, hold_back: int) -> Admitted:
        """The writes that fit within the limits; the others come back unprocessed."""
        keep = entries("BatchWriteItem", request) - hold_back
        done: dict[str, list[Any]] = {}
        admitted = Admitted({**request, "RequestItems": done})
        for table, asked in request["RequestItems"].items():
            for entry in asked:
                if "PutRequest" in entry:
                    write = self._put(table, entry["PutRequest"]["Item"])
                else:
                    write = self._write(table, entry["DeleteRequest"]["Key"], 0)
                if len(admitted.writes) < keep and self._take(write):
                    admitted.writes.append(write)
                    done.setdefault(table, []).append(entry)
                else:
                    admitted.held_back.append((table, entry))
        if not admitted.writes:
            raise Refused(THROTTLED)
        return admitted

    def _writes(self, operation: str, request: Request) -> Iterator[Write]:
        """The writes of a call that is no batch write."""
        parts = [next(iter(action.items())) for action in request.get("TransactItems", ())]
        if operation in WRITES and not parts:
            parts = [(operation.removesuffix("Item"), request)]
        for kind, part in parts:
            if kind == "Put":
                write = self._put(part["TableName"], part["Item"])
            else:
                after = 0 if kind == "Delete" else None
                write = self._write(part["TableName"], part["Key"], after)
            write.transactional = operation == "TransactWriteItems"
            yield write

    def _put(self, table: str, item: Mapping[str, Any]) -> Write:
        return self._write(table, item, item_bytes(item))

    def _write(self, table: str, key: Key, after_bytes: int | None) -> Write:
        known = self._tables[table]
        pk, sk = known.key_of(key)
        return Write(table, pk, sk, known.bytes_at(pk, sk), after_bytes)

    def _meter_read(self, operation: str, request: Request, response: dict[str, Any]) -> None:
        if operation == "Query":
            if "FilterExpression" in request or "ProjectionExpression" in request:
                raise NotKnown("dynamodb Query with a filter, which hides what was read,")
            read = sum(map(item_bytes, response["Items"]))
            units = query_units(read, request.get("ConsistentRead", False))
            self._bill("ReadRequestUnits", request["TableName"], [units])
            return
        asked = request.get("RequestItems")
        single = {request.get("TableName"): {**request, "Keys": [request.get("Key")]}}
        for table, wanted in (asked or single).items():
            known, consistent = self._tables[table], wanted.get("ConsistentRead", False)
            sizes = (known.bytes_at(*known.key_of(key)) for key in wanted["Keys"])
            units = sum((read_units(size, consistent) for size in sizes), Decimal(0))
            self._bill("ReadRequestUnits", table, [units])

    def _bill_writes(self, writes: list[Write]) -> None:
        for table in {write.table: None for write in writes}:
            units = [write.units for write in writes if write.table == table]
            self._bill("WriteRequestUnits", table, units)

    def _bill(self, kind: str, table: str, units: list[Decimal] | list[int]) -> None:
        self._context.meter.add(DYNAMODB, kind, kind, KNOWING, sum(units), table)
        name, metrics = {"TableName": table}, self._context.metrics
        for value, count in Counter(units).items():
            metrics.add("AWS/DynamoDB", CONSUMED[kind], name, float(value), count)

    def _take(self, write: Write) -> bool:
        """Take a write's units from the table's and the key's bucket, or from neither."""
        of_table, of_key = self._buckets(write)
        now, units = self._context.kernel.now, write.units
        if not of_table.take(units, now):
            return False
        if not of_key.take(units, now):
            of_table.give_back(units)
            return False
        return True

    def _buckets(self, write: Write) -> tuple[TokenBucket, TokenBucket]:
        of_table = self._of_table.get(write.table)
        if of_table is None:
            rate = self._writes_per_s.get(write.table)
            of_table = self._of_table[write.table] = self._bucket("ddb_table_writes_per_s", rate)
        of_key = self._of_key.get((write.table, write.pk))
        if of_key is None:
            of_key = self._bucket("ddb_key_writes_per_s")
            self._of_key[write.table, write.pk] = of_key
        return of_table, of_key

    def _bucket(self, entry: str, rate: float | None = None) -> TokenBucket:
        value = self._context.profile.value
        rate = value(entry) if rate is None else rate
        return TokenBucket(rate, rate * max(1.0, value("ddb_burst_s")))


def _admit_reads(request: Request, hold_back: int) -> Admitted:
    """A BatchGetItem that answers all but so many keys of each table, at least one."""
    admitted = Admitted({**request, "RequestItems": {}})
    for table, asked in request["RequestItems"].items():
        keys = asked["Keys"]
        kept = max(1, len(keys) - hold_back)
        admitted.request["RequestItems"][table] = {**asked, "Keys": keys[:kept]}
        if keys[kept:]:
            admitted.held_back.append((table, {**asked, "Keys": keys[kept:]}))
    return admitted
