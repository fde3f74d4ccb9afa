"""SQS: requests by 64 KB of a call, labelled by what the queue is for."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from workbench.platform.services import SQS
from workbench.platform.units import sqs_requests
from workbench.targets.local.metering.rules import Prepared, Request, Unknown
from workbench.targets.local.metering.sizes import message_bytes
from workbench.targets.local.world.context import RunContext

SERVICE = "sqs"
BATCHES = ("SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch")
SINGLES = ("SendMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")


class Sqs:
    """The rules of SQS. `labels` says by URL what each queue is for."""

    def __init__(self, context: RunContext, labels: Mapping[str, str]) -> None:
        self._context = context
        self._labels = labels

    def entries(self, operation: str, request: Request) -> int:
        return len(request["Entries"]) if operation in BATCHES else 0

    def prepare(self, operation: str, request: Request, hold_back: int) -> Prepared:
        if operation not in (*BATCHES, *SINGLES):
            raise Unknown(SERVICE, operation)
        if operation not in BATCHES or not hold_back:
            return Prepared(dict(request))
        entries = list(request["Entries"])
        done = entries[: max(1, len(entries) - hold_back)]
        return Prepared({**request, "Entries": done}, entries[len(done) :])

    def settle(self, operation: str, prepared: Prepared, response: dict[str, Any]) -> None:
        request = prepared.request
        if operation == "SendMessage":
            size = message_bytes(request)
        elif operation == "SendMessageBatch":
            size = sum(map(message_bytes, request["Entries"]))
        else:
            size = 0
        label = self._labels.get(request["QueueUrl"], "knowing")
        self._context.meter.add(SQS, "Requests-Tier1", "Requests", label, sqs_requests(size))
        if prepared.held_back:
            failed = [
                {"Id": one["Id"], "Code": "InternalError", "SenderFault": False}
                for one in prepared.held_back
            ]
            response["Failed"] = [*response.get("Failed", []), *failed]

    def failed(self, operation: str, prepared: Prepared, error: ClientError) -> None:
        """A refused call is a request all the same."""
        del operation, error
        label = self._labels.get(prepared.request["QueueUrl"], "knowing")
        self._context.meter.add(SQS, "Requests-Tier1", "Requests", label, 1)
