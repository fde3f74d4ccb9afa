"""How the swarm sees that a rule of the `counters` design decided something."""

from collections import Counter, defaultdict

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.probes import Branch
from workbench.swarm.rules.guards import Elsewhere, Guard, Rules, broken_off, cancelled_by
from workbench.swarm.rules.scenarios import (
    REFUSED_NOTICES,
    Scenario,
    cancellations,
    deadlines,
    slow_count,
)


def _counted_again(seen: FaultRecord) -> bool:
    """A message was counted by two invocations."""
    counted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for call in seen.calls:
        for number in _numbers(call.request) if not call.error else ():
            counted[call.request["Key"]["pk"]["S"], number].add(call.request_id)
    return any(len(requests) > 1 for requests in counted.values())


def _died_at_work(seen: FaultRecord) -> bool:
    """An invocation did an item and died before it counted anything."""
    counted = {call.request_id for call in seen.calls if _numbers(call.request)}
    return any(
        one.outcome == "done"
        and seen.requests[one.request_id].end == "died"
        and one.request_id not in counted
        for one in seen.executions
    )


def _written_late(seen: FaultRecord) -> bool:
    """A message was counted when its batch was closed."""
    closed_s = {f"done#{b.batch_id}": seen.protocol.closed_s(seen, b) for b in seen.batches}
    for call in seen.calls:
        if _numbers(call.request):
            at_s = closed_s.get(call.request["Key"]["pk"]["S"].rpartition("#")[0])
            if at_s is not None and call.t_s > at_s:
                return True
    return False


def _numbers(request: dict) -> list[str]:
    """The numbers that a write counts."""
    return request.get("ExpressionAttributeValues", {}).get(":numbers", {}).get("NS", [])


def _listed(ranges: bool) -> Guard:
    """The consumer of the dead letters listed ranges of messages, or single items."""

    def decided(seen: FaultRecord) -> bool:
        return any(
            record["sk"]["S"].startswith("messages#") == ranges
            for call in seen.calls
            if call.role == "failures" and not call.error
            for record in seen.protocol.puts(call)
        )

    return decided


def _several_pages(seen: FaultRecord) -> bool:
    """A poll read its counters in several calls."""
    reads = Counter(c.request_id for c in seen.calls if c.operation == "BatchGetItem")
    return any(number > 1 for number in reads.values())


RULES: Rules = {
    "A shard holds the numbers of its messages, not how many they are": (_counted_again,),
    "A message is counted after all its items are done or listed": (_died_at_work,),
    "What failed is sent again under the same number, before the first message is acknowledged": (
        Branch("counters.processor._work", "failed and tries < TRIES_MAX"),
    ),
    "An item is listed after three tries that ran": (
        Branch("counters.processor._work", "tries < TRIES_MAX", False),
    ),
    "The batch record is there before any message, and outlives them all": (
        Branch("counters.batcher.start", "batch is not None", False),
    ),
    "A message is dropped only if a consistent read says that its batch is over": (
        lambda seen: any(
            call.role == "processor" and call.request.get("ConsistentRead") for call in seen.calls
        ),
    ),
    "Tell, then mark": (broken_off("finalizer", "Publish", "UpdateItem"),),
    "Every record expires later than any message could still write": (_written_late,),
    "What was cancelled is planned again from what is not counted, with the queues emptied first": (
        Elsewhere("tests/workbench/targets/aws")
    ),
    "A cancelled batch is neither planned, worked, polled nor listed": (
        Branch("counters.batches.read_open", "record['status'] != 'OPEN'"),
    ),
    "A batch past its deadline is notified of, then cancelled, unless nothing of it is left": (
        cancelled_by("finalizer"),
    ),
    "A dead letter goes round three times": (
        Branch("counters.failures._deal", "rounds < ROUNDS_MAX"),
    ),
    "A dead message lists its items, and is counted": (_listed(ranges=False),),
    "A range that was never sent is listed, and counted": (_listed(ranges=True),),
    "Shards are read from the last one back, and no further than one with a message missing": (
        _several_pages,
    ),
}

SLOW = {"value_max": (2_000, 8_000), "items_per_message": (5, 10), "item_concurrency": (1,)}
SCENARIOS = (
    Scenario(
        "ranges whose messages are never all sent",
        rates={"hold_back": (1.0, 1.0)},
        roles=("batcher",),
        operations=("SendMessageBatch",),
        queues=("ItemQueue",),
        quiet_s=(3_000.0, 8_000.0),
    ),
    Scenario(
        "messages that die in every round",
        rates={"kill_before": (0.8, 1.0)},
        roles=("processor",),
        operations=("GetItem", "UpdateItem"),
        quiet_s=(3_000.0, 30_000.0),
        items=(5, 60),
    ),
    Scenario(
        "copies that are worked while their batch is closed",
        rates={"twice_late": (0.7, 1.0)},
        queues=("ItemQueue",),
        late_max_s=60.0,
        knobs=SLOW | {"poll_s": (10,), "max_concurrency": (50, 900, None)},
    ),
    Scenario(
        "deaths between the notification and the mark",
        rates={"kill_after": (0.1, 0.8), "kill_before": (0.0, 0.3), "lose_answer": (0.0, 0.3)},
        roles=("finalizer",),
        operations=("Publish", "UpdateItem"),
        items=(1, 40),
    ),
    Scenario(
        "dead letters whose consumer dies",
        rates={"kill_sleep": (0.98, 1.0), "kill_before": (0.2, 0.6)},
        roles=("processor", "failures"),
        operations=("UpdateItem", "BatchWriteItem"),
        quiet_s=(10_000.0, 30_000.0),
        knobs={"value_max": (200,), "max_receives": (4,), "items_per_message": (1, 5)},
        items=(2, 20),
    ),
    Scenario(
        "deaths between the list of what failed and its count",
        rates={"kill_after": (0.1, 0.5), "kill_before": (0.1, 0.5)},
        roles=("processor",),
        operations=("BatchWriteItem", "UpdateItem"),
        knobs={"poison_per_million": (200_000,), "poll_s": (10, 30)},
        items=(5, 60),
    ),
    REFUSED_NOTICES,
    *cancellations(SLOW),
    *deadlines(SLOW),
    slow_count("BatchGetItem"),
    Scenario(
        "dead letters of a batch that is cancelled",
        rates={"throttle": (1.0, 1.0)},
        roles=("processor",),
        quiet_s=(3_000.0, 8_000.0),
        knobs={"max_receives": (4,)},
        items=(2, 60),
        cancel_s=(5.0, 60.0),
    ),
    Scenario(
        "counters of several pages",
        rates={"twice": (0.0, 0.3), "kill_after": (0.0, 0.1), "hold_back": (0.0, 0.6)},
        knobs={"items_per_message": (1, 2)},
        limits={"PER_SHARD": (1, 6), "BATCH_GET_MAX": (1, 4), "PAGE_MAX_BYTES": (100, 1_000)},
    ),
    Scenario(
        "a trigger that comes again when its batch is over",
        rates={"slow": (0.0, 0.05)},
        again_s=(600.0, 7_200.0),
        items=(1, 60),
    ),
)
