"""How a batch of a faulty run should have ended, and what its faults excuse."""

from workbench.swarm.evidence import Evidence, Expected

TRIES = 3  # of the batcher by Lambda's asynchronous invocation, and of a Task by its retries
THROTTLES = 20  # tries of a throttled Task before it fails
PUBLISHES = 7  # tries of the state machine's publish


def never_opened(evidence: Evidence, batch: Expected) -> bool:
    """Whether a batch of sqs has no record, because all tries of its root were struck."""
    return evidence.design.name == "sqs" and evidence.meta(batch) is None


def cancelled(evidence: Evidence, batch: Expected) -> bool:
    """Whether the batch was stopped on purpose."""
    meta = evidence.meta(batch)
    return meta is not None and meta["status"] == "CANCELLED"


def may_fail(evidence: Evidence) -> bool:
    """Whether faults excuse that a batch of sfn fails as a whole, or that no batch is opened.

    A struck map child excuses nothing: its failure must be tolerated and listed.
    """
    counts = evidence.plan.counts
    heads = ("batcher", "summary")
    struck = sum(
        hit.where in heads and hit.kind not in ("slow", "hold_back") for hit in evidence.plan.hits
    )
    throttled = sum(hit.where in heads and hit.kind == "throttle" for hit in evidence.plan.hits)
    return (
        struck - throttled >= TRIES
        or throttled >= THROTTLES
        or counts["map_s3"] > 0
        or counts["publish"] >= PUBLISHES
    )


def should_complete(evidence: Evidence, batch: Expected) -> bool:
    """Whether nothing excuses that this batch is not told as complete."""
    if cancelled(evidence, batch):
        return False
    if evidence.design.name == "sqs":
        return evidence.meta(batch) is not None or not may_fail(evidence)
    return not may_fail(evidence)
