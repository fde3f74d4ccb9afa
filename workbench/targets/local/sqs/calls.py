"""SQS within one run: what calls cost, what AWS itself sends, what is seen of messages.

Requests are billed by 64 KB of a call, and labelled by what the queue is for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs.parts import KNOWING
from workbench.platform.services import SQS
from workbench.platform.units import sqs_requests
from workbench.runs.notices import read_notice
from workbench.targets.local.lambda_.functions import parts_of_stack
from workbench.targets.local.metering import message_bytes, text_bytes
from workbench.targets.local.runtime.service import Admitted, Request, Service
from workbench.targets.local.sqs.queue import QueueObserver
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import Stack

BATCHES = ("SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch")
SINGLES = ("SendMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
METRICS = {
    "sent": "NumberOfMessagesSent",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
    "visible": "ApproximateNumberOfMessagesVisible",
}


class SqsService(Service):
    """What SQS bills for a call. `labels` says by URL what each queue is for."""

    name = "sqs"
    known = (*BATCHES, *SINGLES)

    def __init__(self, context: RunContext, labels: Mapping[str, str]) -> None:
        self._context = context
        self._labels = labels

    def entries(self, operation: str, request: Request) -> int:
        return len(request["Entries"]) if operation in BATCHES else 0

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:
        admitted = super().admit(operation, request, hold_back)
        if operation not in BATCHES or not hold_back:
            return admitted
        entries = list(request["Entries"])
        done = entries[: max(0, len(entries) - hold_back)]
        return Admitted({**request, "Entries": done}, entries[len(done) :])

    def meter(self, operation: str, admitted: Admitted, response: dict[str, Any]) -> None:
        size, request = 0, admitted.request
        if operation == "SendMessage":
            size = message_bytes(request)
        elif operation == "SendMessageBatch":
            size = sum(map(message_bytes, request["Entries"]))
        self._bill(request["QueueUrl"], size)
        if admitted.held_back:
            failed = [
                {"Id": one["Id"], "Code": "InternalError", "SenderFault": False}
                for one in admitted.held_back
            ]
            response["Failed"] = [*response.get("Failed", []), *failed]

    def refused(self, operation: str, admitted: Admitted, error: ClientError) -> None:
        """A refused call is a request all the same."""
        del operation, error
        self._bill(admitted.request["QueueUrl"], 0)

    def bill_sent(self, url: str, body: str) -> None:
        """Bill a message that AWS sends on the stack's behalf."""
        self._bill(url, text_bytes(body))

    def _bill(self, url: str, size: int) -> None:
        label, requests = self._labels.get(url, KNOWING), sqs_requests(size)
        queue = url.rsplit("/", 1)[-1]
        self._context.meter.add(SQS, "Requests-Tier1", "Requests", label, requests, queue)


class QueueWatch(QueueObserver):
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


class Notifications(QueueObserver):
    """Reads what is published to the topic, as the queue that listens to it gets it."""

    def __init__(self) -> None:
        self.by_batch: dict[str, list[dict[str, Any]]] = {}

    def sent(self, body: str) -> None:
        if (notice := read_notice(body)) is not None:
            self.by_batch.setdefault(notice["batch_id"], []).append(notice)

    def outcome(self, batch_id: str) -> dict[str, Any] | None:
        """What a receiver makes of a batch's: complete if one says so, else the first."""
        found = self.by_batch.get(batch_id, [])
        complete = (one for one in found if one.get("status") == "complete")
        return next(complete, found[0] if found else None)


def queue_labels(stack: Stack) -> dict[str, str]:
    """By URL, what each queue of a stack is for."""
    known = {stack.outputs[one.output]: one.purpose for one in parts_of_stack(stack).queues}
    queues = stack.of_type("AWS::SQS::Queue")
    return {queue.physical_id: known.get(queue.physical_id, KNOWING) for queue in queues}
