"""What a claim of a batch promises while others write at the same time."""

from workbench.swarm.fault_plan import CLAIM_CONFLICT
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Invoked

CLAIMS = 5  # tries of a claim that conflicts


def hasty_claim(seen: FaultRecord, one: Invoked) -> bool:
    """Whether an invocation gave up a claim before five tries, each later than the last."""
    conflicts_s = [
        hit.t_s
        for hit in seen.plan.hits
        if hit.request_id == one.request_id and hit.code == CLAIM_CONFLICT[0]
    ]
    if not conflicts_s:
        return any("is written to at the same time" in text for text in one.errors)
    tries_s = conflicts_s[1:] + [
        call.t_s
        for call in seen.calls
        if call.request_id == one.request_id and "IfNoneMatch" in call.request
    ]
    waits_s = (0.1 * 2**tries for tries in range(CLAIMS))
    hasty = any(
        later_s - at_s < wait_s
        for at_s, later_s, wait_s in zip(conflicts_s, tries_s, waits_s, strict=False)
    )
    few = len(conflicts_s) < CLAIMS and any("at the same time" in text for text in one.errors)
    return hasty or few
