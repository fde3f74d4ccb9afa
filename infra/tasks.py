"""The Tasks of the state machine, with their retries and timeouts, and what its map reads."""

from typing import Any

import jsii
from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs import allow
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
    _add_retry(task, _errors_retry(2))
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
    """A Task that publishes, tried again for some minutes: nothing else would notify."""
    task = tasks.SnsPublish(scope, id, topic=topic, message=message)
    _add_retry(task, _errors_retry(6))
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


def _errors_retry(tries: int) -> dict[str, Any]:
    """Twice as long after each error, as the states language writes it."""
    errors = {"ErrorEquals": list(ERRORS), "IntervalSeconds": RETRY_WAIT_S}
    return errors | {"BackoffRate": 2, "MaxAttempts": tries}


def _add_retry(task: sfn.TaskStateBase, retry: dict[str, Any]) -> None:
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


@jsii.implements(sfn.IItemReader)
class PrefixReader:
    """An item reader that CDK lacks: the rows of every object under a prefix, in one map.

    ListObjectsV2 with `Transformation: LOAD_AND_FLATTEN` (Step Functions developer guide,
    ItemReader) reads the objects' JSON Lines as items, so that segments written side by side need
    no merging. `prefix_path` is a JSON path in the map's input; the prefix must end with a slash:
    `b1` is a prefix of `b10` too.
    """

    def __init__(self, bucket: s3.IBucket, prefix_path: str, readable: str) -> None:
        self._bucket = bucket
        self._prefix_path = prefix_path
        self._readable = readable  # the key pattern that may be read

    @property
    def bucket(self) -> s3.IBucket:
        return self._bucket

    @property
    def bucket_name_path(self) -> str | None:
        return None

    @property
    def resource(self) -> str:
        return f"arn:{Aws.PARTITION}:states:::s3:listObjectsV2"

    @property
    def max_items(self) -> int | None:
        return None

    def render(self, query_language: sfn.QueryLanguage | None = None) -> Any:
        if query_language == sfn.QueryLanguage.JSONATA:
            raise ValueError("PrefixReader is written in JSONPath only")
        return {
            "Resource": self.resource,
            "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
            "Parameters": {"Bucket": self._bucket.bucket_name, "Prefix.$": self._prefix_path},
        }

    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        return [
            allow([self._bucket.bucket_arn], "s3:ListBucket"),
            allow([self._bucket.arn_for_objects(self._readable)], "s3:GetObject"),
        ]

    def validate_item_reader(self) -> list[str]:
        return []
