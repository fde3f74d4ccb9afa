"""A fault plan drawn from one seed: faults first, then quiet.

Each kind of fault has dice of its own, so that the rate of one leaves the others where they strike.
What struck is noted, because a checker must know what a crash explains and what it does not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from workbench.engine.kernel import Kernel
from workbench.engine.random_streams import stream
from workbench.swarm.fault_plan import FaultRates
from workbench.targets.local.runtime.faults import (
    NO_CALL_FAULT,
    NO_START_FAULT,
    ONE_COPY,
    Call,
    CallFault,
    StartFault,
)
from workbench.targets.local.stepfunctions.faults import NO_FAULT, ChildFault
from workbench.targets.local.stepfunctions.faults import Faults as MapFaults

HANG_S = 1_000.0  # longer than any function may run
SLOW_MAX_S = 30.0
REORDER_MAX_S = 30.0
FOR_GOOD = 99  # attempts: more than any client makes
# What services answer when they are busy or broken, as (code, HTTP status); not all are retried.
REFUSALS: dict[str, tuple[tuple[str, int], ...]] = {
    "dynamodb": (
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ),
    "sqs": (("RequestThrottled", 400), ("ServiceUnavailable", 503), ("InternalError", 500)),
    "s3": (("SlowDown", 503), ("InternalError", 500)),
    "sns": (("Throttling", 400), ("InternalError", 500)),
    "cloudwatch": (("Throttling", 400), ("InternalServiceFault", 500)),
}
CONFLICT = ("TransactionConflictException", 400)  # of a single write, with a transaction
CLAIM_CONFLICT = ("ConditionalRequestConflict", 409)  # of a conditional PutObject
SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
BATCH_CALLS = ("BatchWriteItem", "BatchGetItem", "SendMessageBatch")


@dataclass(frozen=True)
class Hit:
    """One fault that struck."""

    t_s: float
    kind: str
    where: str  # a role, a queue, or a map's state
    request_id: str = ""
    what: str = ""  # the operation


class FaultPlan:
    """Faults as `faults.Faults` asks for them. `hits` has all that struck."""

    def __init__(self, rates: FaultRates, seed: int, kernel: Kernel) -> None:
        self.rates = rates
        self.hits: list[Hit] = []
        self.started: Counter[str] = Counter()  # invocations that began, by role
        self._seed = seed
        self._kernel = kernel
        self._dice: dict[str, Random] = {}
        self._failing: dict[int, tuple[Any, int, tuple[str, int], bool]] = {}

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each kind struck; to be asked at the end."""
        return Counter(hit.kind for hit in self.hits)

    def calling(self, call: Call) -> CallFault:
        failing = self._failing.get(id(call.request))
        if failing is not None and call.attempt > 1:
            return self._go_on(call, failing)
        self._failing.pop(id(call.request), None)
        if not self._at(call.function, call.operation):
            return NO_CALL_FAULT
        for kind in ("kill_before", "kill_after", "hang_call", "lose_answer", "refuse"):
            if self._strikes(kind, call.function, call.request_id, call.operation):
                return getattr(self, f"_{kind}")(call)
        if call.operation in BATCH_CALLS and self._strikes(
            "hold_back", call.function, call.request_id, call.operation
        ):
            return CallFault(hold_back=self._die("hold_back").randint(1, 25))
        if self._strikes("slow", call.function, call.request_id, call.operation):
            return CallFault(delay_s=self._die("slow").uniform(0, SLOW_MAX_S))
        return self._on_shard(call)

    def sleeping(self, function: str, request_id: str, seconds: float) -> bool:  # noqa: ARG002
        return self._at(function) and self._strikes("kill_sleep", function, request_id, "sleep")

    def starting(self, function: str, cold: bool) -> StartFault:
        self.started[function] += 1
        if not self._at(function):
            return NO_START_FAULT
        if cold and self._strikes("init_fails", function):
            return StartFault(init_fails=True)
        if self._strikes("hang_start", function):
            return StartFault(hang_s=HANG_S)
        return NO_START_FAULT

    def sending(self, queue: str, body: str) -> Sequence[float]:  # noqa: ARG002
        if not self._in(queue):
            return ONE_COPY
        if self._strikes("twice", queue):
            return (0.0, self._die("twice").uniform(0, 1))
        if self._strikes("twice_late", queue):
            return (0.0, self._die("twice_late").uniform(1, self.rates.late_max_s))
        if self._strikes("reorder", queue):
            return (self._die("reorder").uniform(0, REORDER_MAX_S),)
        return ONE_COPY

    def hiding(self, queue: str, seconds: float) -> float:
        if self._in(queue) and self._strikes("early", queue):
            return self._die("early").uniform(0, seconds)
        return seconds

    def deleting(self, queue: str) -> bool:
        return self._in(queue) and self._strikes("undelete", queue)

    def throttling(self, function: str) -> bool:
        return self._at(function) and self._strikes("throttle", function)

    def strikes(self, kind: str, where: str, what: str = "") -> bool:
        """Whether a fault of a kind strikes now; it is noted if it does."""
        return self._strikes(kind, where, "", what)

    def _kill_before(self, call: Call) -> CallFault:  # noqa: ARG002
        return CallFault(kill="before")

    def _kill_after(self, call: Call) -> CallFault:  # noqa: ARG002
        return CallFault(kill="after")

    def _hang_call(self, call: Call) -> CallFault:  # noqa: ARG002
        return CallFault(delay_s=HANG_S)

    def _lose_answer(self, call: Call) -> CallFault:
        return self._fail(call, "lose_answer", ("InternalError", 500), True)

    def _refuse(self, call: Call) -> CallFault:
        choices = REFUSALS[call.service]
        if call.operation in SINGLE_WRITES:
            choices = (*choices, CONFLICT)
        if call.operation == "PutObject" and "IfNoneMatch" in call.request:
            choices = (*choices, CLAIM_CONFLICT)
        return self._fail(call, "refuse", self._die("refuse").choice(choices), False)

    def _fail(self, call: Call, kind: str, error: tuple[str, int], lost: bool) -> CallFault:
        """Fail this attempt, and perhaps the next ones too."""
        more = self._die(kind).choice((0, 0, 1, FOR_GOOD))
        self._failing[id(call.request)] = (call.request, more, error, lost)
        return CallFault(error=error[0], status=error[1], lose_answer=lost)

    def _go_on(self, call: Call, failing: tuple[Any, int, tuple[str, int], bool]) -> CallFault:
        """A further attempt of a call that failed before."""
        request, left, error, lost = failing
        if not left or self._over():
            return NO_CALL_FAULT
        self._failing[id(call.request)] = (request, left - 1, error, lost)
        return CallFault(error=error[0], status=error[1], lose_answer=lost)

    def _on_shard(self, call: Call) -> CallFault:
        """The one shard that is throttled or slow."""
        if not self.rates.shard or call.service != "dynamodb" or not self._of_shard(call.request):
            return NO_CALL_FAULT
        if not self._strikes("shard", call.function, call.request_id, call.operation):
            return NO_CALL_FAULT
        die = self._die("shard")
        if die.random() < 0.5:
            return CallFault(delay_s=die.uniform(0, SLOW_MAX_S))
        return self._fail(call, "shard", REFUSALS["dynamodb"][0], False)

    def _of_shard(self, request: Mapping[str, Any]) -> bool:
        """Whether a call is about the shard, which is drawn modulo the shards that it meets."""
        drawn = self._drawn_shard
        return any(int(key.rsplit("#", 1)[1]) == drawn for key in _partitions(request))

    @cached_property
    def _drawn_shard(self) -> int:
        return self._die("which shard").randrange(4)

    def _strikes(self, kind: str, where: str, request_id: str = "", what: str = "") -> bool:
        rate = getattr(self.rates, kind)
        if not rate or self._over() or self._die(f"whether {kind}").random() >= rate:
            return False
        self.hits.append(Hit(self._kernel.now, kind, where, request_id, what))
        return True

    def _over(self) -> bool:
        """Whether it is quiet."""
        rates = self.rates
        spent = rates.hits_max is not None and len(self.hits) >= rates.hits_max
        return spent or self._kernel.now >= rates.quiet_s

    def _at(self, role: str, operation: str = "") -> bool:
        rates = self.rates
        return (not rates.roles or role in rates.roles) and (
            not rates.operations or not operation or operation in rates.operations
        )

    def _in(self, queue: str) -> bool:
        return not self.rates.queues or any(name in queue for name in self.rates.queues)

    def _die(self, concern: str) -> Random:
        if concern not in self._dice:
            self._dice[concern] = stream(self._seed, f"fault/{concern}")
        return self._dice[concern]


