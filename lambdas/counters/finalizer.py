"""The finalizer: polls whether every message is counted, and notifies when all are.

One message drives it: answered as failed, it comes back by itself after `poll_s`.
"""

import os
from functools import partial
from math import inf
from typing import Any

from lambdas import notification, outside, queues, telemetry
from lambdas.counters import batches
from lambdas.queues import Later, Message

poll_queue = os.environ.get("POLL_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Poll each batch; answer with those that are to be polled again."""
    poll = partial(_poll, context=context)
    return queues.receive(event, ("counters", "finalizer"), poll_queue, poll)


def _poll(message: Message, context: Any) -> None:
    """Notify if all is counted. Publish, then mark: a death between them notifies twice."""
    batch = batches.read_open(message["batch"])
    if batch is None:
        return
    age = {"open_batch_age_s": outside.now() - batch["created_at"]}
    telemetry.emit("counters", "finalizer", batch["id"], context, age)
    if not batches.all_counted(batch["id"], batch["messages"]):
        limit_s = batch["knobs"].get("deadline_s", inf)
        if age["open_batch_age_s"] > limit_s:
            _cancel(batch, f"not complete within {limit_s:.0f} s, its deadline")
            return
        raise Later(message["poll_s"])
    failed, at = batches.count_failed(batch), outside.now()
    complete = notification.complete("counters", batch["id"], batch["items"], failed, at)
    notification.publish(sns, topic, complete)
    batches.mark_done(batch["id"], at, failed)


def _cancel(batch: batches.Batch, why: str) -> None:
    """Notify of a batch that is past its deadline, then cancel it, as the workbench does."""
    known = (batch[name] for name in ("id", "items"))
    late = notification.incomplete("cancelled", "counters", *known, why)
    notification.publish(sns, topic, late)
    batches.lead(batch["id"], "CANCELLED", reason=why)
