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


def not_started(design: str, batch: str, items: Any, reason: str) -> dict[str, Any]:
    """The trigger of a batch failed for good."""
    message = complete(design, batch, items, 0, outside.now())
    return message | {"status": "not_started", "reason": reason}


def publish(sns: Any, topic: str, message: dict[str, Any]) -> None:
    """Publish a notification to the topic of the stack."""
    complete = message["status"] == "complete"
    subject = f"Batch {message['batch_id']} complete"[:100] if complete else "Batch not started"
    sns.publish(TopicArn=topic, Subject=subject, Message=json.dumps(message))
