"""Whose a batch is: an object in S3 that only the first of its executions can write."""

from typing import Any

from botocore.exceptions import ClientError

from lambdas import outside

CONFLICT_TRIES = 5


def owns(s3: Any, bucket: str, batch: str, execution: str) -> bool:
    """Write the batch's start object if there is none; else ask whose it is.

    EventBridge may start two executions for one slot under names of its own choice.
    """
    key = f"batches/{batch}/start"
    for attempt in range(CONFLICT_TRIES):
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=execution.encode(), IfNoneMatch="*")
            return True
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":
                found = s3.get_object(Bucket=bucket, Key=key)
                return found["Body"].read().decode() == execution
            if code != "ConditionalRequestConflict":
                raise
            outside.sleep(0.1 * 2**attempt)
    raise RuntimeError(f"{key} is written to at the same time by others, {CONFLICT_TRIES} times")
