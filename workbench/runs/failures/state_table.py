"""Failed items of the designs with a batch-state table: its `failed#<id>` partition."""

from collections.abc import Iterator
from typing import Any

from workbench.runs.failures.listed import Clients, Failure, Names


def in_state_table(client: Clients, outputs: Names, batch_id: str) -> Iterator[Failure]:
    """Every failed item or range, page by page, in the order of their keys."""
    start: dict[str, Any] = {}
    while True:
        found = client("dynamodb").query(
            TableName=outputs["StateTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"failed#{batch_id}"}},
            **start,
        )
        yield from map(_failure, found["Items"])
        if "LastEvaluatedKey" not in found:
            return
        start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}


def _failure(record: dict[str, Any]) -> Failure:
    """A record as docs/architecture.md, "Batch state", has it."""
    numbers = {name: int(value["N"]) for name, value in record.items() if "N" in value}
    items = numbers.get("stop", 0) - numbers.get("start", 0) or numbers.get("items", 1)
    return Failure(record["sk"]["S"], items, record["reason"]["S"], numbers.get("attempts"))
