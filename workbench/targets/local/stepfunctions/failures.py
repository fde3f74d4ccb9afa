"""How a state fails, and which retriers and catchers match it.

Names and rules are those of https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

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
