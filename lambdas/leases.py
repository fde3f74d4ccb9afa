"""Leases on records: who works on what, and until when.

A lease is longer than its function's timeout, so Lambda has stopped the owner before it ends. It is
only ever put on a record that exists: a late duplicate cannot bring a finished record back.
"""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from lambdas import outside
from lambdas.state import Key, Record, dynamodb, pack, table, unpack

UNLEASED = "attribute_not_exists(lease_until) OR lease_until < :now"
FREE = f"{UNLEASED} OR lease_by = :me"


class Lease(NamedTuple):
    """What came of asking: taken, or the record is gone, or another holds it until then."""

    taken: bool
    gone: bool
    held_until: float
    record: Record  # as it was before, empty if gone

    @property
    def crashed(self) -> bool:
        """Whether an owner before let its lease run out: it ended before it could tell."""
        return "lease_until" in self.record


def take(
    key: Key, owner: str, seconds: float, count_attempt: bool = False, mark: str = ""
) -> Lease:
    """Take the lease on a record for that long; count an attempt, or set a mark, if asked."""
    now = outside.now()
    update = "SET lease_until = :until, lease_by = :me"
    values: dict[str, Any] = {":until": now + seconds, ":me": owner, ":now": now}
    if mark:
        update += f", {mark} = :true"
        values[":true"] = True
    if count_attempt:
        update += " ADD attempts :one"
        values[":one"] = 1
    # An attempt counts once, also if the answer is lost and the client writes again.
    free = UNLEASED if count_attempt else FREE
    try:
        old = dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=update,
            ConditionExpression=f"attribute_exists(pk) AND ({free})",
            ExpressionAttributeValues=pack(values),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if not refused(error):
            raise
        record = unpack(error.response.get("Item") or None)
        if record is None:
            return Lease(False, True, 0.0, {})
        if record.get("lease_by") == owner:
            return Lease(True, False, 0.0, record | {"attempts": record["attempts"] - 1})
        return Lease(False, False, record["lease_until"], record)
    return Lease(True, False, 0.0, unpack(old["Attributes"]) or {})


def update(key: Key, owner: str, name: str, value: Any) -> bool:
    """Write a field of a record that this owner leases; False if it is gone or another's by now."""
    return conditional(
        "update_item",
        Key=key,
        UpdateExpression="SET #name = :value",
        ConditionExpression="lease_by = :me",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues=pack({":value": value, ":me": owner}),
    )


def release(key: Key, owner: str, crashed: bool = False) -> None:
    """Give a lease back, if this owner has it.

    A record whose owner before has crashed keeps a lease that ran out: what is repeated is counted.
    """
    values: dict[str, Any] = {":me": owner}
    update = "REMOVE lease_until, lease_by"
    if crashed:
        update, values[":past"] = "SET lease_until = :past REMOVE lease_by", 0
    conditional(
        "update_item",
        Key=key,
        UpdateExpression=update,
        ConditionExpression="lease_by = :me",
        ExpressionAttributeValues=pack(values),
    )


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
