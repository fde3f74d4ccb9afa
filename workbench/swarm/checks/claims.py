"""With claims no item has two live owners; and nothing is repeated that no fault explains."""

from collections.abc import Iterator
from itertools import pairwise

from workbench.swarm.evidence import Evidence, Execution, Expected


def check_claims(evidence: Evidence) -> Iterator[str]:
    """Owners at the same time, repeats without a crash, and repeats that were not counted."""
    for batch in evidence.batches:
        claimed = evidence.protocol.claimed(batch)
        for item in batch.ids:
            tries = evidence.by_item.get(item, [])
            if claimed:
                yield from _two_owners(item, tries)
            yield from _repeats(evidence, batch, tries, claimed)
    yield from _uncounted(evidence)


def _two_owners(item: str, tries: list[Execution]) -> Iterator[str]:
    for first, second in pairwise(tries):
        if second.begun_s < first.ended_s:
            yield (
                f"item {item} has two live owners at {second.begun_s:.3f} s: {first.request_id} "
                f"until {first.ended_s:.3f} s, and {second.request_id}"
            )


def _repeats(
    evidence: Evidence, batch: Expected, tries: list[Execution], claimed: bool
) -> Iterator[str]:
    """A try of an item that was done must be explained by what befell who did it."""
    if not claimed and evidence.protocol.may_double(evidence, batch):
        return
    done: Execution | None = None
    for one in tries:
        if done is not None and done.request_id not in evidence.unlucky:
            yield (
                f"item {one.item} was done by {done.request_id}, which nothing befell, and is "
                f"worked again at {one.begun_s:.3f} s by {one.request_id}"
            )
            return
        if one.outcome == "done":
            done = one


def _uncounted(evidence: Evidence) -> Iterator[str]:
    """Repeats under a claim that the telemetry of their invocation does not count."""
    claimed = {
        item: batch.batch_id
        for batch in evidence.batches
        if evidence.protocol.claimed(batch)
        for item in batch.ids
    }
    repeated: dict[tuple[str, str], int] = {}
    for item, tries in evidence.by_item.items():
        done = [one for one in tries if one.outcome == "done"]
        for one in done[1:] if item in claimed else ():
            key = (one.request_id, claimed[item])
            repeated[key] = repeated.get(key, 0) + 1
    for (request_id, batch_id), number in repeated.items():
        lines = [
            line for line in evidence.requests[request_id].telemetry if line["batch_id"] == batch_id
        ]
        if lines and lines[0]["items_duplicated"] < number:
            yield (
                f"{request_id} repeated {number} items and counts {lines[0]['items_duplicated']}"
            )
