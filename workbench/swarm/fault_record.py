"""What a faulty run left behind, for the checks: what was seen, and not what was reported.

Times are virtual seconds since the start. Everything here was noted outside of the handlers: where
items are worked, where calls reach a service, where messages are published.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from lambdas.items import Item, create, fails
from workbench.designs import Design
from workbench.runs.records import RunData
from workbench.swarm.fault_plan import FaultPlan
from workbench.swarm.noted import (
    Called,
    Execution,
    Invoked,
    Listed,
    Noted,
    Notified,
    Record,
    Refused,
    batch_of,
    cancels,
    items_in,
    leases,
    written_by,
)
from workbench.targets.local.lambda_.functions import THROTTLED
from workbench.targets.local.world.context import EPOCH_S

if TYPE_CHECKING:
    from workbench.swarm.protocols import Protocol


@dataclass(frozen=True)
class Expected:
    """A batch that was asked for, at these times."""

    batch_id: str
    items: int
    seed: int
    knobs: dict[str, Any]
    started_s: tuple[float, ...]

    @cached_property
    def values(self) -> dict[str, int]:
        """Every item's milliseconds by its id."""
        return {item.id: item.value for item in create(self.seed, 0, self.items, self.knobs)}

    def failing(self, item: str, tries: int) -> int:
        """How many of an item's tries fail by themselves; all of one that is poisoned."""
        if self.values.get(item, -1) < 0:
            return tries
        one, chance = Item(item, 0), self.knobs.get("fails_per_million", 0)
        return sum(fails(one, number, chance) for number in range(1, tries + 1))

    @cached_property
    def ids(self) -> list[str]:
        """The items in the order of their indices."""
        return list(self.values)


