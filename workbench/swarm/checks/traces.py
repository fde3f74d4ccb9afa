"""What a run leaves and says: no leftovers, true counts, as many polls as asked for, no work on a
batch that was cancelled or closed.
"""

import json
from collections.abc import Iterator

from workbench.swarm.fault_plan import STALE_MAX_S
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called
from workbench.targets.local.world.context import EPOCH_S

NEAR_S = 0.002  # times are rounded to the millisecond
SLOW_CALL_S = 200.0  # from the handler's look at the clock to its write, with all tries
# An invocation asks once, as it begins, whether its batch is cancelled; that read may be stale.
NOTICED_S = STALE_MAX_S
POLLS_SLACK = 3
CLIENT_TRIES = 6  # that a client makes of a call


def check_leftovers(seen: FaultRecord) -> Iterator[str]:
    """Records, messages, objects and uploads that should not be there at the end."""
    if any(map(seen.cancelled, seen.batches)):
        return
    for one in seen.left:
        yield f"left at the end: {one}"
    known = {batch.batch_id for batch in seen.batches}
    for pk, sk in sorted(seen.records):
        kind, batch_id = (*pk.split("#"), "")[:2]
        if kind not in seen.protocol.kept or batch_id not in known:
            yield f"the record {pk} / {sk} is left"
    yield from _expiring(seen)
    for batch in seen.batches:
        meta = seen.meta(batch)
        if meta is not None and meta["status"] != seen.protocol.ended_status:
            yield f"the record of {batch.batch_id} is {meta['status']} at the end"
        yield from _other_than_notified(seen, batch)
    yield from seen.protocol.left_objects(seen)


def _other_than_notified(seen: FaultRecord, batch: Expected) -> Iterator[str]:
    """A record that says other than any notification when it was over, and how many failed."""
    meta, complete = seen.meta(batch), seen.notifications(batch, "complete")
    for name in ("detected_at", "items_failed") if meta and complete else ():
        if meta.get(name) not in [one.message[name] for one in complete]:
            yield f"the record of {batch.batch_id} has {name} {meta.get(name)}, not as notified"


def _expiring(seen: FaultRecord) -> Iterator[str]:
    """Records that DynamoDB would delete while a message of theirs can still come, or never."""
    if not seen.protocol.kept_s:
        return
    written_s = seen.written_s
    for (pk, sk), record in sorted(seen.records.items()):
        kept_s = record.get("expires_at", float("inf")) - EPOCH_S - written_s[pk, sk]
        if not -SLOW_CALL_S <= kept_s - seen.protocol.kept_s <= 1:
            yield f"the record {pk} / {sk} is kept for {kept_s:.0f} s after it was written"


def check_counts(seen: FaultRecord) -> Iterator[str]:
    """Counts and times of `run.json` that differ from what was seen of the first batch."""
    run, batch = seen.folder.run, seen.batches[0]
    done = seen.done_s.keys() & batch.values.keys()
    complete = bool(seen.notifications(batch, "complete"))
    tries_done = sum(one.outcome == "done" for one in seen.executions)
    wanted = {
        "items": batch.items,
        "items_processed": len(done),
        "items_duplicated": tries_done - len(seen.done_s),
        "invocations": seen.plan.started["processor"],
        "status": "complete" if complete else "incomplete",
    }
    if complete:
        wanted["items_failed"] = batch.items - len(done)
    for name, value in wanted.items():
        if getattr(run, name) != value:
            yield f"run.json says {name} = {getattr(run, name)}; {value} is true"
    if complete and not seen.cancelled(batch):
        yield from _time("detected_s", run.detected_s, seen.detected_s(batch))
        if len(done) == batch.items:
            last_s = max(seen.done_s[item] for item in batch.ids)
            yield from _time("processed_s", run.processed_s, last_s)


def _time(name: str, said_s: float | None, true_s: float | None) -> Iterator[str]:
    if said_s is None or true_s is None or abs(said_s - true_s) > NEAR_S:
        yield f"run.json says {name} = {said_s}; {true_s} is true"


