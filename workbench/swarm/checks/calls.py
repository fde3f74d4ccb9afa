"""Calls are right, are made to their end, and cost no more than they must."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called

# What a service may answer: a condition that does not hold, an upload or a receive that is over.
REFUSALS = (
    *("ConditionalCheckFailedException", "TransactionCanceledException", "PreconditionFailed"),
    *("NoSuchUpload", "AWS.SimpleQueueService.MessageNotInflight"),
)
LEFT_UNDONE = {  # by operation, where its answer names the entries that were not done
    "BatchWriteItem": "UnprocessedItems",
    "BatchGetItem": "UnprocessedKeys",
    "SendMessageBatch": "Failed",
}
TRIES = 8  # of what a batch call left undone
WAIT_S = 0.05  # before the second of them, and twice as long before each further one
ROUNDING_S = 1e-6
HARMLESS = ("hold_back", "slow")  # faults after which an invocation goes on as it would have


def check_calls(seen: FaultRecord) -> Iterator[str]:
    """Calls that no service takes, batch calls that were not finished, reads that cost twice."""
    for call in seen.calls:
        if call.role and call.error and call.error not in REFUSALS:
            yield f"{call.role} {call.request_id} calls {call.operation}, refused as {call.error}"
    yield from _unfinished(seen)
    yield from _strong(seen)


def _unfinished(seen: FaultRecord) -> Iterator[str]:
    """Entries that a batch call left undone, and that were not asked for again in time."""
    stopped = {(hit.request_id, hit.what) for hit in seen.plan.hits if hit.kind not in HARMLESS}
    stopped |= {(one.request_id, "") for one in seen.invoked if one.end == "died"}
    waiting: dict[tuple[str, str], list[tuple[frozenset[str], float, int]]] = defaultdict(list)
    for call in seen.calls:
        if call.operation not in LEFT_UNDONE or call.error:
            continue
        waits, (asked, left) = waiting[call.request_id, call.operation], _asked(call)
        before = next((one for one in waits if one[0] == asked), None)
        tries = 1
        if before is not None:
            waits.remove(before)
            tries, pause_s = before[2] + 1, call.t_s - before[1]
            if pause_s < WAIT_S * 2 ** (before[2] - 1) - ROUNDING_S:
                yield (
                    f"{call.role} {call.request_id} calls {call.operation} again {pause_s:.3f} s "
                    f"after its try {before[2]} left a part undone"
                )
        if left:
            waits.append((left, call.t_s, tries))
    for (request_id, operation), waits in waiting.items():
        few = [tries for _, _, tries in waits if tries < TRIES]
        refused = f"calling the {operation} operation" in str(seen.requests[request_id].errors)
        if few and not refused and not {(request_id, operation), (request_id, "")} & stopped:
            yield f"{request_id} leaves a part of {operation} undone after {few[0]} tries"


def _asked(call: Called) -> tuple[frozenset[str], frozenset[str]]:
    """The entries that a batch call asked for, by what tells them apart, and those left undone."""
    left = _names(call.response.get(LEFT_UNDONE[call.operation]) or [])
    done = _names(call.request.get("RequestItems") or call.request.get("Entries"))
    return done | left, left


def _names(entries: Any) -> frozenset[str]:
    if isinstance(entries, list):  # of SendMessageBatch
        return frozenset(one["Id"] for one in entries)
    keys = (one["Keys"] if isinstance(one, dict) else one for one in entries.values())
    return frozenset(str(one) for some in keys for one in some)


def _strong(seen: FaultRecord) -> Iterator[str]:
    """Consistent reads where the first one is to be eventual, at half the price."""
    first: set[tuple[str, str]] = set()
    for call in seen.calls:
        if (call.role, call.operation) not in seen.protocol.eventual:
            continue
        key = call.request_id, str(call.request.get("Key") or _asked(call))
        asked = call.request.get("RequestItems", {"": call.request}).values()
        if key not in first and any(one.get("ConsistentRead") for one in asked):
            yield f"{call.role} {call.request_id} pays {call.operation} as a consistent read"
        first.add(key)
