"""Data between states: paths into them, templates filled from them, their limits, how they fail.

A path is `$` (the state's data) or `$$` (the context object), then keys (`.name`). A template's
field `name.$` holds a path, or `States.JsonToString` of one. Names and rules of errors are those of
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import json
import re
from random import Random
from typing import Any

RUNTIME = "States.Runtime"
DATA_LIMIT = "States.DataLimitExceeded"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"
READER_FAILED = "States.ItemReaderFailed"
WRITER_FAILED = "States.ResultWriterFailed"
TOLERANCE_EXCEEDED = "States.ExceedToleratedFailureThreshold"
RESULT_PATH_MISMATCH = "States.ResultPathMatchFailure"


class StateFailed(Exception):
    """A state ended in an error: its name as retriers match it, and a cause for people."""

    def __init__(self, error: str, cause: str = "") -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


def matches(names: list[str], error: str) -> bool:
    """Whether `ErrorEquals` covers an error. Nothing covers States.Runtime."""
    if error == RUNTIME:
        return False
    if error in names:
        return True
    if error == DATA_LIMIT:  # terminal: no wildcard reaches it
        return False
    return ALL in names or (TASK_FAILED in names and error != TIMEOUT)


def retry_wait_s(
    retriers: list[dict[str, Any]], used: dict[int, int], error: str, dice: Random
) -> float | None:
    """How long to wait before the next try, or None. Counts the try in `used`, by retrier.

    Only the first retrier that matches is asked: once it is used up, the error stands.
    """
    for index, retrier in enumerate(retriers):
        if not matches(retrier["ErrorEquals"], error):
            continue
        tries = used.get(index, 0)
        if tries >= retrier["MaxAttempts"]:
            return None
        used[index] = tries + 1
        limit_s = retrier.get("MaxDelaySeconds", float("inf"))
        grown_s = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tries
        wait_s = min(grown_s, limit_s)
        return dice.uniform(0, wait_s) if "JitterStrategy" in retrier else wait_s
    return None


def catcher_for(catchers: list[dict[str, Any]], error: str) -> dict[str, Any] | None:
    """The first catcher that covers an error."""
    return next((c for c in catchers if matches(c["ErrorEquals"], error)), None)


PATH = re.compile(r"\$\$?(?:\.[\w-]+)*")
JSON_TO_STRING = re.compile(rf"States\.JsonToString\(({PATH.pattern})\)")
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
PAYLOAD_MAX_BYTES = 262_144
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_SHOWN_CHARACTERS = 200  # of the data, in a cause


def read(path: str, data: Any, context: dict[str, Any]) -> Any:
    """The value at a path, which must exist."""
    source = value = context if path.startswith("$$") else data
    try:
        for key in path.split(".")[1:]:
            value = value[key]
    except (KeyError, TypeError):
        shown = str(source)[:_SHOWN_CHARACTERS]
        raise StateFailed(RUNTIME, f"the path {path!r} is not in the input {shown}") from None
    return value


def with_error(path: str, data: Any, failure: StateFailed) -> dict[str, Any]:
    """The input of a catcher's next state: `data` with the error at `$.key`."""
    if not isinstance(data, dict):
        shown = str(data)[:_SHOWN_CHARACTERS]
        raise StateFailed(RESULT_PATH_MISMATCH, f"{path!r} does not fit into {shown}")
    return {**data, path.split(".")[1]: {"Error": failure.error, "Cause": failure.cause}}


def fill(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A template with the value of every `name.$` put in its place."""
    if isinstance(template, list):
        return [fill(element, data, context) for element in template]
    if not isinstance(template, dict):
        return template
    return dict(_filled(key, value, data, context) for key, value in template.items())


def _filled(key: str, value: Any, data: Any, context: dict[str, Any]) -> tuple[str, Any]:
    if not key.endswith(".$"):
        return key, fill(value, data, context)
    if value.startswith("$"):
        return key[:-2], read(value, data, context)
    return key[:-2], as_json(read(JSON_TO_STRING.fullmatch(value).group(1), data, context))


def as_json(value: Any) -> str:
    """JSON without blanks, as Step Functions measures it."""
    return _ENCODER.encode(value)


def size_bytes(value: Any) -> int:
    """The size of a value as UTF-8."""
    return len(as_json(value).encode())


def check_size(value: Any, what: str) -> None:
    """Fail a state whose data exceed 256 KiB."""
    size = size_bytes(value)
    if size > PAYLOAD_MAX_BYTES:
        raise StateFailed(
            DATA_LIMIT, f"{what} has {size} bytes; a state may pass on {PAYLOAD_MAX_BYTES}"
        )
