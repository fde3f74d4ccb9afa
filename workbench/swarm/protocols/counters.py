"""The swarm's knowledge of the `counters` design: sets of message numbers, records that expire."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from random import Random
from typing import Any

from workbench.designs import Counters
from workbench.swarm.evidence import Called, Evidence, Expected, Listed
from workbench.swarm.fault_plan import FaultRates
from workbench.swarm.protocols.excuses import DOUBLING
from workbench.swarm.protocols.protocol import (
    CALLS_S,
    ITEMS_MAX,
    QUEUE_KINDS,
    TRIES_S,
    Places,
    Protocol,
    log_int,
)

POLLS_MAX = 150  # looks at a batch while there are faults, so that a run stays short
PLAN_HIDDEN_S = 5_400  # visibility of the plan queue: six times 900 s
SMALL_HIDDEN_S = 720  # of the dead letters and the polling queue: six times 120 s
PUT_OFF_S = 900  # the longest wait that a handler asks for
SPREAD_S = 900  # a dead letter that goes round again comes back within that
ASYNC_S = 180  # both retries of an asynchronous invocation
ROUNDS = 3  # that a message goes through all its receives


class CountersProtocol(Protocol):
    """`counters`."""

    places: Places = (
        ("batcher", ("PutItem", "GetItem", "SendMessage", "SendMessageBatch")),
        ("processor", ("UpdateItem", "SendMessage", "BatchWriteItem", "GetItem")),
        ("finalizer", ("BatchGetItem", "UpdateItem", "Publish", "Query", "GetItem")),
        ("failures", ("UpdateItem", "BatchWriteItem", "SendMessage", "GetItem")),
    )
    kinds = QUEUE_KINDS
    cancels = True
    one_moment = False  # told, then marked: a death between them tells again
    ended_status = "DONE"
    kept = ("batch", "failed", "done")  # they expire by themselves

    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "max_concurrency": dice.choice((2, 5, 50, 900, None)),
            "items_per_message": log_int(dice, 1, 25),
            "messages_per_invocation": dice.choice((1, 3, 10)),
            "poll_s": dice.choice((10, 30, 60, 120, 300)),
            "batcher_concurrency": dice.choice((2, 10, None)),
            "max_receives": dice.choice((4, 5, 6)),
            "telemetry": "emf",
        }

    def shaped(
        self, design: Counters, items: int, rates: FaultRates, dice: Random
    ) -> tuple[Counters, dict[str, Any]]:
        size = max(1, items // dice.randint(1, 6))
        poll_s = max(design.poll_s, ceil(rates.quiet_s / POLLS_MAX))
        design = replace(design, segment_items=size, poll_s=poll_s)
        return design, design.batch_knobs()

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:
        return knobs | {"poll_s": dice.choice((20, 60, 120))}

    def listed(self, evidence: Evidence, batch: Expected) -> Iterator[tuple[str, Listed]]:
        partition, size = f"failed#{batch.batch_id}", batch.knobs["items_per_message"]
        put_s = dict(_failed_puts(evidence, partition))
        for (pk, sk), record in evidence.records.items():
            if pk != partition:
                continue
            kind, _, first = sk.partition("#")
            listed = Listed(put_s[sk], record["reason"], kind == "messages")
            items = [sk]
            if listed.in_range:
                items = batch.ids[int(first) * size : int(first) * size + record["items"]]
            yield from ((item, listed) for item in items)

    def excuses_listing(self, evidence: Evidence, item: str) -> bool:
        """Its message went through all its receives, three rounds long, and never ended well."""
        design: Any = evidence.design
        counts = evidence.plan.counts
        received = evidence.struck[item] + evidence.throttled[item]
        received += counts["early"] + counts["undelete"]  # a receive without an end of its own
        return received >= ROUNDS * design.max_receives

    def late_s(self, design: Counters, roles: set[str], poll_s: float) -> float:
        late = 2 * poll_s + CALLS_S
        if roles & {"batcher", "plan", "dead"}:
            late += PLAN_HIDDEN_S + PUT_OFF_S
        if roles & {"processor", "item", "dead"}:
            late += design.visibility_timeout_s + PUT_OFF_S
        if roles & {"finalizer", "poll"}:
            late += SMALL_HIDDEN_S + PUT_OFF_S + poll_s
        if roles & {"failures", "batcher", "processor", "plan", "item", "dead"}:
            late += SMALL_HIDDEN_S + PUT_OFF_S + SPREAD_S
        return late

    def work_s(self, design: Counters, roles: set[str], items: int) -> float:
        busy = items * max(1, design.value_max) / 1000 + TRIES_S
        return busy + 2 * self.late_s(design, roles | {"item"}, 0.0)

    def converge_s(self, design: Counters, rates: FaultRates, last_s: float) -> float:
        once_s = PLAN_HIDDEN_S + 2 * SMALL_HIDDEN_S + 3 * PUT_OFF_S + SPREAD_S
        item_s = design.visibility_timeout_s + PUT_OFF_S
        late_s = rates.late_max_s if rates.twice_late else 0.0
        work_s = ITEMS_MAX * design.value_max / 1000
        return last_s + late_s + ASYNC_S + 2 * once_s + 3 * item_s + 10 * design.poll_s + work_s

    def may_double(self, evidence: Evidence, batch: Expected) -> bool:
        """A trigger that comes again sends all messages again, and so does a struck batcher."""
        struck = any(hit.where in ("batcher", "failures") for hit in evidence.plan.hits)
        doubled = bool(DOUBLING & evidence.plan.counts.keys())
        return doubled or struck or len(batch.started_s) > 1

    def ends_at_once(self, evidence: Evidence, batch: Expected) -> bool:  # noqa: ARG002
        return False  # a copy of a message may be under way when the first has counted

    def excuses_failure(self, evidence: Evidence, batch: Expected) -> bool:  # noqa: ARG002
        return False  # a trigger that dies goes through the dead letters until its batch is open

    def failed_fits(self, evidence: Evidence, batch: Expected, told: int) -> bool:
        """At least those that are listed: an item may be listed with its range too."""
        listed = len(evidence.listed(batch))
        records = evidence.records.items()
        most = sum(one["items"] for (pk, _), one in records if pk == f"failed#{batch.batch_id}")
        return listed <= told <= min(most, batch.items)

    def looks(self, evidence: Evidence, batch: Expected) -> list[float]:
        """When the finalizer read the batch's record."""
        key = f"batch#{batch.batch_id}"
        return [
            call.t_s
            for call in evidence.calls
            if call.role == "finalizer"
            and call.operation == "GetItem"
            and call.request["Key"]["pk"]["S"] == key
        ]

    def chains(self, evidence: Evidence, batch: Expected) -> int:
        """One for each first message that reached the polling queue."""
        sent = [
            call
            for call in evidence.calls
            if call.role in ("batcher", "failures")
            and call.operation == "SendMessage"
            and "PollQueue" in call.request["QueueUrl"]
            and f'"batch":"{batch.batch_id}"' in call.request["MessageBody"]
        ]
        return max(1, len(sent))

    def closed_s(self, evidence: Evidence, batch: Expected) -> float | None:
        """When its record was marked, after which a late trigger or copy finds it done."""
        key = f"batch#{batch.batch_id}"
        marked = (
            call.t_s
            for call in evidence.calls
            if call.role == "finalizer"
            and call.operation in ("UpdateItem", "DeleteItem")
            and not call.error
            and call.request["Key"]["pk"]["S"] == key
        )
        return next(marked, None)

    def goes_on(self, call: Called, batch_id: str) -> str:
        if call.role == "batcher" and call.operation == "SendMessageBatch":
            bodies = [entry["MessageBody"] for entry in call.request["Entries"]]
            if any(f'"batch":"{batch_id}"' in body for body in bodies):
                return "its messages are sent"
        return ""


def _failed_puts(evidence: Evidence, partition: str) -> Iterator[tuple[str, float]]:
    """The sort keys that were put under the failed ones, latest first, each with its time."""
    for call in reversed(evidence.calls):
        if call.operation != "BatchWriteItem" or call.error:
            continue
        left = call.response.get("UnprocessedItems", {})
        for table, entries in call.request["RequestItems"].items():
            for entry in entries:
                item = entry["PutRequest"]["Item"]
                if item["pk"]["S"] == partition and entry not in left.get(table, []):
                    yield item["sk"]["S"], call.t_s
