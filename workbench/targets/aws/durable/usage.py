"""What durable executions use, and the objects of a batch.

Lambda publishes the operations and the bytes of executions as metrics (Lambda guide, Monitoring
durable functions: "cumulative"), and no page says whether their sum is what is billed. So they are
believed where they are near what the plan comes to; else the plan counts, which is an estimate.
"""

from collections.abc import Iterator
from decimal import Decimal

from workbench.designs import DURABLE_KEPT_DAYS, DURABLE_TRIES_MAX
from workbench.designs.parts import DISPATCH, KNOWING
from workbench.platform.services import (
    DURABLE_KEPT,
    DURABLE_OPERATIONS,
    DURABLE_WRITTEN,
    LAMBDA,
    S3,
)
from workbench.platform.units import GB, gb_months, quantity
from workbench.pull.logs import Billed
from workbench.pull.metrics import DURABLE_OPERATED, DURABLE_STORED
from workbench.targets.aws.usage import BatchMeasurements, Line

STEPS = 3  # of a batch: claim, detect, notify
OPERATION_BYTES = 620  # an operation writes, on `local` 570 to 670 of it
NEAR = 2  # times more or less than planned


def usage_lines(measured: BatchMeasurements) -> Iterator[Line]:
    """Operations, bytes written and kept, requests of the bucket."""
    planned = operations(measured)
    counted = _believed(measured, DURABLE_OPERATED, planned)
    written_gb = quantity(_believed(measured, DURABLE_STORED, planned * OPERATION_BYTES) / GB)
    lived_h = measured.window.seconds / 3600 + DURABLE_KEPT_DAYS * 24
    for usage_type, unit, amount in (
        (DURABLE_OPERATIONS, "Operations", Decimal(counted)),
        (DURABLE_WRITTEN, "GB", written_gb),
        (DURABLE_KEPT, "GB-Mo", gb_months(written_gb, lived_h)),
    ):
        yield "orchestrator", LAMBDA, usage_type, unit, DISPATCH, amount
    failing = min(measured.counted.failed, _requests(measured))  # chunks, each of which is listed
    lists, reads = failing * DURABLE_TRIES_MAX, failing * (DURABLE_TRIES_MAX - 1)
    for usage_type, label, amount in (
        ("Requests-Tier1", DISPATCH, 1),  # the claim
        ("Requests-Tier1", KNOWING, lists),
        ("Requests-Tier2", KNOWING, reads),
    ):
        yield "bucket", S3, usage_type, "Requests", label, Decimal(amount)


def operations(measured: BatchMeasurements) -> int:
    """Those of a batch by its plan: an execution and its map each, a chained invoke of each segment
    and of each invocation of the processor, and the steps. Listing a range is left out."""
    segments = measured.design.segments(measured.items)
    parts = 0 if segments == 1 else segments
    return 2 * (1 + parts) + parts + _requests(measured) + STEPS


def _requests(measured: BatchMeasurements) -> int:
    return measured.billed.get("processor", Billed()).requests


def _believed(measured: BatchMeasurements, metric: str, planned: int) -> int:
    found = round(measured.reading.sum("orchestrator", metric))
    return found if planned / NEAR <= found <= planned * NEAR else planned
