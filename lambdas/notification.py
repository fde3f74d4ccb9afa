"""The notification of a batch: the same fields in every design."""

import json
from typing import Any

from lambdas import outside


def complete(
    design: str, batch: str, items: int, items_failed: int, detected_at: float
) -> dict[str, Any]:
    """Every item is done or has failed, which was found at that time (epoch seconds)."""
    return {
        "batch_id": batch,
        "design": design,
        "status": "complete",
        "items": items,
        "items_failed": items_failed,
        "detected_at": detected_at,
        "reason": "",
    }


def incomplete(status: str, design: str, batch: str, items: Any, reason: str) -> dict[str, Any]:
    """A batch was not_started, as its trigger failed for good, or was cancelled by its deadline."""
    message = complete(design, batch, items, 0, outside.now())
    return message | {"status": status, "reason": reason}


def publish(sns: Any, topic: str, message: dict[str, Any]) -> None:
    """Publish a notification to the topic of the stack."""
    named = message["status"] != "not_started"  # else the batch may be called anything
    what = f"{message['batch_id']} {message['status']}" if named else "not started"
    sns.publish(TopicArn=topic, Subject=f"Batch {what}"[:100], Message=json.dumps(message))
