"""What durable executions are billed for, counted again from their checkpoints and their ends."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from json import dumps
from typing import Any

from workbench.platform.services import DURABLE_OPERATIONS, DURABLE_WRITTEN
from workbench.swarm.fault_record import FaultRecord
from workbench.targets.local.lambda_.durable.invocations import RETRY_S
from workbench.targets.local.lambda_.functions import THROTTLED
from workbench.targets.local.metering import text_bytes


def counted_executions(seen: FaultRecord) -> Counter[str]:
    """Operations and written bytes of all executions, by usage type."""
    counts: Counter[str] = Counter()
    updates = _updates(seen)
    for one in seen.durable:
        mine, known = updates[one.started.arn], set[str]()
        counts[DURABLE_OPERATIONS] += 1 + _tried_again(seen, one)
        for update in mine:
            counted = update["Id"] not in known or update["Action"] == "RETRY"
            counts[DURABLE_OPERATIONS] += counted and update["Type"] != "EXECUTION"
            known.add(update["Id"])
        counts[DURABLE_WRITTEN] += sum(text_bytes(dumps(update)) for update in mine)
        counts[DURABLE_WRITTEN] += sum(map(text_bytes, _written(one)))
    return counts


def _updates(seen: FaultRecord) -> dict[str, list[dict[str, Any]]]:
    """By execution what its checkpoints wrote; the same call again has the same token."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    taken: set[tuple[str, str]] = set()
    for call in seen.calls:
        if call.operation == "CheckpointDurableExecution" and not call.error:
            key = call.request["DurableExecutionArn"], call.request["CheckpointToken"]
            found[key[0]] += call.request.get("Updates", ()) if key not in taken else ()
            taken.add(key)
    return found


def _tried_again(seen: FaultRecord, execution: Any) -> int:
    """Invocations that failed and were followed by another one, which the one that ended it was
    not; and those that waited for nothing: AWS's SDK does so when the last thing that it waits for
    is over while it is at work.
    """
    arn = execution.started.arn
    refused = [one for one in seen.refused if one.execution == arn]
    failed_s = [one.ended_s for one in refused if one.error != THROTTLED]
    begun_s = [one.begun_s for one in refused]
    mine = [one for one in seen.invoked if one.execution == arn]
    begun_s += [one.begun_s for one in mine]
    for_nothing = 0
    for one in mine:
        waits = one.end == "answered" and one.answer["Status"] == "PENDING"
        next_s = min((at for at in begun_s if at > one.ended_s), default=0.0)
        if waits and next_s >= one.ended_s + RETRY_S:
            for_nothing += not _waits(execution, one.ended_s)
    return len(failed_s) - (execution.ended_s in failed_s) + for_nothing


def _waits(execution: Any, at_s: float) -> bool:
    """Whether something was under way then: an invoke, a wait, a step to be retried."""
    open_ones: dict[str, str] = {}
    for t_s, event, details in execution.history:
        if t_s <= at_s and "Id" in details:
            open_ones[details["Id"]] = event
    return not {"ChainedInvokeStarted", "StepFailed", "WaitStarted"}.isdisjoint(open_ones.values())


def _written(execution: Any) -> Iterator[str]:
    """What an execution was given and ended with, and what others answered it."""
    yield execution.started.input
    yield execution.result or (dumps(execution.error) if execution.error else "")
    for operation in execution.operations.values():
        answer = operation.get("ChainedInvokeDetails", {})
        if answer:
            yield answer.get("Result") or dumps(answer["Error"])
