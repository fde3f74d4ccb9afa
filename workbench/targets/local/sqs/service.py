"""SQS: the queues by name, and the calls on them."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.designs import MESSAGE_MAX_BYTES
from workbench.targets.local.metering import message_bytes
from workbench.targets.local.runtime.service import NotKnown, Refused, Request
from workbench.targets.local.sqs.queue import QueueSettings, VirtualQueue
from workbench.targets.local.world.stack import arn, queue_url

BATCH_MAX = 10
DELAY_MAX_S = 900  # SQS API
ATTRIBUTES = {  # of a queue, by SQS's names
    "ApproximateNumberOfMessages": lambda queue: queue.visible,
    "ApproximateNumberOfMessagesNotVisible": lambda queue: queue.in_flight,
    "ApproximateNumberOfMessagesDelayed": lambda queue: queue.delayed,
    "QueueArn": lambda queue: arn("sqs", queue.name),
    "VisibilityTimeout": lambda queue: queue.settings.visibility_timeout_s,
}


class Queues:
    """SQS in one world; `now_s` gives the virtual time in seconds since 1970."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._queues: dict[str, VirtualQueue] = {}
        self._sent = 0

    def add(self, name: str, attributes: Mapping[str, Any]) -> VirtualQueue:
        """A new queue; `attributes` by SQS's names, as a template or CreateQueue has them."""
        queue = VirtualQueue(name, read_settings(attributes), self._now_ms, self.__getitem__)
        self._queues[name] = queue
        return queue

    def __getitem__(self, name: str) -> VirtualQueue:
        """The queue of that name, or of that URL or ARN."""
        found = self._queues.get(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1])
        if found is None:
            raise Refused("AWS.SimpleQueueService.NonExistentQueue", f"there is no queue {name}")
        return found

    def __iter__(self) -> Iterator[VirtualQueue]:
        return iter(self._queues.values())

    def clear(self) -> None:
        """Forget every message."""
        self._sent = 0
        for queue in self:
            queue.clear()

    def send(self, queue: VirtualQueue, body: str, delay_s: int | None = None) -> str:
        """Send a message; its id."""
        self._sent += 1
        message_id = f"00000000-0000-4000-8000-{self._sent:012x}"
        queue.send(message_id, body, delay_s)
        return message_id

    def call(self, operation: str, request: Request) -> dict[str, Any]:
        """Make one call."""
        if operation == "CreateQueue":
            self.add(request["QueueName"], request.get("Attributes", {}))
            return {"QueueUrl": queue_url(request["QueueName"])}
        if operation not in _CALLS:
            raise NotKnown(f"sqs {operation}")
        return _CALLS[operation](self, self[request["QueueUrl"]], request)

    def _now_ms(self) -> float:
        return self._now_s() * 1000


def read_settings(attributes: Mapping[str, Any]) -> QueueSettings:
    """Settings from SQS's own names; what is not given has SQS's default."""
    policy = attributes.get("RedrivePolicy")
    policy = json.loads(policy) if isinstance(policy, str) else policy or {}
    receives = policy.get("maxReceiveCount")
    return QueueSettings(
        visibility_timeout_s=int(attributes.get("VisibilityTimeout", 30)),
        delay_s=int(attributes.get("DelaySeconds", 0)),
        retention_s=int(attributes.get("MessageRetentionPeriod", 345_600)),
        max_receives=None if receives is None else int(receives),
        dead_letters=policy.get("deadLetterTargetArn", "").rsplit(":", 1)[-1],
    )


def _send(queues: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    _check([request])
    return {"MessageId": queues.send(queue, request["MessageBody"], request.get("DelaySeconds"))}


def _send_batch(queues: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    entries = request["Entries"]
    if len(entries) > BATCH_MAX:
        raise Refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", f"{len(entries)}")
    _check(entries)
    done = []
    for entry in entries:
        message_id = queues.send(queue, entry["MessageBody"], entry.get("DelaySeconds"))
        done.append({"Id": entry["Id"], "MessageId": message_id})
    return {"Successful": done}


def _check(entries: list[Request]) -> None:
    """Hold what is sent to SQS's limits."""
    if any("MessageAttributes" in entry for entry in entries):
        raise NotKnown("sqs message attributes")
    if any(not 0 <= entry.get("DelaySeconds", 0) <= DELAY_MAX_S for entry in entries):
        raise Refused("InvalidParameterValue", f"DelaySeconds must be 0 to {DELAY_MAX_S}")
    size = sum(map(message_bytes, entries))
    if size > MESSAGE_MAX_BYTES:
        code = "BatchRequestTooLong" if len(entries) > 1 else "InvalidParameterValue"
        raise Refused(code, f"{size} bytes are more than {MESSAGE_MAX_BYTES}")


def _receive(_: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    """At once: a virtual clock that stands still would never end a wait."""
    hidden_s = request.get("VisibilityTimeout", queue.settings.visibility_timeout_s)
    found = queue.receive(request.get("MaxNumberOfMessages", 1), hidden_s)
    messages = [
        {
            "MessageId": one.id,
            "ReceiptHandle": one.receipt_handle,
            "Body": one.body,
            "Attributes": {
                "ApproximateReceiveCount": str(one.receive_count),
                "SentTimestamp": str(one.sent_ms),
                "ApproximateFirstReceiveTimestamp": str(one.first_received_ms),
            },
        }
        for one in found
    ]
    return {"Messages": messages} if messages else {}


def _delete(_: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    queue.delete_message(request["ReceiptHandle"])
    return {}


def _change_visibility(_: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    queue.change_visibility(request["ReceiptHandle"], request["VisibilityTimeout"])
    return {}


def _attributes(_: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:
    asked = request.get("AttributeNames", [])
    names = ATTRIBUTES if "All" in asked else asked
    unknown = [name for name in names if name not in ATTRIBUTES]
    if unknown:
        raise NotKnown(f"sqs GetQueueAttributes {', '.join(unknown)}")
    return {"Attributes": {name: str(ATTRIBUTES[name](queue)) for name in names}}


def _purge(_: Queues, queue: VirtualQueue, request: Request) -> dict[str, Any]:  # noqa: ARG001
    queue.clear()
    return {}


_CALLS: dict[str, Callable[[Queues, VirtualQueue, Request], dict[str, Any]]] = {
    "SendMessage": _send,
    "SendMessageBatch": _send_batch,
    "ReceiveMessage": _receive,
    "DeleteMessage": _delete,
    "ChangeMessageVisibility": _change_visibility,
    "GetQueueAttributes": _attributes,
    "PurgeQueue": _purge,
}
