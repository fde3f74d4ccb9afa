"""What `run.json` says of the first batch is what was seen."""

from collections.abc import Iterator

from workbench.swarm.checks.outcomes import cancelled
from workbench.swarm.evidence import Evidence

NEAR_S = 0.002  # times are rounded to the millisecond


def check_counts(evidence: Evidence) -> Iterator[str]:
    """Counts and times of the run that differ from the truth."""
    run, batch = evidence.folder.run, evidence.batches[0]
    done = evidence.done_s.keys() & batch.values.keys()
    over_s = evidence.over_s(batch)
    complete = bool(evidence.notices(batch, "complete"))
    repeated = sum(
        sum(one.outcome == "done" for one in tries) - 1
        for item, tries in evidence.by_item.items()
        if item in evidence.done_s
    )
    wanted = {
        "items": batch.items,
        "items_processed": len(done),
        "items_duplicated": repeated,
        "invocations": evidence.plan.started["processor"],
        "status": "complete" if complete else "incomplete",
    }
    if complete:
        wanted["items_failed"] = batch.items - len(done)
    for name, value in wanted.items():
        if getattr(run, name) != value:
            yield f"run.json says {name} = {getattr(run, name)}; {value} is true"
    if complete and not cancelled(evidence, batch):
        yield from _time("detected_s", run.detected_s, evidence.detected_s(batch))
        if len(over_s) == batch.items and len(done) == batch.items:
            last_s = max(evidence.done_s[item] for item in batch.ids)
            yield from _time("processed_s", run.processed_s, last_s)


def _time(name: str, said_s: float | None, true_s: float | None) -> Iterator[str]:
    if said_s is None or true_s is None or abs(said_s - true_s) > NEAR_S:
        yield f"run.json says {name} = {said_s}; {true_s} is true"
