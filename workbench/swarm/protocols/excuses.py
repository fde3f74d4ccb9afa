"""What faults excuse, whatever the design."""

from workbench.swarm.evidence import Evidence

TRIES = 3  # of the batcher by Lambda's asynchronous invocation, and of a Task by its retries
THROTTLES = 20  # tries of a throttled Task before it fails
PUBLISHES = 7  # tries of the state machine's publish
# Faults on messages and children, after which a design without claims may do an item again.
DOUBLING = frozenset(
    {"twice", "twice_late", "early", "undelete", "child_twice", "reorder", "throttle"}
)


def batch_may_fail(evidence: Evidence) -> bool:
    """Whether faults excuse that a batch fails as a whole, or that none is opened.

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
