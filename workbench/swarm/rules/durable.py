"""How the swarm sees that a rule of the `durable` design decided something."""

from collections import defaultdict
from typing import Any

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called
from workbench.swarm.probes import Branch
from workbench.swarm.rules.guards import Elsewhere, Rules, made_twice
from workbench.swarm.rules.scenarios import Scenario

NOT_THE_FIRST = "PreconditionFailed"


def is_list(call: Called) -> bool:
    """Whether a call writes what failed: for good, or in a try that another one follows."""
    key = call.request.get("Key", "")
    return call.operation == "PutObject" and ("/failed/" in key or "/again/" in key)


def _replayed(seen: FaultRecord) -> bool:
    """An orchestrator was struck, and what it had done was replayed."""
    return any(one.execution and one.request_id in seen.hit for one in seen.invoked)


def _tried_anew(seen: FaultRecord) -> bool:
    """A chunk whose first try died was worked again whole."""
    return any(
        _chunk(one.event).get("tries", 0) > 1 and not one.event["again"] for one in _tries(seen)
    )


def _run_twice(seen: FaultRecord) -> bool:
    """A try of a chunk with failures ran twice, or was struck when its list was written."""
    writers: dict[tuple[str, int], set[str]] = defaultdict(set)
    for call in seen.calls:
        if call.role == "processor" and is_list(call) and call.error in ("", NOT_THE_FIRST):
            tries = seen.requests[call.request_id].event["tries"]
            writers[call.request["Key"], tries].add(call.request_id)
    struck = any(requests & seen.hit for requests in writers.values())
    return struck or any(len(requests) > 1 for requests in writers.values())


def _listed_before(seen: FaultRecord) -> bool:
    """A try found its list there, and left it as it was."""
    return any(is_list(call) and call.error == NOT_THE_FIRST for call in seen.calls)


def _claimed_before(seen: FaultRecord) -> bool:
    """An execution found its batch claimed, by itself or by another."""
    claims = (call for call in seen.calls if call.operation == "PutObject" and not is_list(call))
    return any(call.error == NOT_THE_FIRST for call in claims)


def _full(seen: FaultRecord) -> bool:
    """A batch had more chunks than it might work at a time, in several segments."""
    return any(
        batch.items > batch.knobs["items_per_chunk"] * batch.knobs["max_concurrency"]
        and batch.items > batch.knobs["items_per_chunk"] * batch.knobs["chunks_per_segment"]
        for batch in seen.batches
    )


def _given_up(seen: FaultRecord) -> bool:
    """Of a batch; a trigger that cannot be carried out ends so each time."""
    return any(seen.notifications(batch, "failed") for batch in seen.batches)


def _notice(call: Called) -> str:
    return call.request["Message"] if call.operation == "Publish" else ""


def _tries(seen: FaultRecord) -> list[Any]:
    return [one for one in seen.invoked if one.role == "processor" and not seen.strange(one)]


def _chunk(event: Any) -> dict[str, Any]:
    return event if isinstance(event, dict) else {}


RULES: Rules = {
    "Outside of a step nothing reads a clock, draws, or calls AWS": (_replayed,),
    "A chunk is its range of indices": (_tried_anew,),
    "What failed is in S3 before the processor answers, under the chunk's range": (_run_twice,),
    "The answer is a number": (Branch("durable.processor.handler", "left or tries == TRIES_MAX"),),
    "A try works what the last one that answered has listed": (
        Branch("durable.failed.given", "not again", False),
    ),
    "The first list of a try stands, in the last try even an empty one": (_listed_before,),
    "A chunk whose last try died is listed with all that it was given": (
        Branch("durable.orchestrator._listed", ""),
    ),
    "A segment that fails is listed as a range": (
        Branch("durable.orchestrator._segments.one", "except InvokeError"),
    ),
    "The moment of completion is a step of its own, before the notice": (made_twice(_notice),),
    "A trigger that cannot be carried out is told of, in a step": (
        Branch("durable.orchestrator._refuse", ""),
    ),
    "The trigger of an execution that failed goes to the topic": (_given_up,),
    "A batch is one execution's: a conditional put claims it": (_claimed_before,),
    "Segments and their chunks together are no more than `max_concurrency`": (_full,),
    "A segment has at most 740 chunks: four operations each in the worst case": Elsewhere(
        "tests/lambdas/durable/test_ranges.py"
    ),
}

