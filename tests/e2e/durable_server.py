"""Durable executions of ministack, gaps filled: server.py starts with these patches.

ministack 1.5.33 has the API's calls and keeps operations and history, and no execution of ours gets
anywhere with it: a stack's DurableConfig is dropped, an asynchronous invoke has no name and never
ends, what it invokes does not wake it, and a durable function that it invokes is called as a plain
one. Here an execution is a thread that invokes its function whenever something that it waits for is
over. server_gaps.py names each.
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_durable, lambda_svc, sns
from ministack.services.cloudformation import provisioners

INVOKED_MAX = 5  # times that an invocation may fail, one after the other
LOOK_S = 0.5  # at timers and at a stop from outside
Count = Callable[[str, str, float, str], None]  # namespace, metric, value, function
Heard = Callable[[dict[str, Any]], None]

_woken: dict[str, threading.Event] = {}  # by execution
_started = threading.Lock()


def run_executions(count: Count) -> None:
    """Let stacks have durable functions and executions come to their ends."""
    _keep_durable_configs()
    _invoke_by_name(count)
    _chain_invokes(count)


def _keep_durable_configs() -> None:
    """A function of a template has its DurableConfig and its dead letters."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    plain = handlers["create"]

    def create(logical_id: str, props: dict[str, Any], stack: str) -> Any:
        made = plain(logical_id, props, stack)
        config = lambda_svc._functions[made[0]]["config"]
        for name in ("DurableConfig", "DeadLetterConfig"):
            if name in props:
                config[name] = props[name]
        if limits := config.get("DurableConfig"):
            config["DurableConfig"] = {name: int(value) for name, value in limits.items()}
        return made

    handlers["create"] = create


def _invoke_by_name(count: Count) -> None:
    """An asynchronous invoke of a durable function starts an execution of that name, once."""
    plain = lambda_svc._invoke

    async def invoke(
        name: str, event: Any, headers: Any, qualifier: str | None = None, query: Any = None
    ) -> Any:
        function = lambda_svc._functions.get(name)
        if function is None or "DurableConfig" not in function["config"]:
            return await plain(name, event, headers, qualifier, query)
        qualifier = qualifier or lambda_svc._qp_first(query or {}, "Qualifier")
        own = headers.get("x-amz-durable-execution-name")
        with _started:
            found = _named(lambda_svc._func_arn(name), own)
            if found is None:
                found = _start(name, qualifier, event, own, count, _dead_letter)
        if found["InputPayload"] != json.dumps(event):
            code = "DurableExecutionAlreadyStartedException"
            return lambda_svc.error_response_json(code, "another payload", 409)
        return 202, {"X-Amz-Durable-Execution-Arn": found["DurableExecutionArn"]}, b""

    lambda_svc._invoke = invoke


def _chain_invokes(count: Count) -> None:
    """What an execution invokes wakes it, and a durable function has an execution of its own."""
    plain = lambda_durable._append_chained_result
    plain_fire = lambda_durable._fire_chained_invoke

    def append(parent: dict[str, Any], *outcome: Any, **more: Any) -> None:
        plain(parent, *outcome, **more)
        _wake(parent)

    def fire(parent: dict[str, Any], op_id: str, options: dict[str, Any], payload: Any) -> None:
        name, qualifier = lambda_svc._resolve_name_and_qualifier(options["FunctionName"])
        if "DurableConfig" not in lambda_svc._functions[name]["config"]:
            plain_fire(parent, op_id, options, payload)
            return

        def over(child: dict[str, Any]) -> None:
            succeeded = child["Status"] == "SUCCEEDED"
            append(parent, op_id, succeeded, child.get("Result"), child.get("Error"))

        _start(name, qualifier, json.loads(payload), None, count, over)

    lambda_durable._append_chained_result, lambda_durable._fire_chained_invoke = append, fire


def _named(function_arn: str, name: str | None) -> dict[str, Any] | None:
    """The execution that has this name already."""
    for found in lambda_durable._executions.values():
        if name and (found["FunctionArn"], found["DurableExecutionName"]) == (function_arn, name):
            return found
    return None


