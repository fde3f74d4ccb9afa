"""A batch is told of at least once, with what is true, and with one moment of completion."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import cancelled
from workbench.swarm.evidence import Evidence, Expected


def check_notified(evidence: Evidence) -> Iterator[str]:
    """Batches that nobody was told of, or that were told of wrongly."""
    protocol = evidence.protocol
    for batch in evidence.batches:
        if cancelled(evidence, batch):
            continue
        yield from _told(evidence, batch)
        complete = [told.notice for told in evidence.notices(batch, "complete")]
        if protocol.one_moment and len({notice["detected_at"] for notice in complete}) > 1:
            yield f"the notices of {batch.batch_id} name more than one moment of completion"
        listed = len(evidence.listed(batch))
        for notice in complete:
            fits = protocol.failed_fits(evidence, batch, notice["items_failed"])
            if notice["items"] != batch.items or not fits:
                yield (
                    f"{batch.batch_id} has {batch.items} items, {listed} listed as failed, and is "
                    f"told with {notice['items']} and {notice['items_failed']}"
                )


def _told(evidence: Evidence, batch: Expected) -> Iterator[str]:
    """Told as complete, or excused by the faults and told as failed or not started."""
    if evidence.notices(batch, "complete"):
        return
    statuses = {told.notice["status"] for told in evidence.notices(batch)}
    excused = evidence.protocol.excuses_failure(evidence, batch)
    if not statuses:
        yield f"nobody was told of {batch.batch_id}"
    elif not excused:
        yield f"{batch.batch_id} was told as {', '.join(sorted(statuses))}, which nothing excuses"