CHECKPOINT = ("CheckpointDurableExecution",)
POISONED = {"poison_per_million": (50_000, 200_000)}
SCENARIOS = (
    Scenario(
        "chunks whose processors die in every try",
        rates={"kill_sleep": (0.3, 0.9), "kill_before": (0.0, 0.3)},
        roles=("processor",),
        knobs=POISONED | {"items_per_chunk": (1, 3, 10), "value_max": (20, 200)},
        items=(5, 60),
    ),
    Scenario(
        "chunks that run twice, and whose answers are lost or late",
        rates={"chain_twice": (0.0, 0.6), "chain_lost": (0.0, 0.6), "chain_late": (0.0, 0.4)},
        knobs=POISONED,
    ),
    Scenario(
        "tries that die around their lists",
        rates={"kill_after": (0.1, 0.7), "kill_before": (0.1, 0.5), "refuse": (0.0, 0.3)},
        roles=("processor",),
        operations=("PutObject", "GetObject"),
        knobs=POISONED | {"items_per_chunk": (5, 20)},
    ),
    Scenario(
        "segments that fail",
        rates={"kill_before": (0.6, 0.95)},
        roles=("orchestrator",),
        operations=CHECKPOINT,
        unnamed=True,
        quiet_s=(20.0, 600.0),
        items=(20, 120),
        knobs={"items_per_chunk": (2, 5, 10)},
    ),
    Scenario(
        "orchestrators that die at their checkpoints",
        rates={"kill_before": (0.05, 0.3), "kill_after": (0.05, 0.3), "lose_answer": (0.0, 0.2)},
        roles=("orchestrator",),
        operations=CHECKPOINT,
        knobs={"poison_per_million": (0, 50_000)},
        again_s=(0.0, 60.0),
    ),
    Scenario(
        "deaths around the notice",
        rates={"kill_after": (0.0, 0.8), "kill_before": (0.0, 0.3), "refuse": (0.0, 0.7)},
        roles=("orchestrator",),
        operations=("Publish",),
        items=(1, 40),
    ),
    Scenario(
        "a root that fails",
        rates={"kill_before": (0.7, 1.0), "refuse": (0.0, 0.5)},
        roles=("orchestrator",),
        operations=(*CHECKPOINT, "Publish"),
        items=(1, 60),
    ),
    Scenario(
        "a schedule that fires twice",
        rates={"kill_after": (0.0, 0.3), "refuse": (0.0, 0.6), "lose_answer": (0.0, 0.3)},
        roles=("orchestrator",),
        operations=("PutObject", "GetObject"),
        crons=2,
        items=(1, 20),
    ),
    Scenario(
        "throttled orchestrators and processors",
        rates={"throttle": (0.1, 0.7)},
        items=(5, 80),
        knobs=POISONED,
    ),
    Scenario(
        "orchestrators that hang",
        rates={"hang_start": (0.05, 0.3), "hang_call": (0.05, 0.3), "init_fails": (0.0, 0.5)},
        items=(5, 60),
        knobs={"value_max": (20, 2_000)},
    ),
    Scenario(
        "lists of items that succeed later",
        rates={"lose_answer": (0.1, 0.5), "refuse": (0.0, 0.4), "kill_after": (0.0, 0.4)},
        roles=("processor",),
        operations=("PutObject",),
        knobs=POISONED | {"items_per_chunk": (10, 40)},
    ),
)
