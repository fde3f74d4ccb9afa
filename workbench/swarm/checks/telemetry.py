"""The telemetry lines say what was seen: on AWS they are all that a run's counts come from."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Execution, Invoked, Record
from workbench.targets.local.world.context import EPOCH_S

DIMENSIONS = [["design", "function"]]
NEAR_S = 0.1  # CPU between an item's end and the handler's look at the clock
COUNTS = ("items_processed", "items_failed", "items_duplicated", "work_ms")

Tries = dict[tuple[str, str], list[Execution]]  # by request and batch


def check_telemetry(seen: FaultRecord) -> Iterator[str]:
    """Counts and times of the lines that differ from what their invocations did."""
    batch_of = {item: batch.batch_id for batch in seen.batches for item in batch.ids}
    tries: Tries = {}
    by_request: dict[str, list[Execution]] = defaultdict(list)
    for one in seen.executions:
        tries.setdefault((one.request_id, batch_of.get(one.item, "")), []).append(one)
        by_request[one.request_id].append(one)
    listed = Counter(seen.protocol.listed_by(seen))
    for one in seen.invoked:
        if one.end != "answered":
            continue
        for batch_id in (batch.batch_id for batch in seen.batches):
            lines = [line for line in one.telemetry if line["batch_id"] == batch_id]
            key = one.request_id, batch_id
            yield from _counts(seen, one, lines, tries.get(key, []), listed[key])
        yield from _shaped(one)
        if one.role == "processor" and not seen.strange(one):
            yield from _answered(seen, one, by_request[one.request_id])
    yield from _metrics(seen)
    yield from _ages(seen)
    yield from _created(seen)


def _counts(
    seen: FaultRecord, one: Invoked, lines: list[Record], tries: list[Execution], listed: int
) -> Iterator[str]:
    """What one invocation says of a batch, against the items that it worked and listed."""
    done = [each for each in tries if each.outcome == "done"]
    said = {name: sum(line.get(name, 0) for line in lines) for name in COUNTS}
    least = 0 if one.request_id in seen.hit else listed  # an answer may be lost
    repeated = sum(
        seen.struck[each.item] > 0 or seen.done_s[each.item] <= each.begun_s for each in done
    )
    limits = {
        "items_processed": (len(done), len(done)),
        "items_failed": (least, listed),
        "items_duplicated": (0, repeated),
        "work_ms": _work_ms(one, tries, seen.design.cpu_ms),
    }
    for name, (low, high) in limits.items():
        if not low <= said[name] <= high:
            yield f"{one.role} {one.request_id} says {name} = {said[name]}; {low} to {high} is true"
    yield from _last(one, lines, done, tries, said["items_processed"] + said["items_failed"])


def _shaped(one: Invoked) -> Iterator[str]:
    """Lines whose metrics CloudWatch would drop, or that cost a metric for each batch."""
    for line in one.telemetry:
        at_s = line["_aws"]["Timestamp"] / 1000 - EPOCH_S
        kinds = [metric["Dimensions"] for metric in line["_aws"]["CloudWatchMetrics"]]
        if kinds != [DIMENSIONS] or not one.begun_s - NEAR_S <= at_s <= one.ended_s + NEAR_S:
            yield f"{one.role} {one.request_id} prints metrics by {kinds} of {at_s:.3f} s"


def _answered(seen: FaultRecord, one: Invoked, tries: list[Execution]) -> Iterator[str]:
    """Counts and no more: answers are kept, in a map's results or a durable execution."""
    done = sum(each.outcome == "done" for each in tries)
    wanted = seen.protocol.answer(seen, one, done, len(tries) - done)
    if wanted is not None and one.answer != wanted:
        yield f"{one.request_id} did {done} of {len(tries)} items and answers {one.answer}"


def _metrics(seen: FaultRecord) -> Iterator[str]:
    """One metric of its own for each item that is done, where the knob asks for that."""
    put = Counter(one.request_id for one in seen.calls if one.operation == "PutMetricData")
    asked = {
        item
        for batch in seen.batches
        if batch.knobs.get("telemetry") == "put_metric_data"
        for item in batch.ids
    }
    done = [one for one in seen.executions if one.outcome == "done" and one.item in asked]
    wanted = Counter(one.request_id for one in done)
    for one in seen.invoked:
        made, due = put[one.request_id], wanted[one.request_id]
        if one.end == "answered" and one.request_id not in seen.hit and made != due:
            yield f"{one.role} {one.request_id} puts {made} metrics; {due} are asked for"


def _work_ms(one: Invoked, tries: list[Execution], cpu_ms: int) -> tuple[float, float]:
    """Milliseconds inside the work, rounded by message, with what each computes before it on a
    whole CPU at best; items wait there for each other's CPU."""
    worked_ms = sum(each.ended_s - each.begun_s for each in tries) * 1000 + len(tries) * cpu_ms
    waited_ms = sum(each.ended_s - one.begun_s for each in tries) * 1000
    return worked_ms - len(tries) - 1, waited_ms + len(tries) + 1


def _last(
    one: Invoked, lines: list[Record], done: list[Execution], tries: list[Execution], over: int
) -> Iterator[str]:
    """`last_done_at`: there if anything is over, and when the last of it was."""
    said = [line["last_done_at"] - EPOCH_S for line in lines if "last_done_at" in line]
    if bool(said) != bool(over):
        yield f"{one.role} {one.request_id} says that {over} are over, and last_done_at {said}"
    if not said or not over:
        return
    low_s = max((each.ended_s for each in done), default=one.begun_s)
    all_done = over == len(done)  # what fails is over when it is listed
    high_s = max(each.ended_s for each in tries) if all_done else one.ended_s
    if not low_s - NEAR_S <= max(said) <= high_s + NEAR_S:
        yield (
            f"{one.role} {one.request_id} says last_done_at {max(said):.3f} s; "
            f"{low_s:.3f} to {high_s:.3f} s is true"
        )


def _ages(seen: FaultRecord) -> Iterator[str]:
    """Ages of open batches: of one batch they all count from the moment when it was written."""
    for batch in seen.batches:
        born_s = [
            line["_aws"]["Timestamp"] / 1000 - EPOCH_S - line["open_batch_age_s"]
            for one in seen.invoked
            for line in one.telemetry
            if line["batch_id"] == batch.batch_id and "open_batch_age_s" in line
        ]
        first_s = batch.started_s[0] - NEAR_S
        if born_s and not (first_s <= min(born_s) and max(born_s) - min(born_s) < NEAR_S):
            yield (
                f"{batch.batch_id} was started at {batch.started_s[0]:.3f} s; by its age it was "
                f"written from {min(born_s):.3f} to {max(born_s):.3f} s"
            )


def _created(seen: FaultRecord) -> Iterator[str]:
    """Where nothing strikes, the batchers' lines count each item of a batch once."""
    if seen.plan.hits or not seen.converged or not seen.protocol.creates:
        return
    for batch in seen.batches:
        said = sum(
            line.get("items_created", 0)
            for one in seen.invoked
            for line in one.telemetry
            if line["batch_id"] == batch.batch_id
        )
        if len(batch.started_s) == 1 and not seen.cancelled(batch) and said != batch.items:
            yield f"{batch.batch_id} has {batch.items} items; by telemetry {said} were created"
