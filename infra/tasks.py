"""The Tasks of the state machine, with the retries and timeouts that each needs."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from workbench.designs import EXPRESS_MAX_S, RETRY_WAIT_S, Sfn

TASK_MARGIN_S = 5  # a Task outlives its function, so that the function's own error is seen
THROTTLES = [
    "Lambda.TooManyRequestsException",  # CDK's own retry leaves this one out
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
]
THROTTLE_WAIT_S = 1
THROTTLE_WAIT_MAX_S = 20
THROTTLE_TRIES = 20  # six minutes of waiting at most
ERRORS = ["States.TaskFailed", "States.Timeout"]


def invoke(
    scope: Construct,
    id: str,
    function: lambda_.IFunction,
    timeout_s: int,
    payload: dict[str, Any] | None = None,
) -> tasks.LambdaInvoke:
    """A Task on a function that may run for `timeout_s`; its answer becomes the state.

    Without a payload the function gets the state as it is. Throttles are waited out, another error
    is tried again twice.
    """
    task = _invoke(scope, id, function, timeout_s + TASK_MARGIN_S, payload)
    _retry_throttles(task, THROTTLE_TRIES)
    task.add_retry(
        errors=ERRORS, interval=Duration.seconds(RETRY_WAIT_S), max_attempts=2, backoff_rate=2
    )
    return task


def invoke_child(
    scope: Construct, id: str, function: lambda_.IFunction, design: Sfn
) -> tasks.LambdaInvoke:
    """The one Task of a map child: all its tries and waits fit into an Express child's time."""
    task = _invoke(scope, id, function, design.task_timeout_s, None)
    _retry_throttles(task, throttle_tries(design))
    if design.child_tries > 1:
        task.add_retry(
            errors=ERRORS,
            interval=Duration.seconds(RETRY_WAIT_S),
            max_attempts=design.child_tries - 1,
            backoff_rate=1,
        )
    return task


def throttle_tries(design: Sfn) -> int:
    """How often a throttled child is tried again.

    With every wait at its longest an Express child must still be within its five minutes: what its
    function did after the child's end would come after the notification.
    """
    if design.child_type == "STANDARD":
        return THROTTLE_TRIES
    left_s = EXPRESS_MAX_S - 1 - design.child_limit_s
    tries, wait_s = 0, THROTTLE_WAIT_S
    while left_s >= wait_s and tries < THROTTLE_TRIES:
        left_s -= wait_s
        tries, wait_s = tries + 1, min(2 * wait_s, THROTTLE_WAIT_MAX_S)
    return tries


def publish(
    scope: Construct, id: str, topic: sns.ITopic, message: sfn.TaskInput
) -> tasks.SnsPublish:
    """A Task that publishes, tried again for some minutes: nobody else would tell."""
    task = tasks.SnsPublish(scope, id, topic=topic, message=message)
    task.add_retry(
        errors=ERRORS, interval=Duration.seconds(RETRY_WAIT_S), max_attempts=6, backoff_rate=2
    )
    return task


def _invoke(
    scope: Construct,
    id: str,
    function: lambda_.IFunction,
    timeout_s: int,
    payload: dict[str, Any] | None,
) -> tasks.LambdaInvoke:
    """A Task on a function, without retries."""
    return tasks.LambdaInvoke(
        scope,
        id,
        lambda_function=function,
        payload=payload and sfn.TaskInput.from_object(payload),
        output_path="$.Payload",
        retry_on_service_exceptions=False,
        task_timeout=sfn.Timeout.duration(Duration.seconds(timeout_s)),
    )


def _retry_throttles(task: tasks.LambdaInvoke, tries: int) -> None:
    """Wait up to 1, 2, 4, … 20 s, drawn at random below that, so that children spread out."""
    if tries:
        task.add_retry(
            errors=THROTTLES,
            interval=Duration.seconds(THROTTLE_WAIT_S),
            backoff_rate=2,
            max_delay=Duration.seconds(THROTTLE_WAIT_MAX_S),
            jitter_strategy=sfn.JitterType.FULL,
            max_attempts=tries,
        )
