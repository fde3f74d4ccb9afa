"""Completion is declared within a stated time after the last item is over (see `protocols`)."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import cancelled
from workbench.swarm.evidence import Evidence, Expected

QUEUES = {"PlanQueue": "plan", "ItemQueue": "item", "PollQueue": "poll", "DeadLetters": "dead"}


def check_not_too_late(evidence: Evidence) -> Iterator[str]:
    """Batches that were declared too late, and runs in which things went on for too long."""
    stopped = any(cancelled(evidence, batch) for batch in evidence.batches)
    if not evidence.converged and not stopped:
        yield f"at {evidence.ended_s:.0f} s this is still under way: {', '.join(evidence.left)}"
    struck_s = max((hit.t_s for hit in evidence.plan.hits), default=0.0)
    for batch in evidence.batches:
        over_s = evidence.over_s(batch)
        if over_s and not cancelled(evidence, batch):
            again_s = evidence.protocol.planned_again_s(evidence, batch)
            yield from _over_late(evidence, batch, max(over_s.values()), struck_s, again_s)
            yield from _told_late(evidence, batch, max(struck_s, *over_s.values()), again_s)


def _over_late(
    evidence: Evidence, batch: Expected, over_s: float, struck_s: float, again_s: float
) -> Iterator[str]:
    """The work itself took longer than its messages explain."""
    since_s = max(struck_s, batch.started_s[0])
    allowed_s = evidence.protocol.work_s(evidence.design, roles(evidence), batch.items) + again_s
    if over_s - since_s > allowed_s:
        yield (
            f"nothing struck {batch.batch_id} after {since_s:.0f} s and its last item is over at "
            f"{over_s:.0f} s; {allowed_s:.0f} s are allowed"
        )


def _told_late(
    evidence: Evidence, batch: Expected, since_s: float, again_s: float
) -> Iterator[str]:
    """Telling took longer than the waits that there are."""
    complete = evidence.notices(batch, "complete")
    poll_s = batch.knobs.get("poll_s", 0.0)
    allowed_s = evidence.protocol.late_s(evidence.design, roles(evidence), poll_s) + again_s
    if complete and complete[0].t_s - since_s > allowed_s:
        yield (
            f"{batch.batch_id} was over at {since_s:.0f} s and told as complete at "
            f"{complete[0].t_s:.0f} s; {allowed_s:.0f} s are allowed"
        )


def roles(evidence: Evidence) -> set[str]:
    """What faults struck: functions, and queues by their short names."""
    struck = {hit.where for hit in evidence.plan.hits}
    struck |= {short for name, short in QUEUES.items() if any(name in one for one in struck)}
    if any(one.role == "failures" for one in evidence.invoked):
        struck.add("dead")
    return struck
