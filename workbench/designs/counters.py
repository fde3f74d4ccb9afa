"""The knobs of the `counters` design, and the timeouts that follow from them."""

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

MESSAGES_MAX = 10_000_000  # of a batch: one look at all their shards fits into the finalizer's time
SEGMENTS_MAX = 20_000  # of a batch: one trigger sends the whole plan
TUNED = {"items_per_message": 500, "messages_per_invocation": 1}


@dataclass(frozen=True)
class Counters(Queued):
    """EventBridge, batcher, SQS, processor, sets of message numbers in DynamoDB, finalizer."""

    name: ClassVar[str] = "counters"
    stack: ClassVar[str] = "CounterBatchProcessing"
    summary: ClassVar[str] = "queue and counted messages"
    local_start_s: ClassVar[float] = 1.9
    local_thousand_s: ClassVar[float] = 0.05
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "tuned": TUNED,
        "tuned-concurrent": TUNED | {"item_concurrency": TUNED_CONCURRENCY},
    }
    carried: ClassVar[str] = (
        "items_per_message segment_items item_concurrency poll_s value_max poison_per_million"
    )
    search: ClassVar[Search] = Search(
        lot="items_per_message",
        roomy={"messages_per_invocation": 1},
        axes={
            "messages_per_invocation": (1, 10),
            "max_concurrency": (100, 300, 900),
            "poll_s": (5, 30),
            "batcher_memory_mb": (512, 1_024),
        },
        hurried=OWN_POLLERS,
    )

    max_concurrency: int | None = knob(900, 2, 1_000)  # of the event source; None: up to 1,250
    items_per_message: int = knob(10, 1, 10_000)
    messages_per_invocation: int = knob(10, 1, 10)
    poll_s: int = knob(30, 1, 900)  # between two looks of the finalizer
    segment_items: int = knob(10_000, 1, 10_000)  # that one invocation of the batcher creates
    batcher_concurrency: int | None = knob(10, 2, 1_000)
    max_receives: int = knob(5, 4, 1_000, deployed=True)  # before the dead letters
    # Provisioned pollers of the items' event source, billed by the hour. None: Lambda's own, free.
    pollers_min: int | None = knob(None, 2, 200, deployed=True, later=True)
    pollers_max: int | None = knob(None, 2, 10_000, deployed=True, later=True)

    def check(self) -> None:
        self.refuse_telling()
        self.refuse_pollers()
        messages = self.messages_per_invocation
        self.refuse_long_work(f"{messages} messages of {self.items_per_message} items")

    def refuse_items(self, items: int) -> None:
        super().refuse_items(items)
        messages = ceil(items / self.items_per_message)
        if messages > MESSAGES_MAX:
            raise BadKnob(
                "items",
                items,
                f"makes {messages:,} messages; the finalizer can look at {MESSAGES_MAX:,}",
                "Raise items_per_message.",
            )
        segments = ceil(messages / self.segment_messages)
        if segments > SEGMENTS_MAX:
            raise BadKnob(
                "items",
                items,
                f"makes {segments:,} segments; one trigger can send {SEGMENTS_MAX:,}",
                "Raise segment_items.",
            )

    @property
    def tracks(self) -> str:
        return "each message"

    @property
    def segment_messages(self) -> int:
        """The messages of one segment."""
        return ceil(self.segment_items / self.items_per_message)

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, messages one after the other, and an allowance for every AWS call."""
        work_s = self.in_rounds_s(self.messages_per_invocation, self.items_per_message)
        calls = 1 + self.messages_per_invocation
        return ceil(work_s + calls * CALL_ALLOWANCE_S + START_ALLOWANCE_S)
