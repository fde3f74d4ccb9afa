"""moto's DynamoDB, made to look only at what a call is about.

A Query sorts the whole table, and TransactWriteItems copies it to be able to roll back. Inside the
block both are given a table that holds one partition, or just the items of the transaction; moto's
own code does the rest. `stored_bytes` reads what an item takes, for the meter.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy, deepcopy
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from workbench.targets.local.metering.sizes import STORAGE_OVERHEAD_BYTES, item_bytes
from workbench.targets.local.world.patches import swapped
from workbench.targets.local.world.stack import ACCOUNT, REGION

Key = Mapping[str, Any]

whole_query = Table.query
whole_transaction = DynamoDBBackend.transact_write_items


@contextmanager
def installed() -> Iterator[None]:
    """Queries and transactions are narrowed inside the block."""
    with ExitStack() as patches:
        patches.enter_context(swapped(Table, "query", _query))
        patches.enter_context(swapped(DynamoDBBackend, "transact_write_items", _transact))
        yield


def table_named(name: str) -> Table:
    """moto's table."""
    return dynamodb_backends[ACCOUNT][REGION].get_table(name)


def stored_bytes(table: Table, key: Key) -> int:
    """The size of a stored item as its writes and reads are billed; 0 if there is none."""
    item = _find(table, key)
    return item_bytes(item.attrs) if item is not None else 0


def table_bytes(table: Table) -> int:
    """What all items of a table take, as storage is billed."""
    return sum(
        item_bytes(item.attrs) + STORAGE_OVERHEAD_BYTES
        for partition in table.items.values()
        for item in partition.values()
    )


def clear(name: str) -> None:
    """Empty a table."""
    table_named(name).items.clear()


def _find(table: Table, key: Key) -> Any:
    """The item under a key of this table's two key attributes, or None."""
    partition = table.items.get(DynamoType(key[table.hash_key_attr]), {})
    return partition.get(DynamoType(key[table.range_key_attr]))


def _query(table: Table, hash_key: DynamoType | None, *rest: Any, **options: Any) -> Any:
    """Table.query over the one partition that it asks for."""
    if options.get("index_name") or (len(rest) > 6 and rest[6]):
        return whole_query(table, hash_key, *rest, **options)
    narrow = copy(table)
    narrow.items = {hash_key: table.items.get(hash_key, {})}
    return whole_query(narrow, hash_key, *rest, **options)


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """TransactWriteItems over tables that hold just the items it names."""
    keys: dict[str, list[Key]] = defaultdict(list)
    for action in transact_items:
        operation = next(iter(action.values()))
        keys[operation["TableName"]].append(operation.get("Key") or operation["Item"])
    whole = backend.tables
    backend.tables = {name: _only(backend.get_table(name), some) for name, some in keys.items()}
    try:
        whole_transaction(backend, transact_items)
        changed = backend.tables
    finally:
        backend.tables = whole
    for name, some in keys.items():
        for key in some:
            _copy_back(changed[name], whole[name], key)


def _only(table: Table, keys: list[Key]) -> Table:
    """A table of just these items; copies, so that a transaction that fails changes nothing."""
    narrow = copy(table)
    narrow.items = defaultdict(dict)
    for key in keys:
        item = _find(table, key)
        if item is not None:
            narrow.items[item.hash_key][item.range_key] = deepcopy(item)
    return narrow


def _copy_back(changed: Table, whole: Table, key: Key) -> None:
    """Bring what a transaction made of an item into the whole table."""
    hash_key = DynamoType(key[whole.hash_key_attr])
    range_key = DynamoType(key[whole.range_key_attr])
    item = _find(changed, key)
    if item is None:
        whole.items[hash_key].pop(range_key, None)
    else:
        whole.items[hash_key][range_key] = item
