"""SNS and CloudWatch: publishing, and custom metrics that are put by an API call."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from workbench.platform.services import CLOUDWATCH, SNS
from workbench.platform.units import sns_requests
from workbench.targets.local.cloudwatch.telemetry import CustomMetrics
from workbench.targets.local.metering.rules import Prepared, Request, Unknown
from workbench.targets.local.metering.sizes import text_bytes
from workbench.targets.local.world.context import RunContext


class Sns:
    """The rules of SNS: requests by 64 KB."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def entries(self, operation: str, request: Request) -> int:
        del operation, request
        return 0

    def prepare(self, operation: str, request: Request, hold_back: int) -> Prepared:
        del hold_back
        if operation != "Publish":
            raise Unknown("sns", operation)
        return Prepared(dict(request))

    def settle(self, operation: str, prepared: Prepared, response: dict[str, Any]) -> None:
        del operation, response
        size = text_bytes(prepared.request["Message"])
        self._context.meter.add(SNS, "Requests-Tier1", "Requests", "knowing", sns_requests(size))

    def failed(self, operation: str, prepared: Prepared, error: ClientError) -> None:
        """A refused publish is not billed."""


class CloudWatch:
    """The rules of CloudWatch: PutMetricData by the call, and what it puts by the metric."""

    def __init__(self, context: RunContext, metrics: CustomMetrics) -> None:
        self._context = context
        self._metrics = metrics

    def entries(self, operation: str, request: Request) -> int:
        del operation
        return len(request.get("MetricData", ()))

    def prepare(self, operation: str, request: Request, hold_back: int) -> Prepared:
        del hold_back
        if operation != "PutMetricData":
            raise Unknown("cloudwatch", operation)
        now = datetime.fromtimestamp(
            self._context.epoch_s(), UTC
        )  # else moto takes the wall clock's
        data = [{"Timestamp": now, **datum} for datum in request["MetricData"]]
        return Prepared({**request, "MetricData": data})

    def settle(self, operation: str, prepared: Prepared, response: dict[str, Any]) -> None:
        del operation, response
        self._context.meter.add(CLOUDWATCH, "CW:Requests", "Requests", "telemetry", 1)
        namespace = prepared.request["Namespace"]
        for datum in prepared.request["MetricData"]:
            dimensions = {one["Name"]: one["Value"] for one in datum.get("Dimensions", ())}
            self._metrics.put(namespace, datum["MetricName"], dimensions)

    def failed(self, operation: str, prepared: Prepared, error: ClientError) -> None:
        """A refused call is not billed."""
