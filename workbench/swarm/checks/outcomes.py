"""How a batch of a faulty run should have ended, and what its faults excuse."""

from workbench.swarm.evidence import Evidence, Expected


def cancelled(evidence: Evidence, batch: Expected) -> bool:
    """Whether the batch was stopped on purpose."""
    meta = evidence.meta(batch)
    return meta is not None and meta["status"] == "CANCELLED"


def should_complete(evidence: Evidence, batch: Expected) -> bool:
    """Whether nothing excuses that this batch is not told as complete."""
    if cancelled(evidence, batch):
        return False
    return not evidence.protocol.excuses_failure(evidence, batch)
