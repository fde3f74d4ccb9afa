"""Work is repeated only where a crash, a copy of a message or a second sending explains it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from workbench.swarm.checks.items import overlaps
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Execution, batch_of, written_by

SENDS = ("SendMessage", "SendMessageBatch")
SEND_BATCH_MAX, WRITE_BATCH_MAX = 10, 25
CHILDREN = ("items", "segments")  # records that are written many at a time


def check_repeats(seen: FaultRecord) -> Iterator[str]:
    """Items that were worked again, or twice at a time, and items sent again, for nothing."""
    doubled = seen.protocol.doubled(seen)
    for batch in seen.batches:
        for item in batch.ids:
            tries = seen.by_item.get(item, [])
            if len(tries) > 1:
                yield from _together(item, tries, doubled)
                yield from _again(seen, tries, doubled)
        yield from _sent_again(seen, batch)
        yield from _sent_early(seen, batch)
    yield from _dear(seen)
    yield from _dear_writes(seen)
    yield from _replayed(seen)
    yield from seen.protocol.wasted(seen)


def _together(item: str, tries: list[Execution], doubled: set[str]) -> Iterator[str]:
    for first, second in overlaps(tries):
        if item not in doubled:
            yield (
                f"item {item} came once, and is worked by {first.request_id} until "
                f"{first.ended_s:.3f} s and by {second.request_id} from {second.begun_s:.3f} s"
            )
            return


def _again(seen: FaultRecord, tries: list[Execution], doubled: set[str]) -> Iterator[str]:
    """A try after one that did the item and ended well."""
    done: Execution | None = None
    for one in tries:
        if done is not None and done.request_id not in seen.hit:
            first, later = seen.requests[done.request_id], seen.requests[one.request_id]
            knows = later.begun_s > first.ended_s and seen.protocol.looks(later, one.item)
            if knows or one.item not in doubled:
                yield (
                    f"item {one.item} was done by {done.request_id}, which nothing struck, and is "
                    f"worked again at {one.begun_s:.3f} s by {one.request_id}"
                )
                return
        if one.outcome == "done":
            done = one


def _sent_again(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """Items that a batcher sent twice."""
    if seen.protocol.sends_again(seen, batch):
        return
    senders = seen.protocol.senders(seen)
    for item in batch.ids:
        requests = senders.get(item, ())
        if len(requests) > 1:
            yield f"item {item} was sent {len(requests)} times, and nothing explains it"
            return


def _sent_early(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """Records that a finalizer sent again before they were old enough, or without a new date."""
    old_s, dated = seen.protocol.forgotten_s(batch), set[tuple[str, str]]()
    for call in seen.calls:
        if call.role != "finalizer" or call.error:
            continue
        values = call.request.get("ExpressionAttributeValues", {})
        if ":old" in values and batch_of(call) == batch.batch_id:
            aged_s = float(values[":now"]["N"]) - float(values[":old"]["N"])
            dated.add((call.request_id, call.request["Key"]["sk"]["S"]))
            if aged_s < old_s:
                yield f"{call.request_id} takes a record of {aged_s:.0f} s for one of {old_s:.0f} s"
        elif call.operation == "SendMessage":
            message = json.loads(call.request["MessageBody"])
            if message["batch"] == batch.batch_id:
                yield from _unasked(call, message, dated, batch.started_s[0] + old_s)


def _unasked(
    call: Called, message: dict[str, Any], dated: set[tuple[str, str]], from_s: float
) -> Iterator[str]:
    """A message of a record that keeps its date, or the plan's, which has none, too early."""
    segment = message.get("segment")
    name = message.get("sk", "" if segment is None else f"{segment:06d}")
    if (name and (call.request_id, name) not in dated) or call.t_s < from_s:
        yield f"{call.request_id} sends {name or 'the plan'} again at {call.t_s:.0f} s for nothing"


def _dear(seen: FaultRecord) -> Iterator[str]:
    """Invocations that nothing struck and that made more sends than their messages need."""
    calls, messages = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for call in seen.calls:
        if call.operation in SENDS and call.role == "batcher" and call.request_id not in seen.hit:
            key = call.request_id, call.request["QueueUrl"]
            calls[key] += 1
            messages[key] += len(call.request.get("Entries", [0]))
    at_a_time = min(batch.knobs.get("send_batch_size", SEND_BATCH_MAX) for batch in seen.batches)
    for (request_id, queue), number in calls.items():
        if number > -(-messages[request_id, queue] // at_a_time):
            yield (
                f"{request_id} sends {messages[request_id, queue]} messages to "
                f"{queue.rsplit('/', 1)[-1]} in {number} calls"
            )


def _dear_writes(seen: FaultRecord) -> Iterator[str]:
    """Batchers that nothing struck and that wrote records in more calls than they need."""
    calls, records = Counter[str](), Counter[str]()
    for call in seen.calls:
        if call.role == "batcher" and call.request_id not in seen.hit and not call.error:
            put = call.operation in ("PutItem", "BatchWriteItem") and written_by(call)
            if put and put[0]["pk"]["S"].startswith(CHILDREN):
                calls[call.request_id] += 1
                records[call.request_id] += len(put)
    at_a_time = min(b.knobs.get("write_batch_size", WRITE_BATCH_MAX) for b in seen.batches)
    for request_id, number in calls.items():
        if number > -(-records[request_id] // at_a_time):
            yield f"{request_id} writes {records[request_id]} records in {number} calls"


def _replayed(seen: FaultRecord) -> Iterator[str]:
    """Calls that a durable execution made in more than one invocation, and none was struck: what
    stands outside of a step is done again in each replay.
    """
    execution_of = {one.request_id: one.execution for one in seen.invoked if one.execution}
    struck = {execution_of.get(request_id) for request_id in seen.hit}
    struck |= {one.execution for one in seen.never_begun}
    made: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for call in seen.calls:
        execution = execution_of.get(call.request_id)
        what = call.request.get("Key") or call.request.get("Message")
        if what and execution and execution not in struck:
            made[execution, call.operation, what].add(call.request_id)
    for (_, operation, what), requests in made.items():
        if len(requests) > 1:
            yield f"{operation} of {what[:100]} is made by {len(requests)} replays of one execution"
