"""Nothing is left behind: no record, message or segment of a batch that is told of."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import cancelled, may_fail
from workbench.swarm.evidence import Evidence


def check_leftovers(evidence: Evidence) -> Iterator[str]:
    """Records, messages, objects and uploads that should not be there."""
    if any(cancelled(evidence, batch) for batch in evidence.batches):
        return
    for one in evidence.left:
        yield f"left at the end: {one}"
    known = {batch.batch_id for batch in evidence.batches}
    for pk, sk in sorted(evidence.records):
        kind, _, batch_id = pk.partition("#")
        if kind not in ("batch", "failed") or batch_id not in known:
            yield f"the record {pk} / {sk} is left"
    for batch in evidence.batches:
        meta = evidence.meta(batch)
        if meta is not None and meta["status"] != "NOTIFIED":
            yield f"the record of {batch.batch_id} is {meta['status']} at the end"
    yield from _objects(evidence)


def _objects(evidence: Evidence) -> Iterator[str]:
    """The objects of sfn: one a segment under deterministic keys, no upload without an end."""
    if evidence.design.name != "sfn":
        return
    for batch in evidence.batches:
        prefix = f"batches/{batch.batch_id}/items/"
        found = {key for key in evidence.objects if key.startswith(prefix)}
        segments = -(-batch.items // batch.knobs["segment_items"])
        wanted = {f"{prefix}{number:06d}.jsonl" for number in range(segments)}
        if found - wanted or (wanted - found and not may_fail(evidence)):
            yield f"the items of {batch.batch_id} lie in {len(found)} objects, not in {segments}"
    died = any(one.role == "batcher" and one.end == "died" for one in evidence.invoked)
    # An upload whose begin was not answered has no name to end it by: the bucket's rule does.
    struck = {"CreateMultipartUpload", "AbortMultipartUpload"} & {
        hit.what for hit in evidence.plan.hits
    }
    if evidence.uploads and not died and not struck:
        yield f"{evidence.uploads} multipart uploads were not ended, and nothing explains it"
