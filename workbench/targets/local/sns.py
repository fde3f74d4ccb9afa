"""SNS: topics whose messages go to queues, raw, at once; requests by 64 KB."""

from typing import Any

from workbench.designs.parts import KNOWING
from workbench.platform.services import SNS
from workbench.platform.units import sns_requests
from workbench.runs.resources import TOPIC
from workbench.targets.local.metering import text_bytes
from workbench.targets.local.runtime.service import Admitted, NotKnown, Refused, Request, Service
from workbench.targets.local.sqs.service import Queues
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import arn


class Topics:
    """SNS in one world: by topic, the queues that are subscribed."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._subscribed: dict[str, list[str]] = {}
        self._published = 0

    def subscribe(self, topic_arn: str, queue_arn: str) -> None:
        """Let a queue have what is published, as it is (RawMessageDelivery)."""
        self._subscribed.setdefault(topic_arn, []).append(queue_arn)

    def add(self, topic_arn: str) -> None:
        """A new topic."""
        self._subscribed.setdefault(topic_arn, [])

    def clear(self) -> None:
        """Begin to count anew; topics and subscriptions stay."""
        self._published = 0

    def call(self, operation: str, request: Request) -> dict[str, Any]:
        """Make one call."""
        if operation == "CreateTopic":
            topic = arn("sns", request["Name"])
            self.add(topic)
            return {"TopicArn": topic}
        if operation != "Publish" or not request.keys() <= {"TopicArn", "Message", "Subject"}:
            raise NotKnown(f"sns {operation} {', '.join(request)}")
        topic = request["TopicArn"]
        if topic not in self._subscribed:
            raise Refused("NotFound", f"there is no topic {topic}")
        for queue_arn in self._subscribed[topic]:
            self._queues.send(self._queues[queue_arn], request["Message"])
        self._published += 1
        return {"MessageId": f"00000000-0000-4000-9000-{self._published:012x}"}


class SnsService(Service):
    """What SNS bills for a call; a refused publish is not billed."""

    name = "sns"
    known = ("Publish",)

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def meter(self, operation: str, admitted: Admitted, response: Any) -> None:  # noqa: ARG002
        bill_publish(self._context, admitted.request["Message"])


def bill_publish(context: RunContext, message: str) -> None:
    """Bill one notification."""
    requests = sns_requests(text_bytes(message))
    context.meter.add(SNS, "Requests-Tier1", "Requests", KNOWING, requests, TOPIC)
