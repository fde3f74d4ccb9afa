"""How likely each kind of fault is, where it strikes, and until when."""

from dataclasses import dataclass, field, fields
from typing import Any

from workbench.errors import BadKnob


def chance(low: float, high: float) -> Any:
    """The chance of a kind of fault; where it strikes, it is drawn between these."""
    return field(default=0.0, metadata={"drawn": (low, high)})


@dataclass(frozen=True)
class FaultRates:
    """Chances from 0 to 1, each at every opportunity of its kind, until `quiet_s`.

    `roles`, `operations`, `queues` and `partitions` narrow where faults strike; empty means
    everywhere. A role is a handler's module, an operation an AWS call, a queue a part of its name,
    a partition of the table the beginning of its key.
    """

    quiet_s: float = 0.0  # virtual time from which the cloud behaves
    hits_max: int | None = None  # no more than so many, of all kinds together
    unnamed: bool = False  # of durable executions only those without a name: segments
    roles: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    late_max_s: float = 7_200.0  # of a message that comes much later

    kill_before: float = chance(0.001, 0.03)  # at a call that the service never sees
    kill_after: float = chance(0.001, 0.03)  # at a call that the service has answered
    kill_sleep: float = chance(0.001, 0.02)  # in the middle of a sleep
    hang_call: float = chance(0.0005, 0.005)  # a call that does not come back before the timeout
    hang_start: float = chance(0.002, 0.05)  # an environment that stands still until the timeout
    init_fails: float = chance(0.01, 0.3)  # of a cold start
    throttle: float = chance(0.02, 0.5)  # of an invocation
    refuse: float = chance(0.005, 0.1)  # a call that is throttled or fails, once or for good
    lose_answer: float = chance(0.005, 0.1)  # a call that is done, and its caller gets an error
    hold_back: float = chance(0.05, 0.6)  # a batch call of which a part is not done
    stale: float = 0.0  # an eventually consistent read of what was there up to a second ago
    slow: float = chance(0.005, 0.05)  # a call that takes up to half a minute
    shard: float = chance(0.1, 0.8)  # a call on the one drawn shard: throttled, or slow
    lose: float = 0.0  # a message that never comes, though SQS took it: only a scenario asks for it
    twice: float = chance(0.02, 0.3)  # a message that comes twice at once
    twice_late: float = chance(0.01, 0.2)  # a message that comes again much later
    reorder: float = chance(0.05, 0.5)  # a message that others overtake
    early: float = chance(0.01, 0.2)  # a received message that shows itself before its time
    undelete: float = chance(0.01, 0.2)  # a message that is done with, and comes back
    child_fails: float = chance(0.02, 0.3)  # a map child past its retries
    child_twice: float = chance(0.05, 0.5)  # an Express child that runs twice
    map_s3: float = chance(0.005, 0.05)  # a call of the map's own reader or writer
    publish: float = chance(0.1, 0.6)  # the state machine's own publish
    chain_twice: float = chance(0.02, 0.3)  # a chained invoke that runs twice at a time
    chain_lost: float = chance(0.02, 0.3)  # one whose answer is lost, and that runs once more
    chain_late: float = chance(0.02, 0.3)  # one whose answer comes up to two minutes late

    def __post_init__(self) -> None:
        for name in RATES:
            if not 0 <= getattr(self, name) <= 1:
                raise BadKnob(name, getattr(self, name), "must be a chance from 0 to 1")


# The chance of each kind where it strikes is drawn between these.
RATES: dict[str, tuple[float, float]] = {
    one.name: one.metadata["drawn"] for one in fields(FaultRates) if one.metadata
}