def check_chain(seen: FaultRecord) -> Iterator[str]:
    """Batches that were polled more often than their time and the faults explain."""
    for batch in seen.batches:
        polls = seen.protocol.polls(seen, batch)
        if not polls:
            continue
        open_s = polls[-1] - polls[0]
        # A send whose answer is lost again and again leaves as many copies of one message.
        faults = sum(
            CLIENT_TRIES if hit.kind == "lose_answer" else 1
            for hit in seen.plan.hits
            if hit.where == "finalizer" or "PollQueue" in hit.where
        )
        loops = seen.protocol.poll_loops(seen, batch)
        # A second trigger sends one more first message, which is dropped.
        allowed = loops * (open_s / batch.knobs["poll_s"] + POLLS_SLACK)
        allowed += 2 * faults + len(batch.started_s)
        if len(polls) > allowed:
            yield (
                f"{batch.batch_id} was polled {len(polls)} times in {open_s:.0f} s with "
                f"{faults} faults on the loop; {allowed:.0f} times are allowed"
            )


def check_cancelled(seen: FaultRecord) -> Iterator[str]:
    """What began after a batch was cancelled or closed, and notifications that it is complete."""
    for batch in seen.batches:
        cancelled_s = seen.cancelled_s(batch)
        if cancelled_s is not None:
            meta = seen.meta(batch)
            if meta is None or meta["status"] != "CANCELLED":
                yield f"{batch.batch_id} was cancelled, and its record says {meta}"
            if _notified_after_all(seen, batch, cancelled_s):
                yield f"{batch.batch_id} was cancelled and is notified of as complete"
            yield from _worked(seen, batch, cancelled_s, "cancelled")
            yield from _gone_on(seen, batch, cancelled_s)
            if seen.protocol.keeps_cancelled:
                yield from _dropped(seen, batch, cancelled_s)
        elif (closed_s := seen.protocol.closed_s(seen, batch)) is not None:
            yield from _worked(seen, batch, closed_s, "closed")


def _notified_after_all(seen: FaultRecord, batch: Expected, cancelled_s: float) -> bool:
    """Whether a cancelled batch is notified of as complete by who had to know of the cancelling.

    A design that marks a batch before it notifies never does so; one that notifies first may die in
    between, and the batch that is cancelled then was complete already.
    """
    complete = seen.notifications(batch, "complete")
    if seen.protocol.one_moment or not complete:
        return bool(complete)
    return any(
        call.operation == "Publish"
        and json.loads(call.request["Message"])["batch_id"] == batch.batch_id
        and seen.requests[call.request_id].begun_s > cancelled_s + NOTICED_S
        for call in seen.calls
    )


def _worked(seen: FaultRecord, batch: Expected, at_s: float, what: str) -> Iterator[str]:
    for one in seen.tries(batch):
        if seen.requests[one.request_id].begun_s > at_s + NOTICED_S:
            yield f"{batch.batch_id} was {what} at {at_s:.0f} s; {one.item} is worked later"
            return


def _gone_on(seen: FaultRecord, batch: Expected, cancelled_s: float) -> Iterator[str]:
    """Records that are written for it, and what its design should not do any more."""
    for call in seen.calls:
        written = call.role == "batcher" and batch.batch_id in _batches_written(call)
        written = written and not call.error  # a put that its condition refused wrote nothing
        does = "its records are written" if written else ""
        does = does or seen.protocol.goes_on(call, batch.batch_id)
        if does and seen.requests[call.request_id].begun_s > cancelled_s + NOTICED_S:
            when = f"{cancelled_s:.0f} s, and at {call.t_s:.0f} s"
            yield f"{batch.batch_id} was cancelled at {when} {does}"
            return


def _dropped(seen: FaultRecord, batch: Expected, cancelled_s: float) -> Iterator[str]:
    """Messages of a stopped batch that somebody took for done: a resume needs them."""
    for one in seen.delivered:
        message = json.loads(one.body)
        late = one.at_s > cancelled_s + NOTICED_S and "PollQueue" not in one.queue
        if late and one.end == "done" and message.get("batch") == batch.batch_id:
            when = f"{batch.batch_id} was cancelled at {cancelled_s:.0f} s"
            yield f"{when}, and loses a message: {one.body[:99]}"
            return


def _batches_written(call: Called) -> list[str]:
    """The batches of the records that a call puts, one by one or many at once."""
    items = [call.request["Item"]] if call.operation == "PutItem" else []
    if call.operation == "BatchWriteItem":
        for entries in call.request["RequestItems"].values():
            items += [one["PutRequest"]["Item"] for one in entries]
    return [(*item["pk"]["S"].split("#"), "")[1] for item in items]
