"""The knobs of the `sqs` design, and the timeouts that follow from them."""

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

MESSAGE_MAX_BYTES = 1_048_576  # SQS message quota since 2026-01
HEAD_MAX_BYTES = 512  # of a body, beside its items


def refuse_large_messages(items_per_message: int) -> None:
    """Refuse what SQS would: a body over 1 MiB, with its items at their longest."""
    if items_per_message * ITEM_MAX_BYTES + HEAD_MAX_BYTES > MESSAGE_MAX_BYTES:
        raise BadKnob("items_per_message", items_per_message, "a message passes 1 MiB")


@dataclass(frozen=True)
class Sqs(Design):
    """EventBridge, batcher, SQS, processor, one record an item in DynamoDB, finalizer."""

    name: ClassVar[str] = "sqs"
    stack: ClassVar[str] = "SqsBatchProcessing"

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
    max_receives: int = knob(5, 4, 1_000)  # before a message goes to the dead letters
    stuck_after_s: int = knob(21_600, 60, 1_209_600)  # a record older than this is sent again
    warm_write_units: int | None = knob(None, 4_000, 40_000)  # writes a second, paid for ahead

    def check(self) -> None:
        if self.messages_per_invocation > 10 and self.batch_window_s < 1:
            raise BadKnob(
                "messages_per_invocation",
                self.messages_per_invocation,
                "an event source takes more than 10 messages only with a window of 1 s or more",
                "Set batch_window_s=1.",
            )
        refuse_large_messages(self.items_per_message)
        if self.processor_timeout_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                "items_per_message",
                self.items_per_message,
                f"{self.items_per_invocation} items of up to {self.value_max} ms in one invocation "
                f"need {self.processor_timeout_s} s; Lambda stops at {FUNCTION_TIMEOUT_MAX_S} s",
                "Lower items_per_message or messages_per_invocation, or raise item_concurrency.",
            )
        if self.visibility_timeout_s > 43_200:
            raise BadKnob("batch_window_s", self.batch_window_s, "visibility would pass 12 hours")

    @property
    def items_per_invocation(self) -> int:
        """The most items that one invocation gets."""
        return self.items_per_message * self.messages_per_invocation

    @property
    def messages_at_once(self) -> int:
        """Messages worked at a time: only as many as leave each of their items a place."""
        return max(1, self.item_concurrency // self.items_per_message)

    def work_limit_s(self, items: int) -> float:
        """Messages in rounds, and in each the items of a message in rounds."""
        rounds = ceil(ceil(items / self.items_per_message) / self.messages_at_once)
        return rounds * ceil(self.items_per_message / self.item_concurrency) * self.value_max / 1000

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for every AWS call."""
        items, messages = self.items_per_invocation, self.messages_per_invocation
        claims = (items if self.track == "item" else messages) if self.claim else 0
        deletes = messages * ceil(self.items_per_message / self.write_batch_size)
        metrics = items if self.telemetry == "put_metric_data" else 0
        calls = (claims + deletes + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(items) + calls + START_ALLOWANCE_S)

    @property
    def lease_s(self) -> int:
        """How long a claim holds: Lambda has stopped its owner by then."""
        return self.processor_timeout_s + 30

    @property
    def visibility_timeout_s(self) -> int:
        """Six times the function's timeout and the window, as Lambda's guide advises."""
        return 6 * self.processor_timeout_s + self.batch_window_s

    def batch_knobs(self) -> dict[str, Any]:
        names = (
            "items_per_message track claim state_shards poll_s send_batch_size write_batch_size "
            "segment_items item_concurrency telemetry logs value_max poison_per_million "
            "stuck_after_s max_concurrency"
        ).split()
        return {name: getattr(self, name) for name in names} | {"lease_s": self.lease_s}
