"""What can be asked about a target's runs afterwards, and what asking costs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from workbench.platform.services import CLOUDWATCH, COST_EXPLORER, DYNAMODB, SQS
from workbench.platform.units import GB, quantity


@dataclass(frozen=True)
class CloudAccess:
    """What can be asked about a target's runs afterwards: clients by service, a stack's outputs."""

    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    triggered_at: datetime | None  # on the target's own clock; None: the run's `started_at`
    has_insights: bool  # False where percentiles and Logs Insights are not answered
    late_s: float  # how long its data may come late


class HasCloud(Protocol):
    """A target, as far as evidence is asked of it."""

    name: str

    def cloud(self, design: str) -> CloudAccess | None:
        """What can be asked about the runs of a design; None where there is no cloud to ask."""
        ...


@dataclass
class MeasuringCost:
    """What was asked of AWS so far; whoever asks adds to it before each request."""

    metrics: int = 0  # of GetMetricData: each statistic is one, and each page counts them again
    scanned_bytes: int = 0  # by Logs Insights
    cost_pages: int = 0  # requests to Cost Explorer, each page one
    sqs_calls: int = 0
    read_units: float = 0.0  # of DynamoDB

    def usage_lines(self) -> Iterator[tuple[str, str, str, str, Decimal]]:
        """The usage of looking: service, usage type, unit, label, quantity.

        Sources: aws.amazon.com/cloudwatch/pricing (metrics requested by GetMetricData, data scanned
        by Logs Insights), aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing.
        """
        scanned_gb = quantity(self.scanned_bytes / GB)
        read_units = quantity(round(self.read_units, 1))
        for service, usage_type, unit, amount in (
            (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", Decimal(self.metrics)),
            (CLOUDWATCH, "DataScanned-Bytes", "GB", scanned_gb),
            (COST_EXPLORER, "USE1-APIRequest", "Requests", Decimal(self.cost_pages)),
            (SQS, "Requests-Tier1", "Requests", Decimal(self.sqs_calls)),
            (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", read_units),
        ):
            yield service, usage_type, unit, "measuring", amount
