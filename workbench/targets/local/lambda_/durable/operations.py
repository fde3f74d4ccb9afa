"""The operations of a durable execution: which updates are valid, and what becomes of each.

Rules and words are those of AWS's testing SDK (`aws-durable-execution-sdk-python-testing`), which
mirrors the service. An operation is kept as the API spells it, its times in virtual seconds; those
of waits and retries are whole milliseconds, as an invocation's event carries them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from json import dumps
from math import ceil
from typing import Any

from workbench.platform.services import (
    DURABLE_CHAINED_MAX_BYTES,
    DURABLE_ERROR_MAX_BYTES,
    DURABLE_PAYLOAD_MAX_BYTES,
)
from workbench.targets.local.metering import text_bytes
from workbench.targets.local.runtime.service import NotKnown, Refused

Operation = dict[str, Any]
Operations = Mapping[str, Operation]  # by id
Update = Mapping[str, Any]

TERMINAL = frozenset("SUCCEEDED FAILED CANCELLED TIMED_OUT STOPPED".split())
ACTIONS = {  # of an operation's type
    "STEP": "START FAIL RETRY SUCCEED".split(),
    "CONTEXT": "START FAIL SUCCEED".split(),
    "WAIT": "START CANCEL".split(),
    "CHAINED_INVOKE": ["START"],
    "EXECUTION": "SUCCEED FAIL".split(),
}
STATUS = {  # after an action
    "START": "STARTED",
    "SUCCEED": "SUCCEEDED",
    "FAIL": "FAILED",
    "RETRY": "PENDING",
    "CANCEL": "CANCELLED",
}
DETAILS = {
    "STEP": "StepDetails",
    "CONTEXT": "ContextDetails",
    "WAIT": "WaitDetails",
    "CHAINED_INVOKE": "ChainedInvokeDetails",
}
CLOSES = {"STEP": ("STARTED", "READY"), "CONTEXT": ("STARTED",)}
FUNCTION = re.compile(  # ChainedInvokeOptions.FunctionName (API reference)
    r"(?:(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z0-9-]+:)?(?:\d{12}:)?function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)


def refuse(message: str) -> Refused:
    """What the service answers to an update that cannot be."""
    return Refused("InvalidParameterValueException", message)


def check(updates: Sequence[Update], operations: Operations) -> None:
    """Refuse a checkpoint with an update that cannot be."""
    ends = [update for update in updates if update["Type"] == "EXECUTION"]
    if len(ends) > 1:
        raise refuse("Cannot checkpoint multiple EXECUTION updates.")
    if ends and updates[-1]["Type"] != "EXECUTION":
        raise refuse("EXECUTION checkpoint must be the last update.")
    _check_ids(updates, operations)
    for update in updates:
        if update["Type"] not in ACTIONS:
            raise NotKnown(f"lambda CheckpointDurableExecution of a {update['Type']}")
        known = operations.get(update["Id"])
        if known is not None:
            _check_same(update, known)
        _check_sizes(update)
        if update["Action"] not in ACTIONS[update["Type"]]:
            raise refuse("Invalid action for the given operation type.")
        _check_change(update, known)


def _check_ids(updates: Sequence[Update], operations: Operations) -> None:
    """Parents are contexts; of one operation a checkpoint may have its start and its end only."""
    started: dict[str, str] = {}
    last: dict[str, Update] = {}
    for update in updates:
        before = last.get(update["Id"])
        twice = before is not None and not (
            before["Type"] in ("STEP", "CONTEXT")
            and before["Action"] == "START"
            and update["Action"] != "START"
        )
        if twice:
            raise refuse("Cannot checkpoint multiple operations with the same ID.")
        parent = update.get("ParentId")
        known = operations.get(parent, {}).get("Type")
        if parent is not None and started.get(parent, known) != "CONTEXT":
            raise refuse("Invalid parent operation id.")
        if update["Action"] == "START":
            started[update["Id"]] = update["Type"]
        last[update["Id"]] = update


def _check_same(update: Update, known: Operation) -> None:
    for name, words in (
        ("Type", "operation type"),
        ("SubType", "operation subtype"),
        ("Name", "operation name"),
        ("ParentId", "parent operation id"),
    ):
        if update.get(name) is not None and update[name] != known.get(name):
            raise refuse(f"Inconsistent {words}.")


def _check_sizes(update: Update) -> None:
    """The largest error and payload; that of 256 KB is in aws-durable-execution-sdk-python #342."""
    if len(dumps(update.get("Error") or {})) > DURABLE_ERROR_MAX_BYTES:
        raise refuse(f"Error object size must be less than {DURABLE_ERROR_MAX_BYTES} bytes.")
    kind, payload_bytes = update["Type"], text_bytes(update.get("Payload") or "")
    chained = kind == "CHAINED_INVOKE"
    limit = DURABLE_CHAINED_MAX_BYTES if chained else DURABLE_PAYLOAD_MAX_BYTES
    if payload_bytes > limit and kind != "EXECUTION":
        what = f"{kind} {'input' if chained else 'output'} payload size"
        raise refuse(f"{what} must be less than or equal to {limit} bytes.")


