"""How a run shows that a rule decided something: a rare branch, a refused write, what was seen."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called
from workbench.swarm.probes import Branch

Guard = Branch | Callable[[FaultRecord], bool]


@dataclass(frozen=True)
class Elsewhere:
    """A rule that no run of the swarm can reach, and what holds it."""

    held_by: str


Rules = Mapping[str, tuple[Guard, ...] | Elsewhere]


def reached(rules: Rules, seen: FaultRecord, taken: set[Branch]) -> list[str]:
    """The rules that decided something in a run."""
    return [
        rule
        for rule, guards in rules.items()
        if not isinstance(guards, Elsewhere) and any(_decided(one, seen, taken) for one in guards)
    ]


def _decided(guard: Guard, seen: FaultRecord, taken: set[Branch]) -> bool:
    return guard in taken if isinstance(guard, Branch) else guard(seen)


def refused(role: str, operation: str, part: str) -> Guard:
    """A write of this function whose condition, which holds this text, was refused."""

    def decided(seen: FaultRecord) -> bool:
        return any(
            call.role == role and call.operation == operation and part in _condition(call)
            for call in seen.calls
            if call.error == "ConditionalCheckFailedException"
        )

    return decided


def broken_off(role: str, first: str, then: str) -> Guard:
    """An invocation that made the first call well and never the second, since it was struck."""

    def decided(seen: FaultRecord) -> bool:
        made: dict[str, set[str]] = {}
        for call in seen.calls:
            if call.role == role and not call.error:
                made.setdefault(call.request_id, set()).add(call.operation)
        return any(
            first in operations and then not in operations and request_id in seen.hit
            for request_id, operations in made.items()
        )

    return decided


def _requests(asks: Callable[[Called], str]) -> Callable[[FaultRecord], dict[str, set[str]]]:
    """The requests of the calls for which a name is given, by that name."""

    def found(seen: FaultRecord) -> dict[str, set[str]]:
        requests: dict[str, set[str]] = defaultdict(set)
        for call in seen.calls:
            if not call.error and call.role and (name := asks(call)):
                requests[name].add(call.request_id)
        return requests

    return found


def made_twice(asks: Callable[[Called], str]) -> Guard:
    """Two requests made a call of the same name."""
    found = _requests(asks)
    return lambda seen: any(len(requests) > 1 for requests in found(seen).values())


def cancelled_by(role: str) -> Guard:
    """A batch was cancelled by this function."""
    return lambda seen: any(
        call.role == role for calls in seen.cancelling.values() for call in calls
    )


def ended(role: str, error: str) -> Guard:
    """An invocation of this function that ended so."""
    return lambda seen: any(one.role == role and one.error == error for one in seen.refused)


def _condition(call: Called) -> str:
    return str(call.request.get("ConditionExpression", ""))
