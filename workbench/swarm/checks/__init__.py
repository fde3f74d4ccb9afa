"""The judges of a faulty run: each looks at one promise and names every breach of it."""

from collections.abc import Callable, Iterator

from workbench.swarm.checks.billing import check_billing
from workbench.swarm.checks.cancelled import check_cancelled
from workbench.swarm.checks.chain import check_chain
from workbench.swarm.checks.claims import check_claims
from workbench.swarm.checks.counts import check_counts
from workbench.swarm.checks.leftovers import check_leftovers
from workbench.swarm.checks.not_too_early import check_not_too_early
from workbench.swarm.checks.not_too_late import check_not_too_late
from workbench.swarm.checks.notified import check_notified
from workbench.swarm.checks.processed import check_processed
from workbench.swarm.evidence import Evidence

Check = Callable[[Evidence], Iterator[str]]

CHECKS: dict[str, Check] = {
    "processed": check_processed,
    "claims": check_claims,
    "not_too_early": check_not_too_early,
    "not_too_late": check_not_too_late,
    "notified": check_notified,
    "leftovers": check_leftovers,
    "counts": check_counts,
    "chain": check_chain,
    "cancelled": check_cancelled,
    "billing": check_billing,
}


def breaches(evidence: Evidence) -> dict[str, list[str]]:
    """What each judge found, by its name; those that found nothing are left out."""
    found = {name: list(check(evidence)) for name, check in CHECKS.items()}
    return {name: some for name, some in found.items() if some}
