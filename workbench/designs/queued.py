"""What the designs have in common whose items come through a queue and whose state is a table."""

from typing import Any, ClassVar

from workbench.designs.design import (
    FUNCTION_TIMEOUT_MAX_S,
    ITEM_MAX_BYTES,
    POLLER_PLACES,
    SMALL_FUNCTIONS,
    SOURCE_MAX,
    Design,
)
from workbench.designs.parts import QUEUED, Parts
from workbench.errors import BadKnob

MESSAGE_MAX_BYTES = 1_048_576  # SQS message quota since 2026-01
HEAD_MAX_BYTES = 512  # of a body, beside its items
# Provisioned pollers where only one end is given (Lambda API, ProvisionedPollerConfig, SQS).
POLLERS_LEAST, POLLERS_MOST = 2, 200
# What `tune` sets where time counts: up to what an account runs, ten places each. More of them at
# least would be there at once, and be paid for by the month.
OWN_POLLERS = tuple({"max_concurrency": None, "pollers_max": most} for most in (30, 100))


class Queued(Design):
    """Its subclasses have the knobs that are named here."""

    parts: ClassVar[Parts] = QUEUED
    follows: ClassVar[tuple[str, ...]] = ("items_per_message", "messages_per_invocation")

    def refuse_long_work(self, work: str) -> None:
        """Refuse what SQS would, a message that is too large with its items at their longest, and
        what Lambda would, an invocation whose `work` takes too long.
        """
        self.refuse_large_lot("a message", MESSAGE_MAX_BYTES, HEAD_MAX_BYTES, ITEM_MAX_BYTES)
        size, needed_s = self.items_per_message, self.processor_timeout_s
        if needed_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                "items_per_message",
                size,
                f"{work} of up to {self.value_max} ms in one invocation need {needed_s} s; "
                f"Lambda stops at {FUNCTION_TIMEOUT_MAX_S} s",
                "Lower items_per_message or messages_per_invocation, or raise item_concurrency.",
            )

    def refuse_pollers(self) -> None:
        """Refuse what Lambda would of an event source with provisioned pollers."""
        if not self.pollers:
            return
        least, most = self.pollers
        if self.max_concurrency is not None:
            raise BadKnob(
                "pollers_max",
                most,
                "an event source with provisioned pollers takes no max_concurrency",
                "Set max_concurrency=none; pollers_max bounds it, ten invocations each.",
            )
        if least > most:
            raise BadKnob("pollers_min", least, f"is above pollers_max={most}")

    def settings(self) -> dict[str, dict[str, Any]]:
        pollers = self.pollers and dict(
            zip(("MinimumPollers", "MaximumPollers"), self.pollers, strict=True)
        )
        cpu = {"Architectures": [self.cpu]}
        redrive = {"RedrivePolicy.maxReceiveCount": self.max_receives}
        return {
            "Batcher": cpu | {"MemorySize": self.batcher_memory_mb},
            "Processor": cpu | {"MemorySize": self.memory_mb, "Timeout": self.processor_timeout_s},
            "Finalizer": cpu,
            "Failures": cpu,
            "BatcherSource": {"ScalingConfig": _scaling(self.batcher_concurrency)},
            "ProcessorSource": {
                "BatchSize": self.messages_per_invocation,
                "MaximumBatchingWindowInSeconds": self.window_s or None,
                "ScalingConfig": _scaling(self.max_concurrency),
                "ProvisionedPollerConfig": pollers,
            },
            "PlanQueue": redrive,
            "ItemQueue": redrive | {"VisibilityTimeout": self.visibility_timeout_s},
        }

    @property
    def pollers(self) -> tuple[int, int] | None:
        if self.pollers_min is None and self.pollers_max is None:
            return None
        return self.pollers_min or POLLERS_LEAST, self.pollers_max or POLLERS_MOST

    @property
    def window_s(self) -> int:
        """How long the event source of the items waits for more messages."""
        return 0

    @property
    def items_per_invocation(self) -> int:
        return self.items_per_message * self.messages_per_invocation

    @property
    def visibility_timeout_s(self) -> int:
        """Six times the function's timeout and the window, as Lambda's guide advises."""
        return 6 * self.processor_timeout_s + self.window_s

    @property
    def processor_concurrency(self) -> int:
        if self.pollers:
            return self.pollers[1] * POLLER_PLACES
        return self.max_concurrency or SOURCE_MAX

    @property
    def concurrency_max(self) -> int:
        batcher = self.batcher_concurrency or SOURCE_MAX
        return self.processor_concurrency + batcher + SMALL_FUNCTIONS

    @property
    def in_flight_max(self) -> int:
        return self.processor_concurrency * self.messages_per_invocation

    def wait_s(self, items: int) -> float:  # noqa: ARG002
        """Two looks of the finalizer, and a message that is hidden once."""
        return 2 * self.poll_s + self.visibility_timeout_s


def _scaling(most: int | None) -> dict[str, int] | None:
    """An event source's limit; None: it has none."""
    return None if most is None else {"MaximumConcurrency": most}
