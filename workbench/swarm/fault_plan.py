"""A fault plan drawn from one seed, faults first, then quiet.

Each kind of fault has dice of its own, so that the rate of one leaves the others where they strike.
What struck is noted, because a checker must know what a crash explains and what it does not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from json import dumps
from random import Random
from typing import Any

from workbench.engine.kernel import Kernel, stream
from workbench.swarm.fault_rates import FaultRates
from workbench.targets.local.runtime.faults import (
    NO_CALL_FAULT,
    NO_CHAIN_FAULT,
    NO_CHILD_FAULT,
    NO_START_FAULT,
    ONE_COPY,
    Call,
    CallFault,
    ChainFault,
    ChildFault,
    MapFaults,
    StartFault,
)

HANG_S = 1_000.0  # longer than any function may run
SLOW_MAX_S = 30.0
REORDER_MAX_S = 30.0
CHAIN_LATE_MAX_S = 120.0
STALE_MAX_S = 1.0  # DynamoDB developer guide, read consistency: "usually within one second"
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
    "lambda": (("TooManyRequestsException", 429), ("ServiceException", 500)),
}
CONFLICT = ("TransactionConflictException", 400)  # of a single write, with a transaction
CLAIM_CONFLICT = ("ConditionalRequestConflict", 409)  # of a conditional PutObject
SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
CALL_KINDS = (
    *("kill_before", "kill_after", "hang_call", "lose_answer"),
    *("refuse", "hold_back", "slow", "shard"),
)
BATCH_CALLS = ("BatchWriteItem", "BatchGetItem", "SendMessageBatch")
READS = ("GetItem", "BatchGetItem", "Query", "Scan")


@dataclass(frozen=True)
class Hit:
    """One fault that struck."""

    t_s: float
    kind: str
    where: str  # a role, a queue, or a map's state
    request_id: str = ""
    what: str = ""  # the operation
    code: str = ""  # of the error that it ended in
    for_good: bool = False  # whether each further attempt of the client ends so too


class FaultPlan:
    """Faults as the local target asks for them. `hits` has all that struck."""

    def __init__(self, rates: FaultRates, seed: int, kernel: Kernel) -> None:
        self.rates = rates
        self.stale_max_s = STALE_MAX_S if rates.stale else 0.0
        self.hits: list[Hit] = []
        self.stale: list[Hit] = []  # apart, since they strike any function and excuse nothing
        self.started: Counter[str] = Counter()  # invocations that began, by role
        self._seed = seed
        self._kernel = kernel
        self._dice: dict[str, Random] = {}
        self._failing: dict[int, tuple[Any, int, CallFault]] = {}

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each kind struck; to be asked at the end."""
        return Counter(hit.kind for hit in (*self.hits, *self.stale))

    def calling(self, call: Call) -> CallFault:
        fault = self._befalls(call)
        if _eventual(call) and self.strikes("stale", call.function, call.operation):
            return replace(fault, stale_s=self._die("stale").uniform(0, STALE_MAX_S))
        return fault

    def _befalls(self, call: Call) -> CallFault:
        failing = self._failing.get(id(call.request))
        if failing is not None and call.attempt > 1:
            return self._fail_again(call, failing)
        self._failing.pop(id(call.request), None)
        kind = self._kind(call) if self._about(call) else ""
        match kind:
            case "":
                return NO_CALL_FAULT
            case "kill_before" | "kill_after":
                return CallFault(kill=kind.removeprefix("kill_"))
            case "hang_call":
                return CallFault(delay_s=HANG_S)
            case "hold_back":
                return CallFault(hold_back=self._die(kind).randint(1, 25))
            case "slow":
                return CallFault(delay_s=self._die(kind).uniform(0, SLOW_MAX_S))
        if kind == "shard" and self._die(kind).random() < 0.5:
            return CallFault(delay_s=self._die(kind).uniform(0, SLOW_MAX_S))
        return self._fail(call, kind)

    def chaining(self, function: str, payload: Any) -> ChainFault:
        if not self._at(function):
            return NO_CHAIN_FAULT
        asked, late_s = dumps(payload), 0.0
        if self.strikes("chain_late", function, asked):
            late_s = self._die("chain_late").uniform(0, CHAIN_LATE_MAX_S)
        twice = self.strikes("chain_twice", function, asked)
        lost = self.strikes("chain_lost", function, asked)
        return ChainFault(twice, lost, late_s)

    def sleeping(self, function: str, request_id: str, seconds: float) -> bool:  # noqa: ARG002
        return self._at(function) and self.strikes("kill_sleep", function, "sleep", request_id)

    def starting(self, function: str, cold: bool) -> StartFault:
        self.started[function] += 1
        if not self._at(function):
            return NO_START_FAULT
        if cold and self.strikes("init_fails", function):
            return StartFault(init_fails=True)
        if self.strikes("hang_start", function):
            return StartFault(hang_s=HANG_S)
        return NO_START_FAULT

    def sending(self, queue: str, body: str) -> Sequence[float]:  # noqa: ARG002
        if not self._in(queue):
            return ONE_COPY
        if self.strikes("lose", queue):
            return ()
        if self.strikes("twice", queue):
            return (0.0, self._die("twice").uniform(0, 1))
        if self.strikes("twice_late", queue):
            return (0.0, self._die("twice_late").uniform(1, self.rates.late_max_s))
        if self.strikes("reorder", queue):
            return (self._die("reorder").uniform(0, REORDER_MAX_S),)
        return ONE_COPY

    def hiding(self, queue: str, seconds: float) -> float:
        if self._in(queue) and self.strikes("early", queue):
            return self._die("early").uniform(0, seconds)
        return seconds

    def deleting(self, queue: str) -> bool:
        return self._in(queue) and self.strikes("undelete", queue)

    def throttling(self, function: str) -> bool:
        return self._at(function) and self.strikes("throttle", function)

    def strikes(self, kind: str, where: str, what: str = "", request_id: str = "") -> bool:
        """Whether a fault of a kind strikes now; it is noted if it does."""
        rate = getattr(self.rates, kind)
        if not rate or self._over() or self._die(f"whether {kind}").random() >= rate:
            return False
        noted = self.stale if kind == "stale" else self.hits
        noted.append(Hit(self._kernel.now, kind, where, request_id, what))
        return True

    def _kind(self, call: Call) -> str:
        """The kind of fault that strikes a call, if any."""
        for kind in CALL_KINDS:
            if kind == "hold_back" and call.operation not in BATCH_CALLS:
                continue
            if kind == "shard" and not (self.rates.shard and self._of_shard(call)):
                continue
            if self.strikes(kind, call.function, call.operation, call.request_id):
                return kind
        return ""

    def _fail(self, call: Call, kind: str) -> CallFault:
        """Fail this attempt, and perhaps the next ones too."""
        choices = REFUSALS[call.service]
        if call.operation in SINGLE_WRITES:
            choices = (*choices, CONFLICT)
        if call.operation == "PutObject" and "IfNoneMatch" in call.request:
            choices = (*choices, CLAIM_CONFLICT)
        lost = kind == "lose_answer"
        error, status = ("InternalError", 500) if lost else choices[0]
        if kind == "refuse":
            error, status = self._die(kind).choice(choices)
        more = self._die(kind).choice((0, 0, 1, FOR_GOOD))
        self.hits[-1] = replace(self.hits[-1], code=error, for_good=more == FOR_GOOD)
        fault = CallFault(error=error, status=status, lose_answer=lost)
        self._failing[id(call.request)] = (call.request, more, fault)
        return fault

    def _fail_again(self, call: Call, failing: tuple[Any, int, CallFault]) -> CallFault:
        """A further attempt of a call that failed before."""
        request, left, fault = failing
        if not left or self._over():
            return NO_CALL_FAULT
        self._failing[id(call.request)] = (request, left - 1, fault)
        return fault

    def _of_shard(self, call: Call) -> bool:
        """Whether a call is about the shard, which is drawn modulo the shards that it meets."""
        asked = _partitions(call.request) if call.service == "dynamodb" else []
        keys = [pk for pk in asked if pk.startswith("items#")]
        return any(int(key.rsplit("#", 1)[1]) == self._drawn_shard for key in keys)

    @cached_property
    def _drawn_shard(self) -> int:
        return self._die("which shard").randrange(4)

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

    def _about(self, call: Call) -> bool:
        """Whether faults strike this call: of its function, operation, queue, keys, execution."""
        if self.rates.unnamed and not _unnamed(call.request.get("DurableExecutionArn", "")):
            return False
        queue, partitions = call.request.get("QueueUrl", ""), self.rates.partitions
        within = not partitions or call.service != "dynamodb"
        within = within or any(pk.startswith(partitions) for pk in _partitions(call.request))
        return within and self._at(call.function, call.operation) and (not queue or self._in(queue))

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
        return NO_CHILD_FAULT

    def s3(self, operation: str, key: str) -> str | None:  # noqa: ARG002
        return "SlowDown" if self._plan.strikes("map_s3", "map", operation) else None

    def publish(self) -> str | None:
        return "Throttling" if self._plan.strikes("publish", "machine", "Publish") else None


def _unnamed(arn: str) -> bool:
    """Whether a durable execution was given no name: its own is in its place then."""
    *_, name, unique = ("", *arn.split("/"))
    return bool(arn) and name == unique


def _eventual(call: Call) -> bool:
    """Whether a call is a read that is not consistent, of any of its tables."""
    if call.service != "dynamodb" or call.operation not in READS:
        return False
    asked = call.request.get("RequestItems", {"": call.request}).values()
    return not all(one.get("ConsistentRead") for one in asked)


def _partitions(request: Mapping[str, Any]) -> list[str]:
    """The partitions that a DynamoDB call is about."""
    keys = [request[name] for name in ("Key", "Item") if name in request]
    if "KeyConditionExpression" in request:
        keys.append({"pk": request["ExpressionAttributeValues"][":pk"]})
    for entries in request.get("RequestItems", {}).values():
        if isinstance(entries, dict):
            keys += entries["Keys"]
        else:
            keys += [one["PutRequest"]["Item"] for one in entries if "PutRequest" in one]
            keys += [one["DeleteRequest"]["Key"] for one in entries if "DeleteRequest" in one]
    return [key["pk"]["S"] for key in keys]
