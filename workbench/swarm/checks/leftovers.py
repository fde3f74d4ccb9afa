"""Nothing is left behind: no record, message or segment of a batch that is told of."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import cancelled
from workbench.swarm.evidence import Evidence


def check_leftovers(evidence: Evidence) -> Iterator[str]:
    """Records, messages, objects and uploads that should not be there."""
    if any(cancelled(evidence, batch) for batch in evidence.batches):
        return
    for one in evidence.left:
        yield f"left at the end: {one}"
    known = {batch.batch_id for batch in evidence.batches}
    protocol = evidence.protocol
    for pk, sk in sorted(evidence.records):
        kind, batch_id = (*pk.split("#"), "")[:2]
        if kind not in protocol.kept or batch_id not in known:
            yield f"the record {pk} / {sk} is left"
    for batch in evidence.batches:
        meta = evidence.meta(batch)
        if meta is not None and meta["status"] != protocol.ended_status:
            yield f"the record of {batch.batch_id} is {meta['status']} at the end"
    yield from protocol.left_objects(evidence)
