"""The knobs of the `durable` design, and the timeouts that follow from them."""

from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from workbench.designs.design import (
    CALL_ALLOWANCE_S,
    SMALL_FUNCTIONS,
    START_ALLOWANCE_S,
    TUNED_CONCURRENCY,
    Design,
    knob,
)
from workbench.designs.parts import DISPATCH, WORK, Part, Parts, Search, function
from workbench.errors import BadKnob

OPERATIONS_MAX = 3_000  # of a durable execution, hard (Lambda quotas)
TRIES_MAX = 3  # of an item that fails, and of a chunk whose processor dies
CHUNK_OPERATIONS = TRIES_MAX + 1  # and the list of what is left
SEGMENT_OPERATIONS = 2  # its execution; and if every second one fails, a wait and a list
SPARE_OPERATIONS = 40  # the map itself, the last steps, and invocations that fail
CHUNKS_MAX = (OPERATIONS_MAX - SPARE_OPERATIONS) // CHUNK_OPERATIONS
SEGMENTS_MAX = (OPERATIONS_MAX - SPARE_OPERATIONS) // SEGMENT_OPERATIONS
ALIAS = "live"  # of the orchestrator, which only a version or an alias can start
EXECUTION_TIMEOUT_S = 172_800  # a hundred million items at 900 at a time take 16 hours
EXECUTION_KEPT_DAYS = 1  # after its end: what it has written, and its name
CALLS = 2  # of a processor: the list of the last try, and its own
WAIT_PER_CHUNK_S = 0.5  # its operation is written and its end is heard, one after the other
# As many items as fit into 900 s; segments of which two fill 900 places, and end together.
TUNED = {"items_per_chunk": 889, "chunks_per_segment": 450}


@dataclass(frozen=True)
class Durable(Design):
    """A durable Lambda function that maps over chunks of the batch, the processor, S3, SNS."""

    name: ClassVar[str] = "durable"
    stack: ClassVar[str] = "DurableBatchProcessing"
    summary: ClassVar[str] = "durable Lambda function"
    local_start_s: ClassVar[float] = 2.5
    local_thousand_s: ClassVar[float] = 0.08
    parts: ClassVar[Parts] = Parts(
        functions=(function("orchestrator", DISPATCH, ALIAS), function("processor", WORK)),
        bucket=Part("bucket", "Bucket", "BucketName"),
    )
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "tuned": TUNED,
        "tuned-concurrent": TUNED | {"item_concurrency": TUNED_CONCURRENCY},
    }
    carried: ClassVar[str] = (
        "items_per_chunk chunks_per_segment max_concurrency item_concurrency "
        "value_max poison_per_million"
    )
    search: ClassVar[Search] = Search(
        lot="items_per_chunk",
        roomy={},
        axes={
            "max_concurrency": (100, 200, 300, 600, 900),
            "chunks_per_segment": (225, 450, CHUNKS_MAX),
            "batcher_memory_mb": (256, 512, 1_024),
        },
    )

    follows: ClassVar[tuple[str, ...]] = ("items_per_chunk",)

    batcher_memory_mb: int = knob(512, 128, 10_240)  # of the orchestrator, which hands out the work
    max_concurrency: int = knob(900, 1, 10_000)  # chunks at a time, of all segments together
    items_per_chunk: int = knob(100, 1, 10_000)  # that one invocation of the processor works
    chunks_per_segment: int = knob(CHUNKS_MAX, 1, CHUNKS_MAX)  # of one durable execution

    def check(self) -> None:
        self.refuse_telling()
        self.refuse_long_lot()

    def refuse_items(self, items: int) -> None:
        super().refuse_items(items)
        segments = self.segments(items)
        if segments > SEGMENTS_MAX:
            raise BadKnob(
                "items",
                items,
                f"makes {segments:,} segments; the {OPERATIONS_MAX:,} operations of a durable "
                f"execution are enough for {SEGMENTS_MAX:,}",
                "Raise items_per_chunk or chunks_per_segment.",
            )

    def segments(self, items: int) -> int:
        """The durable executions that a batch is cut into; one is the batch's own."""
        return ceil(items / (self.items_per_chunk * self.chunks_per_segment))

    def range_items(self, items: int) -> int:
        """The items of one range that the batch's own execution maps over."""
        chunks = 1 if self.segments(items) == 1 else self.chunks_per_segment
        return self.items_per_chunk * chunks

    def settings(self) -> dict[str, dict[str, Any]]:
        cpu = {"Architectures": [self.cpu]}
        limits = {
            "ExecutionTimeout": EXECUTION_TIMEOUT_S,
            "RetentionPeriodInDays": EXECUTION_KEPT_DAYS,
        }
        memory = {"MemorySize": self.batcher_memory_mb}
        return {
            "Orchestrator": cpu | memory | {"DurableConfig": limits},
            "Processor": cpu | {"MemorySize": self.memory_mb, "Timeout": self.processor_timeout_s},
        }

    @property
    def tracks(self) -> str:
        return "each chunk"

    @property
    def items_per_invocation(self) -> int:
        return self.items_per_chunk

    @property
    def processor_concurrency(self) -> int:
        return self.max_concurrency

    @property
    def segments_at_once(self) -> int:
        """Executions under way at a time, beside the batch's own."""
        return ceil(self.max_concurrency / self.chunks_per_segment)

    @property
    def concurrency_max(self) -> int:
        return self.max_concurrency + self.segments_at_once + SMALL_FUNCTIONS

    def wait_s(self, items: int) -> float:
        """What an execution does for its chunks, one after the other."""
        return ceil(items / self.items_per_chunk) * WAIT_PER_CHUNK_S

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for the AWS calls."""
        work_s = self.work_limit_s(self.items_per_chunk)
        return ceil(work_s + CALLS * CALL_ALLOWANCE_S + START_ALLOWANCE_S)
