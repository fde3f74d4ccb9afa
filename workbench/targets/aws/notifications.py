"""The notifications of a stack: the queue that is subscribed to its topic, read by long polls."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.platform.services import LONG_POLL_S
from workbench.stacks.aws_clients import Aws, plainly, scrub

READ_MAX = 10  # messages of one ReceiveMessage


@dataclass(frozen=True)
class Notification:
    """What a design tells of a batch."""

    batch_id: str
    status: str  # complete, failed, not_started
    items_failed: int = 0
    detected_at: float | None = None  # seconds since 1970
    reason: str = ""


class Notifications:
    """Reads the queue. `wanted` says whether anybody still waits to hear of a batch."""

    def __init__(self, aws: Aws, queue_url: str, wanted: Callable[[str], bool]) -> None:
        self._aws = aws
        self._queue_url = queue_url
        self._wanted = wanted

    def wait(self, batch_id: str, seconds: float) -> Notification | None:
        """The notification of a batch, waited for at most that long; None if it has not come.

        A notification that nobody waits for is deleted. Another run's is left, to be seen again.
        """
        with plainly():
            answer = self._aws.client("sqs").receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=READ_MAX,
                WaitTimeSeconds=max(0, min(LONG_POLL_S, int(seconds))),
            )
            found = None
            for message in answer.get("Messages", []):
                notification = _read(message["Body"])
                if notification is not None and notification.batch_id == batch_id:
                    found = notification
                elif notification is not None and self._wanted(notification.batch_id):
                    continue
                self._aws.client("sqs").delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found


def _read(body: str) -> Notification | None:
    """A notification, or None for what is something else, such as an alarm."""
    try:
        content: dict[str, Any] = json.loads(body)
        return Notification(
            batch_id=content["batch_id"],
            status=content["status"],
            items_failed=int(content.get("items_failed") or 0),
            detected_at=content.get("detected_at"),
            reason=scrub(_text(content.get("reason"))),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _text(reason: Any) -> str:
    """A reason as text; a state machine tells its error as an object."""
    return reason if isinstance(reason, str) else json.dumps(reason)