def _check_change(update: Update, known: Operation | None) -> None:
    """Whether an operation in that state can take that action."""
    kind, action = update["Type"], update["Action"]
    if kind == "STEP" and known is None:
        return
    if action == "START":
        _check_start(update, known)
        return
    status = known["Status"] if known is not None else None
    if action == "CANCEL":
        if status != "STARTED":
            raise refuse("Cannot cancel a WAIT that does not exist or has already completed.")
        return
    if known is not None and status not in CLOSES.get(kind, (status,)):
        to = "re-attempt" if action == "RETRY" else "close"
        raise refuse(f"Invalid current {kind} state to {to}.")
    has_payload, has_error = (update.get(one) is not None for one in ("Payload", "Error"))
    if action == "RETRY" and not update.get("StepOptions"):
        raise refuse("Invalid StepOptions for the given action.")
    if action == "RETRY" and has_payload and has_error:
        raise refuse("Cannot provide both error and payload to RETRY a STEP.")
    if action == "FAIL" and has_payload:
        raise refuse("Cannot provide a Payload for FAIL action.")
    if action == "SUCCEED" and has_error:
        raise refuse("Cannot provide an Error for SUCCEED action.")


def _check_start(update: Update, known: Operation | None) -> None:
    """A step may start anew when it is ready, anything else once; who invokes says whom."""
    kind, options = update["Type"], update.get("ChainedInvokeOptions")
    if kind == "STEP":
        if known["Status"] != "READY":
            raise refuse("Invalid current STEP state to start.")
        return
    if known is not None and kind == "CHAINED_INVOKE":
        raise refuse("Cannot start a CHAINED_INVOKE operation that already exists.")
    if known is not None:
        raise refuse(f"Cannot start a {kind} that already exist.")
    if kind == "CHAINED_INVOKE" and not options:
        raise refuse("Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.")
    if kind == "CHAINED_INVOKE" and not FUNCTION.fullmatch(options["FunctionName"]):
        raise refuse(f"Invalid function ARN '{options['FunctionName']}'")


def target_of(update: Update) -> str:
    """The bare name of the function that a chained invoke calls."""
    return FUNCTION.fullmatch(update["ChainedInvokeOptions"]["FunctionName"])["name"]


def qualified(update: Update) -> bool:
    """Whether the function that a chained invoke calls is named with its version or an alias."""
    named = FUNCTION.fullmatch(update["ChainedInvokeOptions"]["FunctionName"])
    return named["qualifier"] is not None


def changed(update: Update, known: Operation | None, now_s: float) -> Operation:
    """The operation after a valid update."""
    kind, action = update["Type"], update["Action"]
    operation = {"Id": update["Id"], "Type": kind, "StartTimestamp": now_s, **(known or {})}
    operation |= {
        name: update[name] for name in ("ParentId", "Name", "SubType") if update.get(name)
    }
    details = {
        name: value
        for name, value in (("Result", update.get("Payload")), ("Error", update.get("Error")))
        if value is not None and kind != "CHAINED_INVOKE"
    }
    if kind == "STEP":
        before = (known or {}).get("StepDetails", {}).get("Attempt", 0)
        details["Attempt"] = before + (action != "START")
        if action == "RETRY":
            delay_s = update["StepOptions"].get("NextAttemptDelaySeconds", 0)
            details["NextAttemptTimestamp"] = whole_ms(now_s + delay_s)
    elif kind == "WAIT":
        wait_s = update.get("WaitOptions", {}).get("WaitSeconds", 0)
        details = dict((known or {}).get("WaitDetails", {})) or {
            "ScheduledEndTimestamp": whole_ms(now_s + wait_s)
        }
    elif kind == "CONTEXT" and update.get("ContextOptions", {}).get("ReplayChildren"):
        details["ReplayChildren"] = True
    return ended(operation | {DETAILS[kind]: details}, STATUS[action], now_s)


def ended(operation: Operation, status: str, now_s: float) -> Operation:
    """An operation in another state, which may be its last."""
    end = {"EndTimestamp": now_s} if status in TERMINAL else {}
    return operation | {"Status": status} | end


def due_s(operation: Operation) -> float | None:
    """When an operation that waits for a time goes on by itself."""
    if operation["Type"] == "WAIT" and operation["Status"] == "STARTED":
        return operation["WaitDetails"]["ScheduledEndTimestamp"]
    if operation["Type"] == "STEP" and operation["Status"] == "PENDING":
        return operation["StepDetails"]["NextAttemptTimestamp"]
    return None


def pending(operation: Operation) -> bool:
    """Whether an execution may be suspended for it."""
    waits = operation["Type"] in ("WAIT", "CHAINED_INVOKE") and operation["Status"] == "STARTED"
    return waits or (operation["Type"] == "STEP" and operation["Status"] == "PENDING")


def shown(operation: Operation, moment: Callable[[float], Any]) -> Operation:
    """An operation as it is answered, its times written by `moment`."""
    made = dict(operation)
    for name in ("StartTimestamp", "EndTimestamp"):
        if name in made:
            made[name] = moment(made[name])
    for details, name in (
        ("StepDetails", "NextAttemptTimestamp"),
        ("WaitDetails", "ScheduledEndTimestamp"),
    ):
        if name in made.get(details, {}):
            made[details] = made[details] | {name: moment(made[details][name])}
    return made


def whole_ms(time_s: float) -> float:
    """The next whole millisecond."""
    return ceil(round(time_s * 1000, 6)) / 1000
