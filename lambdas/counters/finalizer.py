"""The finalizer: looks whether every message is counted, and tells when all are.

One message drives it: answered as failed, it comes back by itself after `poll_s`.
"""

import json
import os
from typing import Any

from lambdas import outside, telemetry
from lambdas.counters import batches, counting
from lambdas.counters.receiving import Again, receive

poll_queue = os.environ.get("POLL_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Look at each batch; answer with those that are to be looked at again."""
    return receive(event, "finalizer", poll_queue, lambda body: _look(body, context))


def _look(body: dict[str, Any], context: Any) -> None:
    """Tell if all is counted. Publish, then mark: a death between them tells twice, never never."""
    batch = batches.read_open(body["batch"])
    if batch is None:
        return
    age = {"open_batch_age_s": outside.now() - batch["created_at"]}
    telemetry.emit("counters", "finalizer", batch["id"], context, age)
    if not counting.all_counted(batch["id"], batch["messages"]):
        raise Again(body["poll_s"])
    notice = {
        "batch_id": batch["id"],
        "design": "counters",
        "status": "complete",
        "items": batch["items"],
        "items_failed": batches.count_failed(batch),
        "detected_at": outside.now(),
        "reason": "",
    }
    subject = f"Batch {batch['id']} complete"[:100]
    sns.publish(TopicArn=topic, Subject=subject, Message=json.dumps(notice))
    batches.mark_done(batch["id"], notice["detected_at"], notice["items_failed"])
