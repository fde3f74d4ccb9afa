"""The knobs of the `sqs` design, and the timeouts that follow from them."""

from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from workbench.designs.design import (
    CALL_ALLOWANCE_S,
    START_ALLOWANCE_S,
    TUNED_CONCURRENCY,
    knob,
)
from workbench.designs.parts import Search
from workbench.designs.queued import OWN_POLLERS, Queued
from workbench.errors import BadKnob

TABLE_READ_UNITS = 12_000  # what every on-demand table has: warm throughput wants both figures
# It keeps the claim: never two live owners.
TUNED = {"items_per_message": 500, "messages_per_invocation": 1, "claim": True, "track": "message"}
# One PutMetricData, three record writes and one key an item, no batching, a five-minute poll, each
# event and each item in the log (there with SQS's own fields and indented, so longer than ours).
PUBLISHED = {
    "items_per_message": 10,
    "messages_per_invocation": 10,
    "batcher_memory_mb": 128,
    "claim": True,
    "state_shards": 1,
    "poll_s": 300,
    "send_batch_size": 1,
    "write_batch_size": 1,
    "telemetry": "put_metric_data",
    "logs": "all",
    "value_max": 999,
    "max_concurrency": None,
    "cpu": "x86_64",
}


@dataclass(frozen=True)
class Sqs(Queued):
    """EventBridge, batcher, SQS, processor, one record an item in DynamoDB, finalizer."""

    name: ClassVar[str] = "sqs"
    stack: ClassVar[str] = "SqsBatchProcessing"
    summary: ClassVar[str] = "queue and DynamoDB records"
    local_start_s: ClassVar[float] = 2.2
    local_thousand_s: ClassVar[float] = 0.14
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "published": PUBLISHED,
        "tuned": TUNED,
        "tuned-concurrent": TUNED | {"item_concurrency": TUNED_CONCURRENCY},
    }
    carried: ClassVar[str] = (
        "items_per_message track claim state_shards poll_s send_batch_size write_batch_size "
        "segment_items item_concurrency telemetry logs value_max poison_per_million "
        "stuck_after_s max_concurrency"
    )
    search: ClassVar[Search] = Search(
        lot="items_per_message",
        roomy={"messages_per_invocation": 1, "track": "message"},
        axes={
            "messages_per_invocation": (1, 10),
            "track": ("item", "message"),
            "max_concurrency": (100, 300, 900),
            "poll_s": (5, 30),
            "batcher_memory_mb": (512, 1_024),
        },
        hurried=OWN_POLLERS,
        promised={"claim": True},  # completion known as surely as `published` knows it
    )

    max_concurrency: int | None = knob(900, 2, 1_000)  # of the event source; None: up to 1,250
    items_per_message: int = knob(10, 1, 10_000)
    messages_per_invocation: int = knob(10, 1, 10_000)
    batch_window_s: int = knob(0, 0, 300)
    track: str = knob("item", of=("item", "message"))  # one record an item, or one a message
    claim: bool = knob(False, of=(True, False))  # never two live owners of an item
    state_shards: int = knob(10, 1, 500)
    poll_s: int = knob(30, 1, 900)  # the finalizer's delay between two looks
    send_batch_size: int = knob(10, 1, 10)
    write_batch_size: int = knob(25, 1, 25)
    segment_items: int = knob(10_000, 1, 10_000)
    # Segments at a time: more starve each other of the table's writes until none ends in 900 s.
    batcher_concurrency: int | None = knob(10, 2, 1_000)
    max_receives: int = knob(5, 4, 1_000, deployed=True)  # before the dead letters
    stuck_after_s: int = knob(21_600, 60, 1_209_600)  # a record older than this is sent again
    warm_write_units: int | None = knob(None, 4_000, 40_000, deployed=True)  # a second, paid ahead
    # Provisioned pollers of the items' event source, billed by the hour. None: Lambda's own, free.
    pollers_min: int | None = knob(None, 2, 200, deployed=True, later=True)
    pollers_max: int | None = knob(None, 2, 10_000, deployed=True, later=True)

    def check(self) -> None:
        if self.messages_per_invocation > 10 and self.batch_window_s < 1:
            raise BadKnob(
                "messages_per_invocation",
                self.messages_per_invocation,
                "an event source takes more than 10 messages only with a window of 1 s or more",
                "Set batch_window_s=1.",
            )
        self.refuse_pollers()
        self.refuse_long_work(f"{self.items_per_invocation} items")
        if self.visibility_timeout_s > 43_200:
            raise BadKnob("batch_window_s", self.batch_window_s, "visibility would pass 12 hours")

    def settings(self) -> dict[str, dict[str, Any]]:
        units = self.warm_write_units
        warm = {"ReadUnitsPerSecond": TABLE_READ_UNITS, "WriteUnitsPerSecond": units}
        return super().settings() | {"BatchState": {"WarmThroughput": warm if units else None}}

    @property
    def claims(self) -> bool:
        return self.claim

    @property
    def tracks(self) -> str:
        return f"each {self.track}"

    @property
    def window_s(self) -> int:
        return self.batch_window_s

    @property
    def unpriced(self) -> str:
        # DynamoDB developer guide, Understanding warm throughput: raising it is charged.
        return "raising warm_write_units is charged for" if self.warm_write_units else ""

    @property
    def writes_per_s(self) -> int:
        return self.warm_write_units or 0

    @property
    def messages_at_once(self) -> int:
        """Messages worked at a time: only as many as leave each of their items a place."""
        return max(1, self.item_concurrency // self.items_per_message)

    def work_limit_s(self, items: int) -> float:
        """Messages in rounds, and in each the items of a message in rounds."""
        rounds = ceil(ceil(items / self.items_per_message) / self.messages_at_once)
        return self.in_rounds_s(rounds, self.items_per_message)

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for every AWS call: what comes again is claimed anyway."""
        items, messages = self.items_per_invocation, self.messages_per_invocation
        claims = items if self.track == "item" else messages
        deletes = messages * ceil(self.items_per_message / self.write_batch_size)
        metrics = items if self.telemetry == "put_metric_data" else 0
        calls = (claims + deletes + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(items) + calls + START_ALLOWANCE_S)

    @property
    def lease_s(self) -> int:
        """How long a claim holds: Lambda has stopped its owner by then."""
        return self.processor_timeout_s + 30

    def batch_knobs(self) -> dict[str, Any]:
        return super().batch_knobs() | {"lease_s": self.lease_s}
