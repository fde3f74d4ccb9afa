"""The swarm's knowledge of the `durable` design: executions that are replayed, chunks, lists."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from lambdas.trigger import name_of
from workbench.designs import Durable
from workbench.swarm.fault_plan import CHAIN_LATE_MAX_S
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.fault_record import Expected, FaultRecord, items_of
from workbench.swarm.noted import Called, Invoked, Listed
from workbench.swarm.protocols.claims import hasty_claim
from workbench.swarm.protocols.protocol import (
    CALLS_S,
    CHAIN_KINDS,
    ITEMS_MAX,
    TRIES_S,
    Places,
    Protocol,
    log_int,
)
from workbench.swarm.rules.durable import NOT_THE_FIRST, RULES, SCENARIOS, is_list

FAILURES = 5  # in a row end an execution, and six of a step
CHUNK_ENDS_S = 900  # a chunk that nobody waits for any more
HANGS_S = 905  # an orchestrator until its timeout, and the wait before it is invoked again
THROTTLED_S = 300  # the longest back-off of an invocation that is throttled
STEPS_S = 5 + 10 + 20 + 40 + 60  # between all tries of a step (retries.py of the SDK)
LEVELS = 3  # root, segment, chunk: each may be throttled

Put = tuple[Called, list[dict[str, Any]]]  # a list of what failed, as it was written


class DurableProtocol(Protocol):
    """`durable`."""

    rules = RULES
    scenarios = SCENARIOS
    places: Places = (
        (
            "orchestrator",
            (
                *("CheckpointDurableExecution", "GetDurableExecutionState"),
                *("PutObject", "GetObject", "Publish"),
            ),
        ),
        ("processor", ("PutObject", "GetObject")),
    )
    kinds = CHAIN_KINDS
    creates = False
    wrong_knobs = (
        *({"items_per_chunk": 0}, {"items_per_chunk": True}, {"items_per_chunk": 10_001}),
        *({"chunks_per_segment": 2.0}, {"chunks_per_segment": 741}),
    )
    tries = 3

    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "max_concurrency": dice.choice((1, 2, 5, 50, 900)),
            "items_per_chunk": log_int(dice, 2, 60),
            "batcher_memory_mb": dice.choice((256, 512, 1_769)),
            "telemetry": "emf",
        }

    def shaped(
        self,
        design: Durable,
        items: int,
        rates: FaultRates,  # noqa: ARG002
        dice: Random,
    ) -> tuple[Durable, dict[str, Any]]:
        """Segments of few chunks."""
        chunks = -(-items // design.items_per_chunk)
        design = replace(design, chunks_per_segment=-(-chunks // dice.randint(1, 6)))
        return design, design.batch_knobs()

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:
        smaller = max(1, knobs["items_per_chunk"] // dice.randint(1, 3))
        return knobs | {"items_per_chunk": smaller, "max_concurrency": dice.choice((2, 20))}

    def strangers(self, design: Durable, trigger: dict[str, Any]) -> list[tuple[str, Any]]:  # noqa: ARG002
        """Chunks that make no sense, each in one way."""
        knobs = trigger["knobs"]
        chunk = {name: trigger[name] for name in ("batch_id", "seed", "knobs")}
        chunk |= {"start": 0, "stop": 1, "tries": 1, "again": 0}
        wrong = (
            *({"stop": 0}, {"start": -1}, {"start": "0"}, {"tries": 0}, {"tries": 4}),
            *({"start": 0.0}, {"tries": True}, {"again": False}, {"again": 1}),
            *({"seed": "1"}, {"batch_id": "a/b"}, {"knobs": {}}),
            {"knobs": knobs | {"item_concurrency": 0}},
        )
        return [("processor", chunk | one) for one in wrong]

    def listed(self, seen: FaultRecord, batch: Expected) -> Iterator[tuple[str, Listed]]:
        """In the lists that are left; an item of a segment that failed is in its range."""
        first_s = _first_s(seen)
        ranges: dict[str, Listed] = {}
        for key, lines in _left(seen, batch).items():
            for line in lines:
                t_s = first_s.get((key, json.dumps(line)), 0.0)
                if "id" in line:
                    yield line["id"], Listed(t_s, line["reason"])
                else:
                    whole = Listed(t_s, line["reason"], in_range=True)
                    named = batch.ids[line["start"] : line["stop"]]
                    ranges |= dict.fromkeys(named, whole)
        yield from ranges.items()

    def listed_by(self, seen: FaultRecord) -> Counter[tuple[str, str]]:
        """By a processor, for good: what an earlier try lists is tried again."""
        found: Counter[tuple[str, str]] = Counter()
        for call, lines in _puts(seen):
            if call.role == "processor":
                good = sum(line.get("attempts") == self.tries for line in lines)
                found[call.request_id, call.request["Key"].split("/")[1]] += good
        return found

    def excuses_listing(self, seen: FaultRecord, item: str, failing: int) -> bool:
        return seen.struck[item] + failing >= self.tries

    def excuses_range(self, seen: FaultRecord, batch: Expected, item: str) -> bool:
        index = batch.ids.index(item)
        return any(
            start <= index < stop and _may_fail(seen, one)
            for one, given in _executions(seen, batch.batch_id)
            for start, stop in [given.get("segment", (0, 0))]
        )

    def late_s(self, design: Durable, roles: set[str], poll_s: float) -> float:  # noqa: ARG002
        late = CALLS_S
        if "processor" in roles:
            late += design.processor_timeout_s + THROTTLED_S + CHAIN_LATE_MAX_S
        if "orchestrator" in roles:
            late += HANGS_S + (LEVELS - 1) * THROTTLED_S + STEPS_S
        return late

    def work_s(self, design: Durable, roles: set[str], items: int) -> float:
        busy = items * max(1, design.value_max) / 1000 + design.wait_s(items) + TRIES_S
        again = design.processor_timeout_s + CHAIN_LATE_MAX_S
        if "orchestrator" in roles:  # before a segment that failed is listed, one after the other
            again += design.segments(items) * CHUNK_ENDS_S
        return busy + again + HANGS_S + LEVELS * THROTTLED_S + STEPS_S

    def converge_s(self, design: Durable, rates: FaultRates, last_s: float) -> float:  # noqa: ARG002
        everywhere = {"orchestrator", "processor"}
        once_s = self.work_s(design, everywhere, ITEMS_MAX) + self.late_s(design, everywhere, 0.0)
        return last_s + 2 * once_s

    def doubled(self, seen: FaultRecord) -> set[str]:
        """Those of the chunks that ran twice, at a time or after a lost answer."""
        twice = (hit for hit in seen.plan.hits if hit.kind in ("chain_twice", "chain_lost"))
        return {item for hit in twice for item in items_of(json.loads(hit.what))}

    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return not seen.plan.counts["chain_twice"]

    def gave_up(self, seen: FaultRecord, one: Invoked) -> bool:
        return hasty_claim(seen, one)

    def excuses_end(self, seen: FaultRecord, one: Invoked) -> bool:
        """A step that failed to its last try fails its execution later, where all is over."""
        return any(
            _may_fail(seen, each) for each in seen.durable if each.started.arn == one.execution
        )

    def answer(self, seen: FaultRecord, one: Invoked, done: int, failed: int) -> Any:  # noqa: ARG002
        """A number, which the execution keeps: of a list that stood before, its length."""
        stands: dict[str, int] = {}
        for call, lines in _puts(seen) if one.answer != failed else ():
            there = stands.setdefault(call.request["Key"], len(lines))
            if call.request_id == one.request_id:
                return there
        return failed

    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:
        return self.excuses_silence(seen, batch.batch_id)

    def excuses_silence(self, seen: FaultRecord, name: str) -> bool:
        """Its trigger came to the topic without a word."""
        return any(
            "segment" not in given and _may_fail(seen, one)
            for one, given in _executions(seen, name)
        )

    def mislisted(self, seen: FaultRecord) -> Iterator[str]:
        """Items that are listed after too few tries, as of another, or without a reason."""
        tries = _tries(seen)
        for call, lines in _puts(seen):
            said = {line.get("attempts") for line in lines if "id" in line}
            asked = seen.requests[call.request_id].event
            wanted = asked["tries"] if call.role == "processor" else self.tries
            if said - {wanted} or not all(line.get("reason") for line in lines):
                yield f"{call.role} {call.request_id} lists {lines[0]} in try {wanted}"
        for batch in seen.batches:
            told = seen.notifications(batch, "complete")  # a root that failed leaves any list
            for item, listed in seen.listed(batch).items() if told else ():
                if not listed.in_range and tries[item] < self.tries:
                    what = f"item {item} is listed after {tries[item]} tries"
                    yield f"{what}; {self.tries} are promised"

    def wasted(self, seen: FaultRecord) -> Iterator[str]:
        """Tries of a chunk that were made more than once, operations that no rule asks for."""
        chunks = [one for one in (*seen.invoked, *seen.never_begun) if one.role == "processor"]
        came = Counter(json.dumps(one.event) for one in chunks if not seen.strange(one))
        struck = Counter((hit.kind, hit.what) for hit in seen.plan.hits)
        for chunk, times in came.items():
            copies, again = struck["chain_twice", chunk], struck["chain_lost", chunk]
            if times > (1 + copies) * (1 + again):
                yield f"a try of a chunk is made {times} times: {chunk[:100]}"
        for call, lines in _puts(seen):
            by, none = seen.requests[call.request_id], not lines and call.role == "processor"
            if none and by.event["tries"] < self.tries:
                yield f"{call.request_id} lists nothing in try {by.event['tries']}"
        for one in seen.durable:
            kinds = Counter(operation["Type"] for operation in one.operations.values())
            if kinds["CONTEXT"] > 1:
                yield f"{one.started.name} has {kinds['CONTEXT']} contexts; its map is one"

    def left_objects(self, seen: FaultRecord) -> Iterator[str]:
        """A claim of each batch, lists of its chunks and segments."""
        wanted = set()
        for batch in seen.batches:
            size, many = (batch.knobs[n] for n in ("items_per_chunk", "chunks_per_segment"))
            ranges = {
                (start, min(start + length, batch.items))
                for length in (size, size * many)
                for start in range(0, batch.items, length)
            }
            place = f"batches/{batch.batch_id}"
            for kind in ("failed", *(f"again/{tries}" for tries in range(1, self.tries))):
                wanted |= {f"{place}/{kind}/{a:09d}-{b:09d}.jsonl" for a, b in ranges}
            wanted.add(f"{place}/start")
        for key in seen.objects.keys() - wanted:
            yield f"the object {key} is left"


def _executions(seen: FaultRecord, batch: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The durable executions of a batch, root and segments, with what they were given."""
    for one in seen.durable:
        given = json.loads(one.started.input)
        if name_of(given) == batch:
            yield one, given


