"""Work goes on side by side as far as the knobs allow, and no further."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import Any

from workbench.swarm.checks.items import overlaps
from workbench.swarm.fault_record import Expected, FaultRecord, items_of
from workbench.swarm.noted import Execution, Invoked, items_in

LONG_S = 1.0  # two such tries are never both over before a place is free


def check_parallel(seen: FaultRecord) -> Iterator[str]:
    """Invocations that work too many items at a time, or one where there was place for more."""
    batch_of = {item: batch for batch in seen.batches for item in batch.ids}
    tries: dict[str, list[Execution]] = defaultdict(list)
    for one in seen.executions:
        if one.item in batch_of:
            tries[one.request_id].append(one)
    for request_id, mine in tries.items():
        places = max(batch_of[one.item].knobs["item_concurrency"] for one in mine)
        if (most := peak((one.begun_s, one.ended_s) for one in mine)) > places:
            yield f"{request_id} works {most} items at a time; {places} are asked for"
        invoked = seen.requests[request_id]
        idle = places > 1 and request_id not in seen.hit and invoked.end == "answered"
        if idle and _has_place(seen, invoked, mine, places) and not any(overlaps(mine)):
            yield f"{request_id} works one item after the other; {places} at a time are asked for"
    for batch in seen.batches:
        yield from _children(seen, batch, tries)
        yield from _crowded(seen, batch)
    yield from _tasks(seen)


def peak(spans: Iterable[tuple[float, float]]) -> int:
    """How many of the spans hold at a time, at most."""
    changes = sorted(
        change for begun_s, ended_s in spans for change in ((begun_s, 1), (ended_s, -1))
    )
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most


def _has_place(seen: FaultRecord, invoked: Invoked, tries: list[Execution], places: int) -> bool:
    """Whether two long tries of an invocation could have gone on at a time."""
    long = {one.item for one in tries if one.ended_s - one.begun_s >= LONG_S}
    parts = _parts(invoked.event)
    within = any(len(long & part) > 1 for part in parts)
    size = max(map(len, parts), default=1)
    beside = seen.protocol.beside and places // size > 1
    several = len(long) > 1 and sum(bool(long & part) for part in parts) > 1  # no copies of one
    return within or (beside and several)


def _parts(event: Any) -> list[set[str]]:
    """The items of each message of an event, of a child or a chunk."""
    if "Records" not in event:
        return [items_of(event)]
    return [{*items_in(record["body"])} for record in event["Records"]]


def _children(
    seen: FaultRecord, batch: Expected, tries: dict[str, list[Execution]]
) -> Iterator[str]:
    """A map's children, or chunks, that are not as many at a time as its batch asks for."""
    doubled = seen.plan.counts["child_twice"] + seen.plan.counts["chain_twice"]
    if not {"items_per_child", "items_per_chunk"} & batch.knobs.keys() or doubled:
        return
    ids = batch.values.keys()
    mine = [
        one for one in seen.invoked if any(each.item in ids for each in tries[one.request_id][:1])
    ]
    most, limit = peak((one.begun_s, one.ended_s) for one in mine), batch.knobs["max_concurrency"]
    if limit and most > limit:
        yield f"{most} children of {batch.batch_id} run at a time; {limit} are asked for"
    long = {  # tries of one chunk follow each other
        frozenset(items_of(one.event)) for one in mine if one.ended_s - one.begun_s >= LONG_S
    }
    if limit != 1 and len(long) > 1 and most == 1 and not seen.plan.hits:
        yield f"{len(long)} long children of {batch.batch_id} run one after the other"


def _crowded(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """Records of items that lie in one shard as no chance explains: six standard deviations."""
    shards = batch.knobs.get("state_shards", 1)
    partition = f"items#{batch.batch_id}#"  # what a dead message hands over stays in its shard
    keys = ((pk, sk) for pk, sk in seen.written_s if "#" not in sk)
    held = Counter(pk for pk, _ in keys if pk.startswith(partition))
    even = held.total() / shards
    if held and max(held.values()) > even + 6 * sqrt(even) + 1:
        yield f"{max(held.values())} of {held.total()} records lie in one of {shards} shards"


def _tasks(seen: FaultRecord) -> Iterator[str]:
    """Tasks of a state machine that are tried again while their function still goes on."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in seen.invoked if seen.map_runs else ():
        if one.role != "processor":
            spans[f"{one.role} {json.dumps(one.event)}"].append((one.begun_s, one.ended_s))
    for task, some in spans.items():
        if peak(some) > 1:
            yield f"a task is tried again beside its first try: {task[:150]}"
