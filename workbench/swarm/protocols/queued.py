"""The swarm's knowledge of the designs of queues and a table: knobs, waits, failed items."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from random import Random
from typing import Any

from workbench.designs import Queued
from workbench.swarm.fault_plan import FaultRates
from workbench.swarm.fault_record import Called, Expected, FaultRecord, Listed
from workbench.swarm.protocols.protocol import (
    CALLS_S,
    DOUBLING,
    ITEMS_MAX,
    QUEUE_KINDS,
    TRIES_S,
    Protocol,
    log_int,
)

POLLS_MAX = 150  # polls of a batch while there are faults, so that a run stays short
PLAN_HIDDEN_S = 5_400  # visibility of the plan queue: six times 900 s
DELAY_MAX_S = 900  # the longest wait that a handler asks for
ASYNC_S = 180  # both retries of an asynchronous invocation


class QueuedProtocol(Protocol):
    """What both have in common. A wait is a queue's visibility, a lease or a delay, in seconds."""

    kinds = QUEUE_KINDS
    cancels = True
    plan_wait_s: float  # beside the visibility, where a message of the plan queue failed
    dead_wait_s: float  # of a dead letter
    poll_wait_s: float  # of a poll message that failed

    @abstractmethod
    def own_knobs(self, dice: Random) -> dict[str, Any]:
        """The knobs that one design has, or draws after the others."""

    @abstractmethod
    def item_wait_s(self, design: Queued) -> float:
        """The waits of an item's message."""

    def start_wait_s(self, design: Queued) -> float:  # noqa: ARG002
        """The waits until a batch has begun."""
        return ASYNC_S

    @abstractmethod
    def failed_items(self, batch: Expected, sk: str, record: dict) -> tuple[list[str], bool]:
        """The items of a record under the failed ones, and whether they are a range."""

    @abstractmethod
    def puts(self, call: Called) -> list[dict[str, Any]]:
        """The records that a call has put, if it lists failed items."""

    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "max_concurrency": dice.choice((2, 5, 50, 900, None)),
            "items_per_message": log_int(dice, 1, 25),
            "messages_per_invocation": dice.choice((1, 3, 10)),
        } | self.own_knobs(dice)

    def shaped(
        self, design: Queued, items: int, rates: FaultRates, dice: Random
    ) -> tuple[Queued, dict[str, Any]]:
        size = max(1, items // dice.randint(1, 6))
        poll_s = max(design.poll_s, ceil(rates.quiet_s / POLLS_MAX))
        design = replace(design, segment_items=size, poll_s=poll_s)
        return design, design.batch_knobs()

    def listed(self, seen: FaultRecord, batch: Expected) -> Iterator[tuple[str, Listed]]:
        partition = f"failed#{batch.batch_id}"
        put_s: dict[str, float] = {}
        for call in seen.calls:
            for record in [] if call.error else self.puts(call):
                if record["pk"]["S"] == partition:
                    put_s.setdefault(record["sk"]["S"], call.t_s)
        for (pk, sk), record in seen.records.items():
            if pk == partition:
                items, in_range = self.failed_items(batch, sk, record)
                listed = Listed(put_s.get(sk, 0.0), record["reason"], in_range)
                yield from ((item, listed) for item in items)

    def late_s(self, design: Queued, roles: set[str], poll_s: float) -> float:
        late = 2 * poll_s + CALLS_S
        if roles & {"batcher", "plan", "dead"}:
            late += PLAN_HIDDEN_S + self.plan_wait_s
        if roles & {"processor", "item", "dead"}:
            late += self.item_wait_s(design)
        if roles & {"finalizer", "poll"}:
            late += self.poll_wait_s + poll_s
        if roles & {"failures", "batcher", "processor", "plan", "item", "dead"}:
            late += self.dead_wait_s
        return late

    def work_s(self, design: Queued, roles: set[str], items: int) -> float:
        """Plan and segments may be hidden once more. A message that is lost is sent again much
        later, so that a loss shows here.
        """
        busy = items * max(1, design.value_max) / 1000 + TRIES_S
        return busy + 2 * self.late_s(design, roles | {"item"}, 0.0)

    def converge_s(self, design: Queued, rates: FaultRates, last_s: float) -> float:
        once_s = PLAN_HIDDEN_S + self.plan_wait_s + self.dead_wait_s + self.poll_wait_s
        late_s = rates.late_max_s if rates.twice_late else 0.0
        waits_s = 2 * once_s + 3 * self.item_wait_s(design) + 10 * design.poll_s
        return (
            last_s
            + late_s
            + self.start_wait_s(design)
            + waits_s
            + ITEMS_MAX * design.value_max / 1000
        )

    def may_double(self, seen: FaultRecord, batch: Expected) -> bool:
        """A struck batcher sends messages again, and the design itself may do so."""
        struck = any(hit.where in ("batcher", "failures") for hit in seen.plan.hits)
        doubled = bool(DOUBLING & seen.plan.counts.keys())
        return doubled or struck or self.sends_again(seen, batch)

    @abstractmethod
    def sends_again(self, seen: FaultRecord, batch: Expected) -> bool:
        """Whether messages of the batch are sent again though nothing was struck."""
