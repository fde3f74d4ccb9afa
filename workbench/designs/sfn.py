"""The knobs of the `sfn` design, and the timeouts that follow from them."""

from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from workbench.designs.design import (
    CALL_ALLOWANCE_S,
    ITEM_MAX_BYTES,
    SMALL_FUNCTIONS,
    START_ALLOWANCE_S,
    TUNED_CONCURRENCY,
    Design,
    knob,
)
from workbench.designs.parts import DISPATCH, WORK, Part, Parts, Search, function
from workbench.errors import BadKnob

INPUT_MAX_BYTES = 256 * 1024  # of a state, and so of a map's child (Step Functions quotas)
HEAD_MAX_BYTES = 512  # of it, beside its items and `durations`
CHILD_ITEM_BYTES = ITEM_MAX_BYTES + len(',"payload":""')
# An object of items that the batcher writes within its 900 s with 512 MB, taken low.
SEGMENT_MAX_BYTES, SEGMENT_MB = 8 * 1024**3, 512
EXPRESS_MAX_S = 300  # an Express workflow ends after five minutes
RETRY_WAIT_S = 2  # before a map child is tried again
TASK_MARGIN_S = 5  # a Task outlives its function, so that the function's own error is seen
THROTTLES = (
    "Lambda.TooManyRequestsException",  # CDK's own retry leaves this one out
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
)
THROTTLE_WAIT_S = 1
THROTTLE_WAIT_MAX_S = 20
THROTTLE_TRIES = 20  # six minutes of waiting at most
# A Standard child waits for as long as its history has events, four a try: some 16 hours at 10 s on
# average. What that costs, a state transition each, the deadline and the dollars of a run limit.
STANDARD_TRIES = 6_000
ERRORS = ("States.TaskFailed", "States.Timeout")
# An execution that passes 25,000 events fails (Step Functions quotas). A segment is an iteration of
# an inline map: its start and end, a state entered and left, a task scheduled, started, ended; and
# one event more for retries. So the list of segments stays far below 256 KiB of state, too.
SEGMENTS_MAX = 24_000 // 8
MACHINE_TIMEOUT_S = 172_800  # of any batch: a hundred million items at 900 at a time take 16 hours
CHILDREN_MAX = 10_000  # of a map run without a limit (Step Functions guide, Distributed Map)
CHILD_STARTS_PER_S = 100  # taken low
BATCH_KEPT_DAYS = 30  # items, claims and results: an object that nobody wants expires
CHILD = "States.Process.ItemProcessor"  # in the machine's definition
# Standard children, as many items as fit into 900 s: an Express child ends at 300 s, all its tries
# included, and bills the time that it waits for its function besides.
TUNED = {"items_per_child": 889, "child_type": "STANDARD"}
PUBLISHED = {
    "items_per_child": 100,
    "max_concurrency": 500,
    "telemetry": "put_metric_data",
    "logs": "all",
    "value_max": 999,
    "batcher_memory_mb": 5_096,
    "cpu": "x86_64",
}


