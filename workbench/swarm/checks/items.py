"""No item is lost, failed without a reason, owned twice at a time or repeated without a cause."""

from collections import Counter
from collections.abc import Iterator
from math import inf

from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Execution, payloads_in

NEAR_S = 1e-6


def check_processed(seen: FaultRecord) -> Iterator[str]:
    """Items that were lost, failed for nothing, done though all tries fail, or of no batch."""
    known: set[str] = set()
    for batch in seen.batches:
        known |= batch.values.keys()
        yield from _done_otherwise(seen, batch)
        complete = seen.notifications(batch, "complete")
        excused = seen.cancelled(batch) or seen.protocol.excuses_failure(seen, batch)
        if complete or not excused:
            yield from _lost(seen, batch)
            yield from _failed_for_nothing(seen, batch)
    for item in sorted(seen.by_item.keys() - known):
        yield f"item {item} was worked and belongs to no batch"
    yield from _carried(seen)


def check_claims(seen: FaultRecord) -> Iterator[str]:
    """Owners at the same time, repeats without a crash, and repeats that were not counted."""
    claimed = {}
    for batch in seen.batches:
        owned = seen.protocol.claimed(batch)
        for item in batch.ids:
            tries = seen.by_item.get(item, [])
            if owned:
                claimed[item] = batch.batch_id
                yield from _two_owners(item, tries)
                yield from _repeats(seen, tries)
    yield from _uncounted(seen, claimed)


def _lost(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    listed = seen.listed(batch)
    for item in batch.ids:
        if item not in seen.done_s and item not in listed:
            yield f"item {item} of {batch.batch_id} is neither done nor listed as failed"
    for item in listed.keys() - batch.values.keys():
        yield f"item {item} is listed as failed in {batch.batch_id}, which never had it"


def _failed_for_nothing(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """A sound item may be listed only if each try of it was struck, or of its whole range."""
    for item, listed in seen.listed(batch).items():
        if listed.in_range:
            excused = seen.protocol.excuses_range(seen, batch, item)
        else:
            failing = batch.failing(item, seen.protocol.tries)
            excused = seen.protocol.excuses_listing(seen, item, failing)
        if not excused:
            yield (
                f"item {item} of {batch.batch_id} is sound and listed as failed after "
                f"{seen.struck[item]} struck tries: {listed.reason}"
            )


def _done_otherwise(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """An item that fails in every try, or needs longer, was not the batch's own as it was done."""
    tries = seen.protocol.tries
    for item, value in batch.values.items():
        if item in seen.done_s and batch.failing(item, tries) == tries:
            yield f"item {item} of {batch.batch_id} fails in every try and was done"
        over = (one for one in seen.by_item.get(item, ()) if one.outcome in ("done", "failed"))
        least_s = min((one.ended_s - one.begun_s for one in over), default=inf)
        if least_s < value / 1000 - NEAR_S:
            yield f"item {item} takes {value} ms and was worked in {least_s * 1000:.0f} ms"


def _carried(seen: FaultRecord) -> Iterator[str]:
    """Items that came to a processor with another payload than their batch asks for, or none."""
    asked = {item: batch.knobs.get("item_bytes") for batch in seen.batches for item in batch.ids}
    for one in seen.invoked:
        came = payloads_in(one.event) if one.role == "processor" and not seen.strange(one) else ()
        for item, payload in came:
            wanted = "." * asked[item] if asked.get(item) else None
            if item in asked and payload != wanted:
                yield f"item {item} comes to {one.request_id} with {payload!r}, not {wanted!r}"


def _two_owners(item: str, tries: list[Execution]) -> Iterator[str]:
    for first, second in overlaps(tries):
        yield (
            f"item {item} has two live owners at {second.begun_s:.3f} s: {first.request_id} "
            f"until {first.ended_s:.3f} s, and {second.request_id}"
        )


def overlaps(tries: list[Execution]) -> Iterator[tuple[Execution, Execution]]:
    """Each try that began while another one, begun before it, was still going on."""
    last: Execution | None = None
    for one in tries:
        if last is not None and one.begun_s < last.ended_s:
            yield last, one
        last = one if last is None or one.ended_s > last.ended_s else last


def _repeats(seen: FaultRecord, tries: list[Execution]) -> Iterator[str]:
    """A try of an item that was done must be explained by what befell who did it."""
    done: Execution | None = None
    for one in tries:
        if done is not None and done.request_id not in seen.hit:
            yield (
                f"item {one.item} was done by {done.request_id}, which nothing befell, and is "
                f"worked again at {one.begun_s:.3f} s by {one.request_id}"
            )
            return
        if one.outcome == "done":
            done = one


def _uncounted(seen: FaultRecord, claimed: dict[str, str]) -> Iterator[str]:
    """Repeats under a claim that the telemetry of their invocation does not count."""
    repeated: Counter[tuple[str, str]] = Counter()
    for item, batch_id in claimed.items():
        done = [one for one in seen.by_item.get(item, ()) if one.outcome == "done"]
        repeated.update((one.request_id, batch_id) for one in done[1:])
    for (request_id, batch_id), number in repeated.items():
        telemetry = seen.requests[request_id].telemetry
        lines = [line for line in telemetry if line["batch_id"] == batch_id]
        if lines and lines[0]["items_duplicated"] < number:
            yield f"{request_id} repeated {number} items and counts {lines[0]['items_duplicated']}"
