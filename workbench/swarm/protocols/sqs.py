"""The swarm's knowledge of the `sqs` design: records, leases, a chain of looks."""

from collections.abc import Iterator
from dataclasses import replace
from json import loads
from math import ceil
from random import Random
from typing import Any

from workbench.designs import Sqs
from workbench.swarm.evidence import Called, Evidence, Expected, Listed
from workbench.swarm.fault_plan import FaultRates
from workbench.swarm.protocols.excuses import DOUBLING, batch_may_fail
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
DEAD_HIDDEN_S = 1_800  # of the dead letters: six times 300 s
POLL_HIDDEN_S = 360  # of the polling queue: six times 60 s
BATCHER_LEASE_S = 930  # also of what the failures consumer works
SPLIT_LEASE_S = 330
PUT_OFF_S = 900  # the longest wait that a handler asks for
ABSENT_S = 60 * 60  # so long the finalizer looks for a batch that was never written
ASYNC_S = 180  # both retries of an asynchronous invocation
ATTEMPTS = 3  # that really began, before a one-item message may fail


class SqsProtocol(Protocol):
    """`sqs`."""

    places: Places = (
        ("batcher", ("TransactWriteItems", "BatchWriteItem", "SendMessageBatch", "UpdateItem")),
        ("processor", ("BatchWriteItem", "UpdateItem", "SendMessage", "DeleteItem", "GetItem")),
        ("finalizer", ("SendMessage", "UpdateItem", "Publish", "TransactWriteItems", "Query")),
        ("failures", ("UpdateItem", "TransactWriteItems", "BatchWriteItem", "SendMessage")),
    )
    kinds = QUEUE_KINDS
    cancels = True
    ended_status = "NOTIFIED"

    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "max_concurrency": dice.choice((2, 5, 50, 900, None)),
            "items_per_message": log_int(dice, 1, 25),
            "messages_per_invocation": dice.choice((1, 3, 10)),
            "batch_window_s": dice.choice((0, 0, 0, 0, 5)),
            "track": dice.choice(("item", "message")),
            "claim": dice.random() < 0.5,
            "state_shards": dice.randint(1, 8),
            "poll_s": dice.choice((10, 30, 60, 120, 300)),
            "send_batch_size": dice.choice((1, 3, 10, 10)),
            "write_batch_size": dice.choice((1, 5, 25, 25)),
            "max_receives": dice.choice((4, 5, 6)),
            "stuck_after_s": dice.choice((60, 300, 3_600, 21_600, 200_000)),
        }

    def shaped(
        self, design: Sqs, items: int, rates: FaultRates, dice: Random
    ) -> tuple[Sqs, dict[str, Any]]:
        size = max(1, items // dice.randint(1, 6))
        poll_s = max(design.poll_s, ceil(rates.quiet_s / POLLS_MAX))
        design = replace(design, segment_items=size, poll_s=poll_s)
        return design, design.batch_knobs()

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:
        shards = {"state_shards": dice.randint(1, 8), "poll_s": dice.choice((20, 60, 120))}
        return knobs | shards | {"claim": dice.random() < 0.5}

    def listed(self, evidence: Evidence, batch: Expected) -> Iterator[tuple[str, Listed]]:
        partition = f"failed#{batch.batch_id}"
        put_s = dict(_failed_puts(evidence, partition))
        for (pk, sk), record in evidence.records.items():
            if pk != partition:
                continue
            listed = Listed(put_s.get(sk, 0.0), record["reason"], "stop" in record)
            items = batch.ids[record["start"] : record["stop"]] if listed.in_range else [sk]
            yield from ((item, listed) for item in items)

    def excuses_listing(self, evidence: Evidence, item: str) -> bool:
        return evidence.struck[item] >= ATTEMPTS

    def late_s(self, design: Sqs, roles: set[str], poll_s: float) -> float:
        late = 2 * poll_s + CALLS_S
        if roles & {"batcher", "plan", "dead"}:
            late += PLAN_HIDDEN_S + BATCHER_LEASE_S
        if roles & {"processor", "item", "dead"}:
            late += design.visibility_timeout_s + design.lease_s + SPLIT_LEASE_S + PUT_OFF_S
        if roles & {"finalizer", "poll"}:
            late += POLL_HIDDEN_S + poll_s
        if roles & {"failures", "batcher", "processor", "plan", "item", "dead"}:
            late += DEAD_HIDDEN_S + BATCHER_LEASE_S
        return late

    def work_s(self, design: Sqs, roles: set[str], items: int) -> float:
        """Plan and segments may be hidden once more. A message that is lost is sent again much
        later, so that a loss shows here.
        """
        busy = items * max(1, design.value_max) / 1000 + TRIES_S
        return busy + 2 * self.late_s(design, roles | {"item"}, 0.0)

    def converge_s(self, design: Sqs, rates: FaultRates, last_s: float) -> float:
        once_s = PLAN_HIDDEN_S + DEAD_HIDDEN_S + 2 * BATCHER_LEASE_S + POLL_HIDDEN_S
        item_s = design.visibility_timeout_s + design.lease_s + SPLIT_LEASE_S + PUT_OFF_S
        late_s = rates.late_max_s if rates.twice_late else 0.0
        start_s = ABSENT_S + ASYNC_S + design.stuck_after_s
        work_s = ITEMS_MAX * design.value_max / 1000
        return last_s + late_s + start_s + 2 * once_s + 3 * item_s + 10 * design.poll_s + work_s

    def planned_again_s(self, evidence: Evidence, batch: Expected) -> float:
        """The wait for the finalizer, where the root died before it could ask for the plan."""
        asked = any(
            call.role == "batcher"
            and call.operation == "SendMessage"
            and f'"kind":"plan","batch":"{batch.batch_id}"' in call.request["MessageBody"]
            for call in evidence.calls
        )
        return 0.0 if asked else batch.knobs["stuck_after_s"]

    def claimed(self, batch: Expected) -> bool:
        return batch.knobs["claim"]

    def may_double(self, evidence: Evidence, batch: Expected) -> bool:
        """A struck batcher sends messages again, and so does the finalizer after a while."""
        struck = any(hit.where in ("batcher", "failures") for hit in evidence.plan.hits)
        doubled = bool(DOUBLING & evidence.plan.counts.keys())
        return doubled or struck or evidence.ended_s >= batch.knobs["stuck_after_s"]

    def ends_at_once(self, evidence: Evidence, batch: Expected) -> bool:  # noqa: ARG002
        return batch.knobs["claim"]

    def excuses_failure(self, evidence: Evidence, batch: Expected) -> bool:
        """All tries of its root were struck, so that it has no record."""
        return batch_may_fail(evidence) and evidence.meta(batch) is None

    def looks(self, evidence: Evidence, batch: Expected) -> list[float]:
        """When a link of the chain was sent by a look at a batch that exists."""
        return [
            call.t_s
            for call in evidence.calls
            if call.role == "finalizer"
            and call.operation == "SendMessage"
            and "PollQueue" in call.request["QueueUrl"]
            and _is_link(call.request["MessageBody"], batch.batch_id)
        ]

    def goes_on(self, call: Called, batch_id: str) -> str:
        asks = call.role == "finalizer" and call.operation == "SendMessage"
        if asks and f'"batch":"{batch_id}"' in call.request["MessageBody"]:
            return "the next look at it is asked for"
        return ""


def _is_link(text: str, batch_id: str) -> bool:
    """Whether a link is about the batch, and about one that exists."""
    body = loads(text)
    return body["batch"] == batch_id and "absent" not in body


def _failed_puts(evidence: Evidence, partition: str) -> Iterator[tuple[str, float]]:
    """The sort keys that were put under the failed ones, each with its time."""
    for call in evidence.calls:
        if call.operation == "TransactWriteItems" and not call.error:
            for action in call.request["TransactItems"]:
                put = action.get("Put")
                if put and put["Item"]["pk"]["S"] == partition:
                    yield put["Item"]["sk"]["S"], call.t_s
