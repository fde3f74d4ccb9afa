"""How likely each kind of fault is, and where: the knobs of a fault plan."""

from dataclasses import dataclass, fields

from workbench.errors import BadKnob


@dataclass(frozen=True)
class FaultRates:
    """Chances from 0 to 1, each at every opportunity of its kind, until `quiet_s`.

    `roles`, `operations` and `queues` narrow where faults strike; empty means everywhere. A role is
    a handler's module, an operation an AWS call, a queue a part of its name.
    """

    quiet_s: float = 0.0  # virtual time from which the cloud behaves
    hits_max: int | None = None  # no more than so many, of all kinds together
    roles: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    late_max_s: float = 7_200.0  # of a message that comes much later

    kill_before: float = 0.0  # at a call that the service never sees
    kill_after: float = 0.0  # at a call that the service has answered
    kill_sleep: float = 0.0  # in the middle of a sleep
    hang_call: float = 0.0  # a call that does not come back before the timeout
    hang_start: float = 0.0  # an environment that stands still until the timeout
    init_fails: float = 0.0  # of a cold start
    throttle: float = 0.0  # of an invocation
    refuse: float = 0.0  # a call that is throttled or fails, once or for good
    lose_answer: float = 0.0  # a call that is done, and its caller gets an error
    hold_back: float = 0.0  # a batch call of which a part is not done
    slow: float = 0.0  # a call that takes up to half a minute
    shard: float = 0.0  # a call on the one drawn shard of the items: throttled, or slow
    twice: float = 0.0  # a message that comes twice at once
    twice_late: float = 0.0  # a message that comes again much later
    reorder: float = 0.0  # a message that others overtake
    early: float = 0.0  # a received message that shows itself before its time
    undelete: float = 0.0  # a message that is done with, and comes back
    child_fails: float = 0.0  # a map child past its retries
    child_twice: float = 0.0  # an Express child that runs twice
    map_s3: float = 0.0  # a call of the map's own reader or writer
    publish: float = 0.0  # the state machine's own publish

    def __post_init__(self) -> None:
        for name in KINDS:
            if not 0 <= getattr(self, name) <= 1:
                raise BadKnob(name, getattr(self, name), "must be a chance from 0 to 1")


NO_KIND = ("quiet_s", "hits_max", "roles", "operations", "queues", "late_max_s")
KINDS = tuple(one.name for one in fields(FaultRates) if one.name not in NO_KIND)
