"""Objects in S3 that only the first can write: whose a batch is, what a try has listed."""

from typing import Any

from botocore.exceptions import ClientError

from lambdas import outside

CONFLICT_TRIES = 5


def owns(s3: Any, bucket: str, batch: str, execution: str) -> bool:
    """Write the batch's start object if there is none; else ask whose it is.

    EventBridge may start two executions for one slot under names of its own choice.
    """
    own = execution.encode()
    return put_first(s3, bucket, f"batches/{batch}/start", own) in (None, own)


def put_first(s3: Any, bucket: str, key: str, body: bytes) -> bytes | None:
    """Write an object if there is none; else what stands there, and stays."""
    for attempt in range(CONFLICT_TRIES):
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
            return None
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":
                return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if code != "ConditionalRequestConflict":
                raise
            outside.sleep(0.1 * 2**attempt)
    raise RuntimeError(f"{key} is written to at the same time by others, {CONFLICT_TRIES} times")
