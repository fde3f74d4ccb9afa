"""Every item of a complete batch was done, or is listed as failed, and not without a reason."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import should_complete
from workbench.swarm.evidence import Evidence, Expected


def check_processed(evidence: Evidence) -> Iterator[str]:
    """Items that were lost, failed without being tried, or belong to no batch."""
    known: set[str] = set()
    for batch in evidence.batches:
        known |= batch.values.keys()
        if evidence.notices(batch, "complete") or should_complete(evidence, batch):
            yield from _lost(evidence, batch)
            yield from _failed_for_nothing(evidence, batch)
    for item in sorted(evidence.by_item.keys() - known):
        yield f"item {item} was worked and belongs to no batch"


def _lost(evidence: Evidence, batch: Expected) -> Iterator[str]:
    listed = evidence.listed(batch)
    for item in batch.ids:
        if item not in evidence.done_s and item not in listed:
            yield f"item {item} of {batch.batch_id} is neither done nor listed as failed"
    for item in listed.keys() - batch.values.keys():
        yield f"item {item} is listed as failed in {batch.batch_id}, which never had it"


def _failed_for_nothing(evidence: Evidence, batch: Expected) -> Iterator[str]:
    """A sound item may be listed only if each of its tries was struck, or its whole range."""
    for item, listed in evidence.listed(batch).items():
        if listed.in_range or batch.values.get(item, -1) < 0:
            continue
        if not evidence.protocol.excuses_listing(evidence, item):
            yield (
                f"item {item} of {batch.batch_id} is sound and listed as failed after "
                f"{evidence.struck[item]} struck tries: {listed.reason}"
            )
