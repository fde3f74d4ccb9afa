"""The swarm's knowledge of the designs of queues and a table: knobs, waits, failed items."""

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from json import loads
from math import ceil
from random import Random
from typing import Any

from workbench.designs import Queued
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Delivered, Listed, items_in, plain
from workbench.swarm.protocols.protocol import (
    CALLS_S,
    ITEMS_MAX,
    QUEUE_KINDS,
    TRIES_S,
    Protocol,
    log_int,
)

POLLS_MAX = 150  # polls of a batch while there are faults, so that a run stays short
PLAN_HIDDEN_S = 5_400  # visibility of the plan queue: six times 900 s
DELAY_MAX_S = 900  # the longest wait that a handler asks for
ROUNDS = 3  # that a message goes through all its receives
ASYNC_S = 180  # both retries of an asynchronous invocation


def backoff_s(tries: int) -> float:
    """The wait after so many tries."""
    return min(10 * 2 ** (tries - 1), DELAY_MAX_S)


class QueuedProtocol(Protocol):
    """What both have in common. A wait is a queue's visibility, a lease or a delay, in seconds."""

    kinds = QUEUE_KINDS
    cancels = True
    tries = 3
    puts_off = ("batcher", "processor", "finalizer", "failures")
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

    @abstractmethod
    def created_by(self, batch: Expected, message: dict[str, Any]) -> list[str]:
        """The items that a message of the plan queue asks for, if it is of that batch."""

    def excuses_range(self, seen: FaultRecord, batch: Expected, item: str) -> bool:
        """The message that asks for it went through all its receives, so many rounds long."""
        asked = [loads(one.body) for one in seen.delivered if "PlanQueue" in one.queue]
        received = sum(item in self.created_by(batch, message) for message in asked)
        return received >= ROUNDS * seen.design.max_receives

    def listed_by(self, seen: FaultRecord) -> Counter[tuple[str, str]]:
        batches = {f"failed#{batch.batch_id}": batch for batch in seen.batches}
        found: Counter[tuple[str, str]] = Counter()
        for call in seen.calls:
            for record in [] if call.error else self.puts(call):
                batch = batches.get(record["pk"]["S"])
                if batch is not None:
                    items, _ = self.failed_items(batch, record["sk"]["S"], plain(record))
                    found[call.request_id, batch.batch_id] += len(items)
        return found

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

    def doubled(self, seen: FaultRecord) -> set[str]:
        """Those of messages that were copied, and those that were sent in several messages.

        What a processor sends is what it could not do, unless a fault struck it.
        """
        found = {item for body in copied(seen, "ItemQueue") for item in items_in(body)}
        sent = Counter(item for item, ids in self._sent(seen).items() for _ in ids)
        return found | {item for item, number in sent.items() if number > 1}

    def senders(self, seen: FaultRecord) -> dict[str, list[str]]:
        return {
            item: [one for one in ids if seen.requests[one].role == "batcher"]
            for item, ids in self._sent(seen).items()
        }

    def _sent(self, seen: FaultRecord) -> dict[str, list[str]]:
        """The requests that sent an item in a message."""
        found: dict[str, list[str]] = defaultdict(list)
        for call in seen.calls:
            if call.role == "processor" and call.request_id not in seen.hit:
                continue
            for body in sent_to(call, "ItemQueue"):
                for item in items_in(body):
                    found[item].append(call.request_id)
        return found

    def sends_again(self, seen: FaultRecord, batch: Expected) -> bool:
        """A struck batcher does, a copy of what it was asked, a second trigger."""
        struck = any(hit.where in ("batcher", "failures") for hit in seen.plan.hits)
        return struck or len(batch.started_s) > 1 or bool(copied(seen, "PlanQueue"))

    def held_s(
        self,
        seen: FaultRecord,  # noqa: ARG002
        call: Called,  # noqa: ARG002
        message: dict[str, Any],  # noqa: ARG002
    ) -> Iterator[tuple[float, float]]:
        """How long a call may put off a message with which nothing is wrong: from and to."""
        yield from ()

    def put_off_s(
        self, seen: FaultRecord, call: Called, message: dict[str, Any], receives: int
    ) -> list[tuple[float, float]]:
        """A poll comes back after its own time; what went wrong, later each time."""
        waits_s = [*self.held_s(seen, call, message)]
        if call.role == "finalizer":
            waits_s.append((poll_s(seen, message),) * 2)
        if call.request_id in seen.hit:
            waits_s.append((backoff_s(receives),) * 2)
        return waits_s

    def delayed_s(
        self, seen: FaultRecord, call: Called, message: dict[str, Any]
    ) -> tuple[float, float]:
        """The first poll, and what failed; a dead letter that goes round is spread."""
        if "PollQueue" in call.request["QueueUrl"]:
            return (poll_s(seen, message),) * 2
        if call.role == "processor":
            return (backoff_s(message["tries"] - 1),) * 2
        return 0.0, (DELAY_MAX_S if call.role == "failures" else 0.0)

    def polls(self, seen: FaultRecord, batch: Expected) -> list[float]:
        """When the finalizer read the batch's record."""
        return [call.t_s for call in on_record(seen, batch, "GetItem")]

    def poll_loops(self, seen: FaultRecord, batch: Expected) -> int:
        """One for each first message that reached the polling queue, and for each copy of it."""
        copies = sum(
            hit.kind in ("twice", "twice_late") and "PollQueue" in hit.where
            for hit in seen.plan.hits
        )
        sent = sum(
            call.role in ("batcher", "failures")
            and call.operation == "SendMessage"
            and "PollQueue" in call.request["QueueUrl"]
            and f'"batch":"{batch.batch_id}"' in call.request["MessageBody"]
            for call in seen.calls
        )
        return max(1, sent) + copies

    def over_s(self, seen: FaultRecord, batch: Expected) -> float | None:
        marks = on_record(seen, batch, "UpdateItem", "DeleteItem")
        return next((call.t_s for call in marks if not call.error), None)

    def goes_on(self, call: Called, batch_id: str) -> str:
        """A batcher that sends messages of it, or a finalizer that looks at its records."""
        if call.role == "batcher" and call.operation in ("SendMessage", "SendMessageBatch"):
            texts = [one["MessageBody"] for one in call.request.get("Entries", [call.request])]
            if any(f'"batch":"{batch_id}"' in text for text in texts):
                return "its messages are sent"
        if call.role == "finalizer" and call.operation == "Query":
            partition = call.request["ExpressionAttributeValues"][":pk"]["S"]
            if partition.split("#")[1] == batch_id:
                return "its records are looked at"
        return ""


