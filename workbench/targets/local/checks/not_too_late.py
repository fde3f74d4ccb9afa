"""Completion is declared within a stated time after the last item is over (see `bounds`)."""

from collections.abc import Iterator

from workbench.targets.local.bounds import late_s
from workbench.targets.local.checks.outcomes import cancelled
from workbench.targets.local.evidence import Evidence, Expected

QUEUES = {"PlanQueue": "plan", "ItemQueue": "item", "PollQueue": "poll", "DeadLetters": "dead"}


def check_not_too_late(evidence: Evidence) -> Iterator[str]:
    """Batches that were declared too late, and runs in which things went on for too long."""
    stopped = any(cancelled(evidence, batch) for batch in evidence.batches)
    if not evidence.converged and not stopped:
        yield f"at {evidence.ended_s:.0f} s this is still under way: {', '.join(evidence.left)}"
    for batch in evidence.batches:
        complete = evidence.notices(batch, "complete")
        over_s = evidence.over_s(batch)
        if not complete or not over_s:
            continue
        told_s = complete[0].t_s
        struck_s = max((hit.t_s for hit in evidence.plan.hits), default=0.0)
        since_s = max(struck_s, *over_s.values())
        allowed_s = late_s(evidence.design, roles(evidence), batch.knobs.get("poll_s", 0.0))
        if evidence.design.name == "sqs" and _planned_again(evidence, batch):
            allowed_s += batch.knobs["stuck_after_s"]
        if told_s - since_s > allowed_s:
            yield (
                f"{batch.batch_id} was over at {since_s:.0f} s and told as complete at "
                f"{told_s:.0f} s; {allowed_s:.0f} s are allowed"
            )


def roles(evidence: Evidence) -> set[str]:
    """What faults struck: functions, and queues by their short names."""
    struck = {hit.where for hit in evidence.plan.hits}
    struck |= {short for name, short in QUEUES.items() if any(name in one for one in struck)}
    if any(one.role == "failures" for one in evidence.invoked):
        struck.add("dead")
    return struck


def _planned_again(evidence: Evidence, batch: Expected) -> bool:
    """Whether the root died before it asked for the plan, so that only the finalizer could."""
    return not any(
        call.role == "batcher"
        and call.operation == "SendMessage"
        and f'"kind":"plan","batch":"{batch.batch_id}"' in call.request["MessageBody"]
        for call in evidence.calls
    )
