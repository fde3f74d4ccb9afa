"""The history of a durable execution, as GetDurableExecutionHistory tells it."""

from collections.abc import Callable, Iterator
from typing import Any

from workbench.targets.local.lambda_.durable.execution import Execution
from workbench.targets.local.lambda_.durable.operations import Operation

Moment = Callable[[float], Any]
KINDS = {"STEP": "Step", "CONTEXT": "Context", "WAIT": "Wait", "CHAINED_INVOKE": "ChainedInvoke"}


def events(execution: Execution, moment: Moment, with_data: bool) -> Iterator[dict[str, Any]]:
    """Every event in its order; `moment` writes virtual seconds."""
    for number, (at_s, kind, known) in enumerate(execution.history, start=1):
        event = {"EventId": number, "EventType": kind, "EventTimestamp": moment(at_s)}
        for name in ("Id", "ParentId", "Name", "SubType"):
            if known.get(name):
                event[name] = known[name]
        event[f"{kind}Details"] = _details(execution, kind, at_s, known, moment, with_data)
        yield event


def _details(
    execution: Execution,
    kind: str,
    at_s: float,
    known: dict[str, Any],
    moment: Moment,
    with_data: bool,
) -> dict[str, Any]:
    own = next((value for name, value in known.items() if name.endswith("Details")), known)
    if kind == "ExecutionStarted":
        given = _kept(execution.started.input, with_data)
        return {"Input": given, "ExecutionTimeout": int(execution.started.timeout_s)}
    if kind == "InvocationCompleted":
        started = moment(known["StartTimestamp"])
        request_id = known["RequestId"]
        return {"StartTimestamp": started, "EndTimestamp": moment(at_s), "RequestId": request_id}
    if kind == "WaitStarted":
        ends_s = own["ScheduledEndTimestamp"]
        return {"Duration": round(ends_s - at_s), "ScheduledEndTimestamp": moment(ends_s)}
    if kind == "WaitSucceeded":
        return {"Duration": round(at_s - known["StartTimestamp"])}
    if kind == "ChainedInvokeStarted":
        return {"FunctionName": known["FunctionName"]}
    if kind.endswith(("Started", "Cancelled")):
        return {}
    if kind.endswith("Succeeded"):
        found = {"Result": _kept(own.get("Result"), with_data)}
    else:
        found = {"Error": _kept(own.get("Error") or {}, with_data)}
    if kind.startswith("Step"):
        found["RetryDetails"] = {"CurrentAttempt": own["Attempt"]}
    return found


def _kept(payload: Any, with_data: bool) -> dict[str, Any]:
    """A payload, left out where data is not asked for."""
    return {"Payload": payload} if with_data and payload is not None else {}


def event_of(operation: Operation) -> str:
    """The name of the event in which an operation came to be as it is."""
    status = "FAILED" if operation["Status"] == "PENDING" else operation["Status"]
    return KINDS[operation["Type"]] + words_of(status)


def words_of(status: str) -> str:
    """A status as the names of events have it: TIMED_OUT is TimedOut."""
    return "".join(word.capitalize() for word in status.split("_"))
