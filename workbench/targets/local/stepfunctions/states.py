"""The states that run no block of their own: Task (Lambda, SNS), Choice, Succeed and Fail."""

import json
from typing import Any

from botocore.exceptions import ClientError

from workbench.targets.local.lambda_.invoke import InvokeResult
from workbench.targets.local.stepfunctions.block_run import Answer, Runner, StateRun, Stop
from workbench.targets.local.stepfunctions.data import as_json, read
from workbench.targets.local.stepfunctions.failures import TIMEOUT, StateFailed
from workbench.targets.local.stepfunctions.services import Services, Timer

INVOKE = "arn:aws:states:::lambda:invoke"
PUBLISH = "arn:aws:states:::sns:publish"


def run_task(run: StateRun, data: Any, answer: Answer) -> Stop | None:
    """Call the resource; answer with its result, or with States.Timeout if it takes too long.

    A call that was given up goes on: Step Functions cannot end a Lambda invocation.
    """
    timer = None
    if "TimeoutSeconds" in run.state:
        limit_s = run.state["TimeoutSeconds"]
        late = StateFailed(TIMEOUT, f"{run.name} took longer than {limit_s} s")
        timer = Timer(run.services.kernel, limit_s, lambda: answer(None, late))

    def finished(result: Any, failure: StateFailed | None = None) -> None:
        if timer is not None:
            timer.cancel()
        answer(result, failure)

    call = _publish if run.state["Resource"] == PUBLISH else _invoke
    call(run.services, data, finished)
    return None if timer is None else timer.cancel


def _invoke(services: Services, parameters: dict[str, Any], finished: Answer) -> None:
    """Invoke a function. The event is a copy, which the handler may change."""

    def ended(result: InvokeResult) -> None:
        if result.error is not None:
            finished(None, StateFailed(result.error, result.cause))
            return
        response = {
            "ExecutedVersion": "$LATEST",
            "Payload": result.payload,
            "SdkHttpMetadata": {"HttpStatusCode": 200},
            "StatusCode": 200,
        }
        finished(response, None)

    event = json.loads(as_json(parameters["Payload"]))
    services.invoke(parameters["FunctionName"], event, ended)


def _publish(services: Services, parameters: dict[str, Any], finished: Answer) -> None:
    """Publish; a message that is no string is sent as JSON."""
    message = parameters["Message"]
    arguments = {**parameters, "Message": message if isinstance(message, str) else as_json(message)}

    def send() -> None:
        fault = services.faults.publish()
        if fault is not None:
            finished(None, StateFailed(f"SNS.{fault}", "injected by the fault plan"))
            return
        try:
            sent = services.clients("sns").publish(**arguments)
        except ClientError as error:
            refusal = error.response["Error"]
            finished(None, StateFailed(f"SNS.{refusal['Code']}", refusal["Message"]))
            return
        services.bill.published(len(arguments["Message"].encode()))
        finished({"MessageId": sent["MessageId"]}, None)

    services.kernel.after(services.draw_s("sns_publish"), send)


def run_choice(run: StateRun, data: Any, answer: Answer) -> None:
    """Go to the state of the first rule that holds, else to the default."""
    run.next_name = run.state["Default"]
    for rule in run.state["Choices"]:
        value = read(rule["Variable"], data, run.context)
        if isinstance(value, bool) and value == rule["BooleanEquals"]:
            run.next_name = rule["Next"]
            break
    answer(data, None)


def run_succeed(run: StateRun, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """End the block successfully."""
    answer(data, None)


def run_fail(run: StateRun, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """End the block with the error that the state names."""
    answer(None, StateFailed(run.state["Error"], run.state["Cause"]))


RUNNERS: dict[str, Runner] = {
    "Task": run_task,
    "Choice": run_choice,
    "Succeed": run_succeed,
    "Fail": run_fail,
}
