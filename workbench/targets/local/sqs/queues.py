"""The queues of a stack within one run: who is told of their messages, and what was published."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from workbench.designs.parts import KNOWING
from workbench.targets.local.lambda_.functions import parts_of
from workbench.targets.local.sqs.queue import OnProgress
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import Stack

METRICS = {
    "sent": "NumberOfMessagesSent",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
    "visible": "ApproximateNumberOfMessagesVisible",
}


class QueueWatch(OnProgress):
    """Counts a queue's messages for CloudWatch and lets the fault plan have its way with them."""

    def __init__(self, context: RunContext, name: str) -> None:
        self._context = context
        self._name = name
        self.on_due: Callable[[float], None] | None = None

    def copies(self, body: str) -> Sequence[float]:
        return self._context.faults.sending(self._name, body)

    def hidden_s(self, visibility_s: float) -> float:
        return self._context.faults.hiding(self._name, visibility_s)

    def due(self, at_ms: float) -> None:
        if self.on_due is not None:
            self.on_due(at_ms)

    def counted(self, what: str, messages: int) -> None:
        if messages or what == "visible":
            dimensions = {"QueueName": self._name}
            self._context.metrics.add("AWS/SQS", METRICS[what], dimensions, messages)


class Notices(OnProgress):
    """Reads what is published to the topic, as the queue that listens to it gets it."""

    def __init__(self) -> None:
        self.by_batch: dict[str, list[dict[str, Any]]] = {}

    def sent(self, body: str) -> None:
        notice = json.loads(body)
        self.by_batch.setdefault(str(notice.get("batch_id")), []).append(notice)

    def outcome(self, batch_id: str) -> dict[str, Any] | None:
        """What a batch's receiver makes of its notices: complete if one says so, else the first."""
        notices = self.by_batch.get(batch_id, [])
        complete = (one for one in notices if one.get("status") == "complete")
        return next(complete, notices[0] if notices else None)


def queue_labels(stack: Stack) -> dict[str, str]:
    """By URL, what each queue of a stack is for."""
    handlers = [one.properties["Handler"] for one in stack.of_type("AWS::Lambda::Function")]
    known = {
        stack.outputs[part.output]: part.purpose
        for part in (parts_of(handlers[0]).queues if handlers else ())
    }
    queues = stack.of_type("AWS::SQS::Queue")
    return {queue.physical_id: known.get(queue.physical_id, KNOWING) for queue in queues}
