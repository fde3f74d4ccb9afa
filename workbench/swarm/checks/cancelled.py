"""A cancelled batch is not created, worked on or looked at any more, nor declared complete.

One that is closed once it was told is not worked on again either.
"""

from collections.abc import Iterator

from workbench.swarm.checks import outcomes
from workbench.swarm.evidence import Called, Evidence, Expected

NOTICED_S = 1.0  # an invocation asks once, as it begins


def check_cancelled(evidence: Evidence) -> Iterator[str]:
    """What began after the batch was cancelled, and notices that say it is complete."""
    for batch in evidence.batches:
        if outcomes.cancelled(evidence, batch):
            if evidence.notices(batch, "complete"):
                yield f"{batch.batch_id} was cancelled and is told as complete"
            yield from _worked(evidence, batch, evidence.cancelled_s, "cancelled")
            yield from _gone_on(evidence, batch)
        elif (closed_s := evidence.protocol.closed_s(evidence, batch)) is not None:
            yield from _worked(evidence, batch, closed_s, "closed")


def _worked(evidence: Evidence, batch: Expected, at_s: float, what: str) -> Iterator[str]:
    for item in batch.ids:
        for one in evidence.by_item.get(item, ()):
            if evidence.requests[one.request_id].begun_s > at_s + NOTICED_S:
                yield f"{batch.batch_id} was {what} at {at_s:.0f} s; {item} is worked later"
                return


def _gone_on(evidence: Evidence, batch: Expected) -> Iterator[str]:
    """Records that are written for it, and what its design should not do any more."""
    for call in evidence.calls:
        does = _does(call, batch.batch_id) or evidence.protocol.goes_on(call, batch.batch_id)
        if does and _late(evidence, call.request_id):
            when = f"{evidence.cancelled_s:.0f} s, and at {call.t_s:.0f} s"
            yield f"{batch.batch_id} was cancelled at {when} {does}"
            return


def _does(call: Called, batch_id: str) -> str:
    """What a call does for a batch, if it should not once the batch is cancelled."""
    if call.role == "batcher" and any(pk.split("#")[1] == batch_id for pk in _put(call)):
        return "its records are written"
    return ""


def _put(call: Called) -> Iterator[str]:
    """The partitions of the records that a call puts, one by one or many at once."""
    if call.operation == "PutItem":
        yield call.request["Item"]["pk"]["S"]
    elif call.operation == "BatchWriteItem":
        for entries in call.request["RequestItems"].values():
            yield from (one["PutRequest"]["Item"]["pk"]["S"] for one in entries)


def _late(evidence: Evidence, request_id: str) -> bool:
    """Whether an invocation began after the batch was cancelled."""
    return evidence.requests[request_id].begun_s > evidence.cancelled_s + NOTICED_S