def poll_s(seen: FaultRecord, message: dict[str, Any]) -> float:
    """The time between two polls of a message's batch."""
    found = (one.knobs["poll_s"] for one in seen.batches if one.batch_id == message["batch"])
    return next(found, 0.0)


def sent_to(call: Called, queue: str) -> list[str]:
    """The bodies that a call has sent to a queue; an answer that was lost is known to be right."""
    if call.error or queue not in call.request.get("QueueUrl", ""):
        return []
    if call.operation == "SendMessage":
        return [call.request["MessageBody"]]
    failed = {one["Id"] for one in call.response.get("Failed", ())}
    entries = call.request.get("Entries", ())
    return [one["MessageBody"] for one in entries if one["Id"] not in failed]


def copied(seen: FaultRecord, queue: str) -> set[str]:
    """The bodies of a queue's messages that came again though nobody had given them back."""
    found: set[str] = set()
    last: dict[str, Delivered] = {}
    for one in seen.delivered:
        if queue in one.queue:
            before = last.get(one.message_id)
            if before is not None and (before.end in ("", "done") or _other(before, one)):
                found.add(one.body)
            last[one.message_id] = one
    return found


def _other(first: Delivered, second: Delivered) -> bool:
    """Whether two deliveries of a message are of two copies of it: handles end in the receive."""
    copies = {one.receipt.rsplit("/", 1)[0] for one in (first, second)}
    return len(copies) > 1 or second.at_s < first.ended_s


def on_record(seen: FaultRecord, batch: Expected, *operations: str) -> list[Called]:
    """These calls of the finalizer on the batch's record."""
    return [
        call
        for call in seen.calls
        if call.role == "finalizer"
        and call.operation in operations
        and call.request["Key"]["pk"]["S"] == f"batch#{batch.batch_id}"
    ]
