"""Task states: a Lambda function invoked, a notification published."""

import json
from typing import Any

from botocore.exceptions import ClientError

from workbench.targets.local.lambda_.invoke import InvokeResult
from workbench.targets.local.stepfunctions.failures import TIMEOUT, StateFailed
from workbench.targets.local.stepfunctions.payload import as_json
from workbench.targets.local.stepfunctions.walk import Answer, Stop, Visit
from workbench.targets.local.stepfunctions.world import Deadline, World

INVOKE = "arn:aws:states:::lambda:invoke"
PUBLISH = "arn:aws:states:::sns:publish"
FUNCTION_PREFIX = "arn:aws:lambda:"  # a function's own ARN: the payload alone goes in and out


def run_task(visit: Visit, data: Any, answer: Answer) -> Stop | None:
    """Call the resource; answer with its result, or with States.Timeout if it takes too long.

    A call that was given up goes on: Step Functions cannot end a Lambda invocation.
    """
    deadline = None
    if "TimeoutSeconds" in visit.state:
        limit_s = visit.state["TimeoutSeconds"]
        late = StateFailed(TIMEOUT, f"{visit.name} took longer than {limit_s} s")
        deadline = Deadline(visit.world.kernel, limit_s, lambda: answer(None, late))

    def finished(result: Any, failure: StateFailed | None = None) -> None:
        if deadline is not None:
            deadline.call_off()
        answer(result, failure)

    _call(visit, data, finished)
    return None if deadline is None else deadline.call_off


def _call(visit: Visit, data: Any, finished: Answer) -> None:
    resource = visit.state["Resource"]
    if resource == PUBLISH:
        _publish(visit.world, data, finished)
    elif resource == INVOKE:
        _invoke(visit.world, data["FunctionName"], data.get("Payload", {}), True, finished)
    else:
        _invoke(visit.world, resource, data, False, finished)


def _invoke(world: World, function: str, event: Any, wrapped: bool, finished: Answer) -> None:
    """Invoke a function. The event goes over the wire, so a handler may change its copy."""

    def ended(result: InvokeResult) -> None:
        if result.error is not None:
            finished(None, StateFailed(result.error, result.cause))
            return
        answer = result.payload
        if wrapped:
            http = {"HttpStatusCode": 200}
            answer = {
                "ExecutedVersion": "$LATEST",
                "Payload": result.payload,
                "SdkHttpMetadata": http,
                "StatusCode": 200,
            }
        finished(answer, None)

    world.invoke(function, json.loads(as_json(event)), ended)


def _publish(world: World, parameters: dict[str, Any], finished: Answer) -> None:
    """Publish; a message that is no string is sent as JSON."""
    message = parameters["Message"]
    arguments = {**parameters, "Message": message if isinstance(message, str) else as_json(message)}

    def send() -> None:
        fault = world.faults.publish()
        if fault is not None:
            finished(None, StateFailed(f"SNS.{fault}", "the fault plan wants it so"))
            return
        try:
            sent = world.clients("sns").publish(**arguments)
        except ClientError as error:
            refusal = error.response["Error"]
            finished(None, StateFailed(f"SNS.{refusal['Code']}", refusal["Message"]))
            return
        world.bill.published(len(arguments["Message"].encode()))
        finished({"MessageId": sent["MessageId"]}, None)

    world.kernel.after(world.draw_s("sns_publish"), send)