def _may_fail(seen: FaultRecord, execution: Any) -> bool:
    """Whether faults struck an execution as often as ends it: in a row is not asked."""
    arn = execution.started.arn
    mine = {one.request_id for one in seen.invoked if one.execution == arn}
    struck = sum(hit.request_id in mine and hit.kind != "slow" for hit in seen.plan.hits)
    return struck + sum(one.execution == arn for one in seen.never_begun) >= FAILURES


def _tries(seen: FaultRecord) -> Counter[str]:
    """With how many numbers of a try each item came to a processor."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for one in (*seen.invoked, *seen.never_begun):
        for item in seen.items_of(one) if one.role == "processor" else ():
            numbers[item].add(one.event["tries"])
    return Counter({item: len(some) for item, some in numbers.items()})


def _puts(seen: FaultRecord) -> list[Put]:
    """Every list of what failed, as it was written, or as it was there before."""
    return [
        (call, [json.loads(line) for line in call.request["Body"].getvalue().splitlines()])
        for call in seen.calls
        if is_list(call) and call.error in ("", NOT_THE_FIRST)
    ]


def _first_s(seen: FaultRecord) -> dict[tuple[str, str], float]:
    """When each line was written first: a try that runs twice writes its list again."""
    found: dict[tuple[str, str], float] = {}
    for call, lines in _puts(seen):
        for line in lines:
            found.setdefault((call.request["Key"], json.dumps(line)), call.t_s)
    return found


def _left(seen: FaultRecord, batch: Expected) -> dict[str, list[dict[str, Any]]]:
    """The lists of a batch at the end."""
    prefix = f"batches/{batch.batch_id}/failed/"
    return {
        key: [json.loads(line) for line in body.splitlines()]
        for key, body in seen.objects.items()
        if key.startswith(prefix)
    }
