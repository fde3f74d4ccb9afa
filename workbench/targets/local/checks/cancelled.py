"""A cancelled batch is not worked on, and not declared complete."""

from collections.abc import Iterator

from workbench.targets.local.checks import outcomes
from workbench.targets.local.evidence import Evidence, Expected

NOTICED_S = 1.0  # an invocation asks once, as it begins


def check_cancelled(evidence: Evidence) -> Iterator[str]:
    """Work that began after the batch was cancelled, and notices that say it is complete."""
    for batch in evidence.batches:
        if outcomes.cancelled(evidence, batch):
            if evidence.notices(batch, "complete"):
                yield f"{batch.batch_id} was cancelled and is told as complete"
            yield from _worked(evidence, batch)


def _worked(evidence: Evidence, batch: Expected) -> Iterator[str]:
    since_s = evidence.cancelled_s + NOTICED_S
    for item in batch.ids:
        for one in evidence.by_item.get(item, ()):
            begun_s = evidence.requests[one.request_id].begun_s
            if begun_s > since_s:
                yield (
                    f"{batch.batch_id} was cancelled at {evidence.cancelled_s:.0f} s, and item "
                    f"{item} is worked by an invocation that began at {begun_s:.0f} s"
                )
                return
