"""The finalizer's chain neither multiplies nor runs faster than it is asked to."""

from collections.abc import Iterator

from workbench.swarm.evidence import Evidence

SLACK = 3
TRIES = 6  # that a client makes of a call


def check_chain(evidence: Evidence) -> Iterator[str]:
    """Batches that were looked at more often than their time and the faults explain."""
    for batch in evidence.batches:
        looks = evidence.protocol.looks(evidence, batch)
        if not looks:
            continue
        open_s = looks[-1] - looks[0]
        struck = [
            hit
            for hit in evidence.plan.hits
            if hit.where == "finalizer" or "PollQueue" in hit.where
        ]
        # A send whose answer is lost again and again leaves as many copies of one link.
        faults = sum(TRIES if hit.kind == "lose_answer" else 1 for hit in struck)
        chains = evidence.protocol.chains(evidence, batch)
        # A second trigger sends one more first link, which is dropped.
        allowed = chains * (open_s / batch.knobs["poll_s"] + SLACK)
        allowed += 2 * faults + len(batch.started_s)
        if len(looks) > allowed:
            yield (
                f"{batch.batch_id} was looked at {len(looks)} times in {open_s:.0f} s with "
                f"{faults} faults on the chain; {allowed:.0f} times are allowed"
            )
