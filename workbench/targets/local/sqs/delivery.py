"""What AWS's own services send on a stack's behalf, to a queue or a topic; its owner pays."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.platform.services import SNS, SQS
from workbench.platform.units import sns_requests, sqs_requests
from workbench.targets.local.metering.sizes import text_bytes
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import queue_url


class Delivery:
    """Sends at this instant: the way there was waited for before."""

    def __init__(
        self, context: RunContext, client: Callable[[str], Any], labels: Mapping[str, str]
    ) -> None:
        self._context = context
        self._client = client
        self._labels = labels

    def to_queue(self, arn: str, body: str) -> None:
        """Send a message to the queue of an ARN."""
        url = queue_url(arn.rsplit(":", 1)[-1])
        self._client("sqs").send_message(QueueUrl=url, MessageBody=body)
        label, requests = self._labels.get(url, "knowing"), sqs_requests(text_bytes(body))
        self._context.meter.add(SQS, "Requests-Tier1", "Requests", label, requests)

    def to_topic(self, arn: str, message: Any) -> None:
        """Publish to the topic of an ARN."""
        text = json.dumps(message)
        self._client("sns").publish(TopicArn=arn, Message=text)
        requests = sns_requests(text_bytes(text))
        self._context.meter.add(SNS, "Requests-Tier1", "Requests", "knowing", requests)