def _start(
    name: str, qualifier: str | None, event: Any, own: str | None, count: Count, over: Heard
) -> dict[str, Any]:
    """Begin an execution; `over` hears of its end."""
    function = lambda_svc._functions[name]
    alias = function["aliases"].get(qualifier or "")
    version = alias["FunctionVersion"] if alias else qualifier or "$LATEST"
    record = dict(function["versions"].get(version, function))
    arn = lambda_svc._func_arn(name)
    config = record["config"] = record["config"] | {"FunctionArn": f"{arn}:{qualifier}"}
    execution = lambda_durable.create_execution_for_invoke(
        arn, version, json.dumps(event), own, None, config["DurableConfig"]["ExecutionTimeout"]
    )
    _woken[execution["DurableExecutionArn"]] = threading.Event()

    def work() -> None:
        _work(execution, record)
        _count(execution, name, count)
        over(execution)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), daemon=True).start()
    return execution


def _work(execution: dict[str, Any], record: dict[str, Any]) -> None:
    """Invoke the function until its execution is over, each time something is new."""
    arn, failed = execution["DurableExecutionArn"], 0
    woken = _woken[arn]
    while execution["Status"] == "RUNNING":
        woken.clear()
        result = _invoke(execution, record)
        body = _body(result)
        error = (body or {"errorMessage": "no answer"}) if result.get("error") else None
        lambda_durable.record_invocation_completed(arn, time.time(), "0", error)
        failed = failed + 1 if error else 0
        if body.get("Status") == "SUCCEEDED" or body.get("Status") == "FAILED" or error:
            if error and failed < INVOKED_MAX:
                continue
            told = error and {"ErrorType": "Unhandled", "ErrorMessage": str(error)[:300]}
            lambda_durable.mark_execution_completed(
                arn, body.get("Result"), told or body.get("Error")
            )
        while execution["Status"] == "RUNNING" and not woken.wait(LOOK_S):
            if _due(execution):
                break


def _invoke(execution: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """One invocation, with every operation so far."""
    arn, token = execution["DurableExecutionArn"], execution["CheckpointToken"]
    name = execution["DurableExecutionName"]
    lambda_svc._durable_ctx.set({"arn": arn, "token": token, "name": name})
    known = lambda_durable._serialize_operations(execution["Operations"], for_event=True)
    state = {"Operations": known, "NextMarker": ""}
    event = {"DurableExecutionArn": arn, "CheckpointToken": token, "InitialExecutionState": state}
    return lambda_svc._execute_function(record, event)


def _body(result: dict[str, Any]) -> dict[str, Any]:
    body = result.get("body")
    if isinstance(body, bytes | str):
        try:
            body = json.loads(body)
        except ValueError:
            return {"errorMessage": str(body)}
    return body if isinstance(body, dict) else {}


def _due(execution: dict[str, Any]) -> bool:
    """Whether a step is to be tried again."""
    steps = (one.get("StepDetails") or {} for one in execution["Operations"])
    times = [one["NextAttemptTimestamp"] for one in steps if one.get("NextAttemptTimestamp")]
    return any(at <= time.time() for at in times)


def _wake(execution: dict[str, Any]) -> None:
    if woken := _woken.get(execution["DurableExecutionArn"]):
        woken.set()


def _dead_letter(execution: dict[str, Any]) -> None:
    """The trigger of an execution that came to nothing goes to the topic as it came."""
    name = execution["FunctionArn"].rsplit(":", 1)[-1]
    config = lambda_svc._functions.get(name, {}).get("config", {})
    topic = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if topic and execution["Status"] != "SUCCEEDED":
        sns._fanout(topic, lambda_svc.new_uuid(), execution["InputPayload"], "", "", {})


def _count(execution: dict[str, Any], name: str, count: Count) -> None:
    """What Lambda tells CloudWatch of an execution."""
    operations = execution["Operations"]
    written = sum(len(json.dumps(one)) for one in operations)
    count("AWS/Lambda", "DurableExecutionOperations", len(operations), name)
    count("AWS/Lambda", "DurableExecutionStorageWrittenBytes", written, name)
