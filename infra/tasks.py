"""The Tasks of the state machine, with the retries and timeouts that each needs."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from workbench.designs.sfn import ERRORS, RETRY_WAIT_S, TASK_MARGIN_S, Sfn, throttle_retry


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
    _add_retry(task, throttle_retry())
    task.add_retry(
        errors=list(ERRORS), interval=Duration.seconds(RETRY_WAIT_S), max_attempts=2, backoff_rate=2
    )
    return task


def invoke_child(
    scope: Construct, id: str, function: lambda_.IFunction, design: Sfn
) -> tasks.LambdaInvoke:
    """The one Task of a map child: all its tries and waits fit into an Express child's time."""
    task = _invoke(scope, id, function, design.task_timeout_s, None)
    for retry in design.child_retries:
        _add_retry(task, retry)
    return task


def publish(
    scope: Construct, id: str, topic: sns.ITopic, message: sfn.TaskInput
) -> tasks.SnsPublish:
    """A Task that publishes, tried again for some minutes: nobody else would tell."""
    task = tasks.SnsPublish(scope, id, topic=topic, message=message)
    task.add_retry(
        errors=list(ERRORS), interval=Duration.seconds(RETRY_WAIT_S), max_attempts=6, backoff_rate=2
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


def _add_retry(task: tasks.LambdaInvoke, retry: dict[str, Any]) -> None:
    """A retry as the states language writes it."""
    wait_max_s = retry.get("MaxDelaySeconds")
    task.add_retry(
        errors=retry["ErrorEquals"],
        interval=Duration.seconds(retry["IntervalSeconds"]),
        backoff_rate=retry["BackoffRate"],
        max_delay=wait_max_s and Duration.seconds(wait_max_s),
        jitter_strategy=sfn.JitterType[retry["JitterStrategy"]] if wait_max_s else None,
        max_attempts=retry["MaxAttempts"],
    )