@dataclass(kw_only=True)
class FaultRecord(Noted):
    """One faulty run."""

    design: Design
    protocol: "Protocol"  # what is known of the design
    batches: tuple[Expected, ...]
    plan: FaultPlan
    records: dict[tuple[str, str], Record]
    objects: dict[str, bytes]
    uploads: int  # multipart uploads that were not ended
    left: list[str]  # what was still under way, in words
    refused_triggers: list[str]  # the batches that cannot be
    strangers: list[Any]  # events that nothing of ours sends
    aliases: dict[str, str]  # execution names by the batch that they were started for
    empty_polls: int
    map_runs: list[Any]
    durable: list[Any]  # the durable executions
    transitions: int  # of the state machine itself
    usage: pd.DataFrame
    reports: pd.DataFrame
    folder: RunData
    limits: dict[str, int]  # what handlers and services held at a time
    ended_s: float
    converged: bool

    @cached_property
    def by_item(self) -> dict[str, list[Execution]]:
        """The tries of each item, in the order in which they began."""
        found: dict[str, list[Execution]] = defaultdict(list)
        for execution in self.executions:
            found[execution.item].append(execution)
        return found

    @cached_property
    def done_s(self) -> dict[str, float]:
        """When each item was done for the first time."""
        done: dict[str, float] = {}
        for one in self.executions:
            if one.outcome == "done":
                done[one.item] = min(one.ended_s, done.get(one.item, float("inf")))
        return done

    @cached_property
    def requests(self) -> dict[str, Invoked]:
        """The invocations by their request ids."""
        return {one.request_id: one for one in self.invoked}

    @cached_property
    def struck(self) -> Counter[str]:
        """How many tries of each item's processors were struck by a fault, throttles apart."""
        struck = [one for one in self.invoked if one.request_id in self.hit]
        return Counter(item for one in (*struck, *self.never_begun) for item in self.items_of(one))

    @cached_property
    def never_begun(self) -> list[Refused]:
        """Invocations that ended before their handler began; only a fault makes them do so."""
        return [
            one
            for one in self.refused
            if one.error != THROTTLED and one.request_id not in self.requests
        ]

    @cached_property
    def throttled(self) -> Counter[str]:
        """How often an invocation with each item was throttled."""
        throttled = (one for one in self.refused if one.error == THROTTLED)
        return Counter(item for one in throttled for item in self.items_of(one))

    @cached_property
    def hit(self) -> set[str]:
        """Requests that a planned fault struck: nothing else excuses how they ended."""
        return {hit.request_id for hit in self.plan.hits if hit.request_id}

    def strange(self, one: Invoked | Refused) -> bool:
        """Whether an invocation is of an event that nothing of ours sends."""
        return one.event in self.strangers

    def items_of(self, one: Invoked | Refused) -> set[str]:
        """The items that an invocation of a processor came with."""
        return set() if self.strange(one) else items_of(one.event)

    def meta(self, batch: Expected) -> Record | None:
        """The batch's record."""
        return self.records.get((f"batch#{batch.batch_id}", "META"))

    def cancelled(self, batch: Expected) -> bool:
        """Whether the batch was stopped on purpose, whatever its record says in the end."""
        return self.cancelled_s(batch) is not None

    def cancelled_s(self, batch: Expected) -> float | None:
        """When the batch was cancelled: from outside, or by its finalizer at its deadline."""
        calls = self.cancelling.get(batch.batch_id)
        return calls[0].t_s if calls else None

    @cached_property
    def cancelling(self) -> dict[str, list[Called]]:
        """The calls that cancelled a batch, by its name; those without a role are from outside."""
        found: dict[str, list[Called]] = defaultdict(list)
        for call in filter(cancels, self.calls):
            found[batch_of(call)].append(call)
        return found

    @cached_property
    def written_s(self) -> dict[tuple[str, str], float]:
        """When each record was written last, alone or among others of a call."""
        found: dict[tuple[str, str], float] = defaultdict(float)
        for call in self.calls:
            for key in [] if call.error or not call.role else written_by(call):
                found[key["pk"]["S"], key["sk"]["S"]] = call.t_s
        return found

    @cached_property
    def waited_for(self) -> dict[str, list[tuple[float, float]]]:
        """By request, when each of its leases was refused, and until when another had taken it."""
        taken_s: dict[tuple[str, str], float] = {}
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for call in filter(leases, self.calls):
            key = call.request["Key"]["pk"]["S"], call.request["Key"]["sk"]["S"]
            if not call.error:
                until = call.request["ExpressionAttributeValues"][":until"]["N"]
                taken_s[key] = float(until) - EPOCH_S
            elif key in taken_s:
                found[call.request_id].append((call.t_s, taken_s[key]))
        return found

    def tries(self, batch: Expected) -> Iterator[Execution]:
        """The tries of the batch's items, item by item."""
        for item in batch.ids:
            yield from self.by_item.get(item, ())

    def notifications(self, batch: Expected, status: str = "") -> list[Notified]:
        """The notifications of a batch, of one status or of all."""
        return [
            one
            for one in self.notified
            if self.aliases.get(one.message["batch_id"], one.message["batch_id"]) == batch.batch_id
            and status in ("", one.message["status"])
        ]

    def detected_s(self, batch: Expected) -> float | None:
        """The moment of completion that the first complete notification names."""
        complete = self.notifications(batch, "complete")
        return complete[0].message["detected_at"] - EPOCH_S if complete else None

    def listed(self, batch: Expected) -> dict[str, Listed]:
        """The items that the design lists as failed."""
        return dict(self.protocol.listed(self, batch))

    def over_s(self, batch: Expected) -> dict[str, float]:
        """When each item was first done or listed as failed; those that never were are missing."""
        over = {item: at for item, at in self.done_s.items() if item in batch.values}
        for item, listed in self.listed(batch).items():
            over[item] = min(listed.t_s, over.get(item, float("inf")))
        return over


def items_of(event: Any) -> set[str]:
    """The items in an event of a processor: SQS records, a map child's input, a chunk's range."""
    if not isinstance(event, dict):
        return set()
    if "stop" in event:
        chunk = event["seed"], event["start"], event["stop"], event["knobs"]
        return {item.id for item in create(*chunk)}
    found = {item for record in event.get("Records", ()) for item in items_in(record["body"])}
    return found | {item["id"] for item in event.get("Items", ())}
