"""Leases outlive their owners, and are given back by those that end well."""

from collections.abc import Iterator
from typing import Any

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called, leases
from workbench.targets.local.world.context import EPOCH_S

GIVING_BACK = ("UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
BREAKING_OFF = ("kill_before", "kill_after", "kill_sleep", "hang_call", "hang_start")

Key = tuple[str, str]


def check_leases(seen: FaultRecord) -> Iterator[str]:
    """Leases that end while their owner may still live, and leases that nobody gives back."""
    struck = {
        hit.request_id
        for hit in seen.plan.hits
        if hit.kind in BREAKING_OFF or hit.what in GIVING_BACK
    }
    taken: dict[tuple[str, Key], Called] = {}
    for call in seen.calls:
        if call.error or call.service != "dynamodb" or not call.role:
            continue
        for key in _given_back(call):
            taken.pop((call.request_id, key), None)
        if leases(call):
            yield from _short(seen, call)
            taken[call.request_id, _key(call.request["Key"])] = call
    for (request_id, key), call in taken.items():
        excused = seen.hit if call.role == "failures" else struck
        if request_id not in excused and seen.requests[request_id].end == "answered":
            yield f"{call.role} {request_id} ends well and keeps the lease on {' / '.join(key)}"


def _short(seen: FaultRecord, call: Called) -> Iterator[str]:
    until = call.request["ExpressionAttributeValues"][":until"]["N"]
    ends_s, owner = float(until) - EPOCH_S, seen.requests[call.request_id]
    if ends_s < owner.limit_s:
        yield (
            f"the lease of {owner.role} {owner.request_id} ends at {ends_s:.0f} s; it may live "
            f"until {owner.limit_s:.0f} s"
        )


def _given_back(call: Called) -> list[Key]:
    """The records that a call deletes, or frees."""
    request = call.request
    if call.operation == "DeleteItem":
        return [_key(request["Key"])]
    if call.operation == "UpdateItem" and "REMOVE lease_until" in request["UpdateExpression"]:
        return [_key(request["Key"])]
    if call.operation == "TransactWriteItems":
        deletes = (action["Delete"] for action in request["TransactItems"] if "Delete" in action)
        return [_key(one["Key"]) for one in deletes]
    if call.operation == "BatchWriteItem":
        entries = [one for some in request["RequestItems"].values() for one in some]
        return [_key(one["DeleteRequest"]["Key"]) for one in entries if "DeleteRequest" in one]
    return []


def _key(key: dict[str, Any]) -> Key:
    return key["pk"]["S"], key["sk"]["S"]
