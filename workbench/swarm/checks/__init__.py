"""The checks of a faulty run: each looks at one promise and names every violation of it."""

from collections.abc import Callable, Iterator

from workbench.swarm.checks.billing import check_billing
from workbench.swarm.checks.calls import check_calls
from workbench.swarm.checks.completion import (
    check_not_too_early,
    check_not_too_late,
    check_notified,
)
from workbench.swarm.checks.deadlines import check_deadlines
from workbench.swarm.checks.ends import check_ends
from workbench.swarm.checks.items import check_claims, check_processed
from workbench.swarm.checks.leases import check_leases
from workbench.swarm.checks.lifecycle import check_lifecycle
from workbench.swarm.checks.parallel import check_parallel
from workbench.swarm.checks.repeats import check_repeats
from workbench.swarm.checks.telemetry import check_telemetry
from workbench.swarm.checks.traces import (
    check_cancelled,
    check_chain,
    check_counts,
    check_leftovers,
)
from workbench.swarm.checks.tries import check_tries
from workbench.swarm.checks.waits import check_waits
from workbench.swarm.fault_record import FaultRecord

CHECKS: dict[str, Callable[[FaultRecord], Iterator[str]]] = {
    "ends": check_ends,
    "processed": check_processed,
    "tries": check_tries,
    "claims": check_claims,
    "leases": check_leases,
    "repeats": check_repeats,
    "not_too_early": check_not_too_early,
    "not_too_late": check_not_too_late,
    "waits": check_waits,
    "notified": check_notified,
    "leftovers": check_leftovers,
    "counts": check_counts,
    "telemetry": check_telemetry,
    "chain": check_chain,
    "cancelled": check_cancelled,
    "deadlines": check_deadlines,
    "lifecycle": check_lifecycle,
    "parallel": check_parallel,
    "calls": check_calls,
    "billing": check_billing,
}


def violations(seen: FaultRecord) -> dict[str, list[str]]:
    """What each check found, by its name; those that found nothing are left out."""
    found = {name: list(check(seen)) for name, check in CHECKS.items()}
    return {name: some for name, some in found.items() if some}
