"""The knobs of the `sfn` design, and the timeouts that follow from them."""

from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from workbench.designs.design import (
    CALL_ALLOWANCE_S,
    FUNCTION_TIMEOUT_MAX_S,
    ITEM_MAX_BYTES,
    START_ALLOWANCE_S,
    Design,
    knob,
)
from workbench.errors import BadKnob

EXPRESS_MAX_S = 300  # an Express workflow ends after five minutes
RETRY_WAIT_S = 2  # before a map child is tried again


@dataclass(frozen=True)
class Sfn(Design):
    """Step Functions: batcher to S3, Distributed Map over the processor, summary, SNS."""

    name: ClassVar[str] = "sfn"
    stack: ClassVar[str] = "SfnBatchProcessing"

    max_concurrency: int | None = knob(900, 1, 10_000)  # map children at a time; None: 10,000
    items_per_child: int = knob(100, 1, 5_000)
    child_type: str = knob("EXPRESS", of=("EXPRESS", "STANDARD"))
    child_tries: int = knob(2, 1, 5)  # of the processor, for other errors than throttles
    segment_items: int = knob(500_000, 1_000, 1_000_000)

    def check(self) -> None:
        if self.items_per_child * ITEM_MAX_BYTES > 256 * 1024 - 512:
            raise BadKnob("items_per_child", self.items_per_child, "a child's input passes 256 KiB")
        if self.processor_timeout_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                "items_per_child",
                self.items_per_child,
                f"up to {self.processor_timeout_s} s in one invocation; Lambda stops at 900 s",
                "Lower items_per_child or raise item_concurrency.",
            )
        if self.child_type == "EXPRESS" and self.child_limit_s >= EXPRESS_MAX_S:
            raise BadKnob(
                "items_per_child",
                self.items_per_child,
                f"{self.child_tries} tries of {self.items_per_child} items of up to "
                f"{self.value_max} ms need {self.child_limit_s} s; an Express child ends at 300 s",
                "Lower items_per_child or child_tries, raise item_concurrency, "
                "or take child_type=STANDARD.",
            )

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for the AWS calls."""
        metrics = self.items_per_child if self.telemetry == "put_metric_data" else 0
        calls = (1 + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(self.items_per_child) + calls + START_ALLOWANCE_S)

    @property
    def task_timeout_s(self) -> int:
        """The child waits a little longer than the function may run."""
        return self.processor_timeout_s + 5

    @property
    def child_limit_s(self) -> int:
        """The longest that a child can take with all its tries and the waits between them."""
        return self.child_tries * self.task_timeout_s + (self.child_tries - 1) * RETRY_WAIT_S

    def batch_knobs(self) -> dict[str, Any]:
        names = (
            "items_per_child max_concurrency segment_items item_concurrency telemetry logs "
            "value_max poison_per_million"
        ).split()
        return {name: getattr(self, name) for name in names}
