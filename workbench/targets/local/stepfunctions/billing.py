"""What an execution adds to the bill.

A Standard workflow pays for each state it enters, retries too; a Distributed Map for each child
it starts, and an Express child for its request and its time in steps of 100 ms and 64 MB
(https://aws.amazon.com/step-functions/pricing/ and AWS's workshop "Large-scale Data Processing
with Step Functions").
"""

from decimal import Decimal
from math import ceil

from workbench.platform.services import S3, SNS, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MS, SNS_CHUNK_BYTES
from workbench.targets.local.metering.meter import Meter

KNOWING_STATES = frozenset(
    {"Summarize", "Notify", "Done", "NotifyFailure", "NotifyNotStarted", "Failed"}
)


class Bill:
    """Meters one state machine."""

    def __init__(self, meter: Meter, express_mb: int) -> None:
        self._meter = meter
        self._gb_s_per_step = Decimal(express_mb) / 1024 * EXPRESS_STEP_MS / 1000

    def state_entered(self, state: str) -> None:
        """A state of the machine itself, or of an inline map in it."""
        self._transition("knowing" if state in KNOWING_STATES else "dispatch")

    def child_transition(self, state: str = "") -> None:  # noqa: ARG002
        """The start of a child, and a state of a Standard child."""
        self._transition("dispatch")

    def express_ran(self, duration_s: float) -> None:
        """An Express child that has ended."""
        steps = max(1, ceil(round(duration_s * 1000, 6) / EXPRESS_STEP_MS))
        gb_s = steps * self._gb_s_per_step
        self._meter.add(STEP_FUNCTIONS, "StepFunctions-Request", "Requests", "dispatch", 1)
        self._meter.add(STEP_FUNCTIONS, "StepFunctions-GB-Second", "GB-Seconds", "dispatch", gb_s)

    def s3_listed(self) -> None:
        """One page of keys."""
        self._meter.add(S3, "Requests-Tier1", "Requests", "dispatch", 1)

    def s3_read(self) -> None:
        """One object of items."""
        self._meter.add(S3, "Requests-Tier2", "Requests", "dispatch", 1)

    def s3_results_written(self) -> None:
        """One call that writes results."""
        self._meter.add(S3, "Requests-Tier1", "Requests", "knowing", 1)

    def published(self, message_bytes: int) -> None:
        """One notification."""
        chunks = max(1, ceil(message_bytes / SNS_CHUNK_BYTES))
        self._meter.add(SNS, "Requests-Tier1", "Requests", "knowing", chunks)

    def _transition(self, label: str) -> None:
        self._meter.add(STEP_FUNCTIONS, "StateTransition", "StateTransitions", label, 1)