@dataclass(frozen=True)
class Sfn(Design):
    """Step Functions: batcher to S3, Distributed Map over the processor, summary, SNS."""

    name: ClassVar[str] = "sfn"
    stack: ClassVar[str] = "SfnBatchProcessing"
    summary: ClassVar[str] = "Step Functions map"
    local_start_s: ClassVar[float] = 2.5
    local_thousand_s: ClassVar[float] = 0.08
    parts: ClassVar[Parts] = Parts(
        functions=(function("batcher", DISPATCH), function("processor", WORK), function("summary")),
        machine=Part("machine", "Machine", "StateMachineArn"),
        bucket=Part("bucket", "Bucket", "BucketName"),
        knowing_states=(
            *("Summarize", "Notify", "Done"),
            *("NotifyFailure", "NotifyNotStarted", "Failed"),
        ),
    )
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "published": PUBLISHED,
        "tuned": TUNED,
        "tuned-concurrent": TUNED | {"item_concurrency": TUNED_CONCURRENCY},
    }
    carried: ClassVar[str] = (
        "items_per_child max_concurrency segment_items item_concurrency telemetry logs "
        "value_max poison_per_million"
    )
    search: ClassVar[Search] = Search(
        lot="items_per_child",
        roomy={"child_type": "STANDARD"},
        axes={
            "child_type": ("EXPRESS", "STANDARD"),
            "max_concurrency": (100, 200, 300, 600, 900),
            "batcher_memory_mb": (512, 1_024, 2_048),
        },
    )

    follows: ClassVar[tuple[str, ...]] = ("items_per_child",)

    max_concurrency: int | None = knob(900, 1, 10_000)  # map children at a time; None: 10,000
    items_per_child: int = knob(100, 1, 5_000)
    child_type: str = knob("EXPRESS", of=("EXPRESS", "STANDARD"), deployed=True)
    child_tries: int = knob(2, 1, 5, deployed=True)  # for other errors than throttles
    segment_items: int = knob(500_000, 1_000, 1_000_000)

    def check(self) -> None:
        head_bytes = HEAD_MAX_BYTES + len(str(self.batch_knobs().get("durations", "")))
        self.refuse_large_lot("a child's input", INPUT_MAX_BYTES, head_bytes, CHILD_ITEM_BYTES)
        self.refuse_long_lot()
        if self.child_type == "EXPRESS" and self.child_limit_s >= EXPRESS_MAX_S:
            raise BadKnob(
                "items_per_child",
                self.items_per_child,
                f"{self.child_tries} tries of {self.items_per_child} items of up to "
                f"{self.value_max} ms need {self.child_limit_s} s; an Express child ends at 300 s",
                "Lower items_per_child or child_tries, raise item_concurrency, "
                "or take child_type=STANDARD.",
            )

    def refuse_items(self, items: int) -> None:
        super().refuse_items(items)
        segments = ceil(items / self.segment_items)
        if segments > SEGMENTS_MAX:
            raise BadKnob(
                "segment_items",
                self.segment_items,
                f"{items:,} items are {segments:,} segments; an execution's 25,000 events are "
                f"enough for {SEGMENTS_MAX:,}",
                f"Raise it to {ceil(items / SEGMENTS_MAX):,} or more.",
            )
        most_bytes = SEGMENT_MAX_BYTES * min(1.0, self.batcher_memory_mb / SEGMENT_MB)
        most = int(most_bytes / (CHILD_ITEM_BYTES + self.item_bytes))
        if min(items, self.segment_items) > most:
            raise BadKnob(
                "segment_items",
                self.segment_items,
                f"the batcher writes {most_bytes:,.0f} bytes of items within its 900 s, taken low",
                f"Lower it to {most:,} or less.",
            )

    def settings(self) -> dict[str, dict[str, Any]]:
        cpu = {"Architectures": [self.cpu]}
        task = f"{CHILD}.States.ProcessBatch"
        return {
            "Batcher": cpu | {"MemorySize": self.batcher_memory_mb},
            "Processor": cpu | {"MemorySize": self.memory_mb, "Timeout": self.processor_timeout_s},
            "Summary": cpu,
            "Machine": {
                "TimeoutSeconds": MACHINE_TIMEOUT_S,
                f"{CHILD}.ProcessorConfig.ExecutionType": self.child_type,
                f"{task}.TimeoutSeconds": self.task_timeout_s,
                f"{task}.Retry": self.child_retries or None,
            },
        }

    @property
    def tracks(self) -> str:
        return "each child"

    @property
    def items_per_invocation(self) -> int:
        return self.items_per_child

    @property
    def processor_concurrency(self) -> int:
        return self.max_concurrency or CHILDREN_MAX

    @property
    def concurrency_max(self) -> int:
        return self.processor_concurrency + SMALL_FUNCTIONS

    def wait_s(self, items: int) -> float:
        """The starts of the children."""
        return ceil(items / self.items_per_child) / CHILD_STARTS_PER_S

    def refused_on(self, deployed: Design) -> list[str]:
        refused, needed_s = super().refused_on(deployed), self.task_timeout_s
        if isinstance(deployed, Sfn) and needed_s > deployed.task_timeout_s:
            limit_s = deployed.task_timeout_s
            refused.append(f"a child of up to {needed_s} s (deployed: {limit_s} s)")
        return refused

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for the AWS calls."""
        metrics = self.items_per_child if self.telemetry == "put_metric_data" else 0
        calls = (1 + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(self.items_per_child) + calls + START_ALLOWANCE_S)

    @property
    def task_timeout_s(self) -> int:
        """The child waits a little longer than the function may run."""
        return self.processor_timeout_s + TASK_MARGIN_S

    @property
    def child_limit_s(self) -> int:
        """The longest that a child can take with all its tries and the waits between them."""
        return self.child_tries * self.task_timeout_s + (self.child_tries - 1) * RETRY_WAIT_S

    @property
    def child_retries(self) -> list[dict[str, Any]]:
        """The retries of a map child's Task, as the states language writes them."""
        errors = {
            "ErrorEquals": list(ERRORS),
            "IntervalSeconds": RETRY_WAIT_S,
            "MaxAttempts": self.child_tries - 1,
            "BackoffRate": 1,
        }
        both = (throttle_retry(self.throttle_tries), errors)
        return [one for one in both if one["MaxAttempts"]]

    @property
    def throttle_tries(self) -> int:
        """How often a throttled child is tried again.

        With every wait at its longest an Express child must still be within its five minutes: what
        its function did after the child's end would come after the notification. So where the
        account stays full for longer, its items are listed as failed.
        """
        if self.child_type == "STANDARD":
            return STANDARD_TRIES
        left_s = EXPRESS_MAX_S - 1 - self.child_limit_s
        tries, wait_s = 0, THROTTLE_WAIT_S
        while left_s >= wait_s and tries < THROTTLE_TRIES:
            left_s -= wait_s
            tries, wait_s = tries + 1, min(2 * wait_s, THROTTLE_WAIT_MAX_S)
        return tries


def throttle_retry(tries: int = THROTTLE_TRIES) -> dict[str, Any]:
    """Wait up to 1, 2, 4, … 20 s, drawn at random below that, so that invocations spread out."""
    return {
        "ErrorEquals": list(THROTTLES),
        "IntervalSeconds": THROTTLE_WAIT_S,
        "MaxAttempts": tries,
        "BackoffRate": 2,
        "MaxDelaySeconds": THROTTLE_WAIT_MAX_S,
        "JitterStrategy": "FULL",
    }
