"""How late completion may be declared, and when a run must be over: sums of the waits there are.

Every wait of the designs has a limit: a message is hidden for its queue's visibility timeout at
most, a lease ends a little after its function's timeout, a retry waits no longer than a quarter of
an hour. After the last fault each of them can be met once.
"""

from workbench.designs import Design, Sfn, Sqs
from workbench.swarm.cases import FaultCase

PLAN_HIDDEN_S = 5_400  # visibility of the plan queue: six times 900 s
DEAD_HIDDEN_S = 1_800  # of the dead letters: six times 300 s
POLL_HIDDEN_S = 360  # of the polling queue: six times 60 s
BATCHER_LEASE_S = 930  # also of what the failures consumer works
SPLIT_LEASE_S = 330
PUT_OFF_S = 900  # the longest wait that a handler asks for
ABSENT_S = 60 * 60  # so long the finalizer looks for a batch that was never written
ASYNC_S = 180  # both retries of an asynchronous invocation
CALLS_S = 60  # for the calls themselves, with the client's own retries
TRIES_S = 600  # of a poisoned item, and of its message before that
SUMMARY_S = 3 * 305 + 6  # all tries of the summary
PUBLISH_S = 130  # all tries of a publish
THROTTLED_S = 400  # all tries of a Task that is throttled
BATCHER_S = 3 * 905 + 6  # all tries of the batcher


def late_s(design: Design, roles: set[str], poll_s: float) -> float:
    """How long after the last item is over, and the last fault has struck, completion is declared.

    `roles` are those that faults struck: only they can have left a message hidden or a lease.
    """
    if isinstance(design, Sfn):
        return _late_sfn_s(design, roles)
    assert isinstance(design, Sqs)
    late = 2 * poll_s + CALLS_S
    if roles & {"batcher", "plan", "dead"}:
        late += PLAN_HIDDEN_S + BATCHER_LEASE_S
    if roles & {"processor", "item", "dead"}:
        late += design.visibility_timeout_s + design.lease_s + SPLIT_LEASE_S + PUT_OFF_S
    if roles & {"finalizer", "poll"}:
        late += POLL_HIDDEN_S + poll_s
    if roles & {"failures", "batcher", "processor", "plan", "item", "dead"}:
        late += DEAD_HIDDEN_S + BATCHER_LEASE_S
    return late


def work_s(design: Design, roles: set[str], items: int) -> float:
    """How long after the last fault all items are over: plan and segments may be hidden once more.

    A message that is lost is sent again much later, so that a loss shows here.
    """
    busy = items * max(1, design.value_max) / 1000 + TRIES_S
    if isinstance(design, Sfn):
        return busy + BATCHER_S + 2 * THROTTLED_S + 2 * design.child_limit_s
    return busy + 2 * late_s(design, roles | {"item"}, 0.0)


def _late_sfn_s(design: Sfn, roles: set[str]) -> float:
    """The map ends with its last child, and a struck child is tried again whole."""
    late = CALLS_S
    if roles & {"processor", "Process", "map"}:
        late += design.child_limit_s + THROTTLED_S
    if "summary" in roles:
        late += SUMMARY_S + THROTTLED_S
    if "machine" in roles:
        late += PUBLISH_S
    return late


def converge_s(case: FaultCase) -> float:
    """When nothing may be under way any more: after the faults, and all waits there are twice."""
    design, rates = case.design, case.rates
    last_s = max(rates.quiet_s, *(start.at_s for start in case.starts), 0.0)
    if isinstance(design, Sfn):
        children_s = -(-design.child_limit_s * 200 // (design.max_concurrency or 1_000))
        return last_s + BATCHER_S + 300 + children_s + SUMMARY_S + PUBLISH_S + 2 * CALLS_S
    assert isinstance(design, Sqs)
    once_s = PLAN_HIDDEN_S + DEAD_HIDDEN_S + 2 * BATCHER_LEASE_S + POLL_HIDDEN_S
    item_s = design.visibility_timeout_s + design.lease_s + SPLIT_LEASE_S + PUT_OFF_S
    late_s = rates.late_max_s if rates.twice_late else 0.0
    start_s = ABSENT_S + ASYNC_S + design.stuck_after_s
    work_s = 200 * design.value_max / 1000
    return last_s + late_s + start_s + 2 * once_s + 3 * item_s + 10 * design.poll_s + work_s
