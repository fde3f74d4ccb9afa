"""Completion is declared after the last item is over, soon after it, and with what is true."""

from collections.abc import Iterator

from workbench.swarm.fault_record import Expected, FaultRecord

MARGIN_S = 0.002  # notifications carry times that were rounded to the millisecond
QUEUES = {"PlanQueue": "plan", "ItemQueue": "item", "PollQueue": "poll", "DeadLetters": "dead"}


def check_not_too_early(seen: FaultRecord) -> Iterator[str]:
    """Items that were not over when their batch was declared complete, and work that went on."""
    for batch in seen.batches:
        complete = seen.notifications(batch, "complete")
        if not complete:
            continue
        declared_s = min(seen.detected_s(batch), complete[0].t_s) + MARGIN_S
        over_s = seen.over_s(batch)
        late = [item for item in batch.ids if over_s.get(item, float("inf")) > declared_s]
        if late:
            yield (
                f"{batch.batch_id} was declared complete at {declared_s:.3f} s with {len(late)} "
                f"of {batch.items} items not over, such as {late[0]}"
            )
        summed_s = [
            one.begun_s for one in seen.invoked if one.role == "summary" and not seen.strange(one)
        ]
        if len(seen.batches) == 1 and summed_s and declared_s > min(summed_s) + 2 * MARGIN_S:
            yield f"{batch.batch_id} is dated {declared_s:.3f} s, after its summary had begun"
        if seen.protocol.ends_at_once(seen, batch):
            yield from _going_on(seen, batch, declared_s)


def _going_on(seen: FaultRecord, batch: Expected, declared_s: float) -> Iterator[str]:
    for one in seen.tries(batch):
        if one.ended_s > declared_s:
            yield (
                f"item {one.item} is still worked by {one.request_id} until {one.ended_s:.3f} s; "
                f"{batch.batch_id} was declared complete at {declared_s:.3f} s"
            )
            return


def check_not_too_late(seen: FaultRecord) -> Iterator[str]:
    """Batches that were declared too late, and runs in which things went on for too long."""
    stopped = any(map(seen.cancelled, seen.batches))
    if not seen.converged and not stopped:
        yield f"at {seen.ended_s:.0f} s this is still under way: {', '.join(seen.left)}"
    struck_s = max((hit.t_s for hit in seen.plan.hits), default=0.0)
    for batch in seen.batches:
        over_s = seen.over_s(batch)
        if over_s and not seen.cancelled(batch):
            yield from _late(seen, batch, struck_s, max(over_s.values()))


def _late(seen: FaultRecord, batch: Expected, struck_s: float, over_s: float) -> Iterator[str]:
    """The work took longer than its messages explain, or the notification than the waits do."""
    protocol, roles, name = seen.protocol, struck_roles(seen), batch.batch_id
    again_s = protocol.planned_again_s(seen, batch)
    since_s = max(struck_s, batch.started_s[0])
    allowed_s = protocol.work_s(seen.design, roles, batch.items) + again_s
    if over_s - since_s > allowed_s:
        yield (
            f"nothing struck {name} after {since_s:.0f} s and its last item is over at "
            f"{over_s:.0f} s; {allowed_s:.0f} s are allowed"
        )
    complete = seen.notifications(batch, "complete")
    since_s = max(struck_s, over_s)
    allowed_s = protocol.late_s(seen.design, roles, batch.knobs.get("poll_s", 0.0)) + again_s
    if complete and complete[0].t_s - since_s > allowed_s:
        yield (
            f"{name} was over at {since_s:.0f} s and notified of as complete at "
            f"{complete[0].t_s:.0f} s; {allowed_s:.0f} s are allowed"
        )


def struck_roles(seen: FaultRecord) -> set[str]:
    """What faults struck: functions, and queues by their short names."""
    struck = {hit.where for hit in seen.plan.hits}
    struck |= {short for name, short in QUEUES.items() if any(name in one for one in struck)}
    if any(one.role == "failures" for one in seen.invoked):
        struck.add("dead")
    return struck


def check_notified(seen: FaultRecord) -> Iterator[str]:
    """Batches without a notification, or with one that is wrong."""
    for name in seen.refused_triggers:
        told = [one.message for one in seen.notified]
        said = [one for one in told if seen.aliases.get(one["batch_id"], one["batch_id"]) == name]
        why = any(one["status"] == "not_started" and one["reason"] for one in said)
        if not why and not (said and seen.protocol.excuses_silence(seen, name)):
            yield f"{name} asks for what cannot be, and nobody is notified why it did not start"
    for batch in seen.batches:
        if seen.cancelled(batch):
            continue
        name, all_of_it = batch.batch_id, [one.message for one in seen.notifications(batch)]
        complete = [one for one in all_of_it if one["status"] == "complete"]
        if not all_of_it:
            yield f"nobody was notified of {name}"
        elif not complete and not seen.protocol.excuses_failure(seen, batch):
            statuses = ", ".join(sorted({one["status"] for one in all_of_it}))
            yield f"{name} was notified of as {statuses}, which nothing excuses"
        if seen.protocol.unexplained(seen, batch):
            yield f"{name} failed, and no notification says of what"
        one_start = len(batch.started_s) == 1
        began = one_start and (any(seen.tries(batch)) or seen.protocol.created(seen, batch))
        if began and any(one["status"] == "not_started" for one in all_of_it):
            yield f"{name} is notified of as not started, and its items were created"
        if seen.protocol.one_moment and len({one["detected_at"] for one in complete}) > 1:
            yield f"the notifications of {name} name more than one moment of completion"
        for one in complete:
            fits = seen.protocol.failed_fits(seen, batch, one["items_failed"])
            if one["items"] != batch.items or not fits:
                yield (
                    f"{name} has {batch.items} items, {len(seen.listed(batch))} listed as failed; "
                    f"its notification says {one['items']} and {one['items_failed']}"
                )
