"""The finalizer's chain neither multiplies nor runs faster than it is asked to."""

from collections.abc import Iterator
from json import loads

from workbench.swarm.evidence import Evidence, Expected

SLACK = 3
TRIES = 6  # that a client makes of a call


def check_chain(evidence: Evidence) -> Iterator[str]:
    """Batches that were looked at more often than their time and the faults explain."""
    if evidence.design.name != "sqs":
        return
    for batch in evidence.batches:
        looks = _looks(evidence, batch)
        if not looks:
            continue
        open_s = looks[-1] - looks[0]
        struck = [
            hit
            for hit in evidence.plan.hits
            if hit.where == "finalizer" or "PollQueue" in hit.where
        ]
        # A send whose answer is lost again and again leaves as many copies of one link.
        faults = sum(TRIES if hit.kind == "lose_answer" else 1 for hit in struck)
        # A second trigger sends one more first link, which is dropped.
        allowed = open_s / batch.knobs["poll_s"] + SLACK + 2 * faults + len(batch.started_s)
        if len(looks) > allowed:
            yield (
                f"{batch.batch_id} was looked at {len(looks)} times in {open_s:.0f} s with "
                f"{faults} faults on the chain; {allowed:.0f} times are allowed"
            )


def _looks(evidence: Evidence, batch: Expected) -> list[float]:
    """When a link of the chain was sent by a look at the batch."""
    return [
        call.t_s
        for call in evidence.calls
        if call.role == "finalizer"
        and call.operation == "SendMessage"
        and "PollQueue" in call.request["QueueUrl"]
        and _of(call.request["MessageBody"], batch.batch_id)
    ]


def _of(text: str, batch_id: str) -> bool:
    """Whether a link is about the batch, and about one that exists."""
    body = loads(text)
    return body["batch"] == batch_id and "absent" not in body