class MapFaultPlan(MapFaults):
    """The same plan, as a map run asks for its faults."""

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan

    def child(self, map_state: str, index: int) -> ChildFault:
        if self._plan.strikes("child_fails", map_state, str(index)):
            return ChildFault(error="States.TaskFailed", cause="the fault plan wants it so")
        if self._plan.strikes("child_twice", map_state, str(index)):
            return ChildFault(runs=2)
        return NO_FAULT

    def s3(self, operation: str, key: str) -> str | None:  # noqa: ARG002
        return "SlowDown" if self._plan.strikes("map_s3", "map", operation) else None

    def publish(self) -> str | None:
        return "Throttling" if self._plan.strikes("publish", "machine", "Publish") else None


def _partitions(request: Mapping[str, Any]) -> list[str]:
    """The partitions of item shards that a DynamoDB call is about."""
    keys = [request[name]["pk"]["S"] for name in ("Key", "Item") if name in request]
    if "KeyConditionExpression" in request:
        keys.append(request["ExpressionAttributeValues"][":pk"]["S"])
    for entries in request.get("RequestItems", {}).values():
        if isinstance(entries, list):
            keys += [_written(entry)["pk"]["S"] for entry in entries]
        else:
            keys += [key["pk"]["S"] for key in entries["Keys"]]
    return [key for key in keys if key.startswith("items#")]


def _written(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key of an entry of a batch write, with what stands beside it."""
    return entry["PutRequest"]["Item"] if "PutRequest" in entry else entry["DeleteRequest"]["Key"]
