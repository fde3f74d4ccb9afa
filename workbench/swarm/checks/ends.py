"""No invocation fails by itself: what raised, died or gave a message back was struck."""

import json
from collections import Counter
from collections.abc import Iterator

from lambdas.trigger import name_of
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Invoked
from workbench.targets.local.lambda_.functions import THROTTLED

NOT_IN_FLIGHT = "MessageNotInflight"  # a message that was seen again meanwhile is not put off
BEFORE_THE_HANDLER = ("hang_start", "init_fails")


def check_ends(seen: FaultRecord) -> Iterator[str]:
    """Invocations that ended badly though no planned fault struck them."""
    for one in seen.invoked:
        if seen.strange(one):
            yield from _accepted(seen, one)
            continue
        stopped = one.end == "died" and one.ended_s >= seen.ended_s  # with the run itself
        if seen.protocol.gave_up(seen, one):
            yield f"{one.role} {one.request_id} did not try as often, or as late, as it promises"
        if one.request_id in seen.hit or stopped:
            continue
        if _refuses(seen, one):
            waits = one.execution and one.answer and one.answer["Status"] == "PENDING"
            if one.end == "answered" and not waits:
                yield f"{one.role} {one.request_id} ends well on a trigger that cannot be"
            continue
        if seen.protocol.excuses_end(seen, one):
            continue
        if one.end != "answered":
            why = f": {one.errors[-1]}" if one.errors else ""
            yield f"{one.role} {one.request_id} {one.end} at {one.ended_s:.3f} s, not struck{why}"
        elif errors := [error for error in one.errors if NOT_IN_FLIGHT not in error]:
            yield (
                f"{one.role} {one.request_id} could not deal with {len(errors)} messages, "
                f"and nothing struck it: {errors[0]}"
            )
    yield from _uncaused(seen)


def _accepted(seen: FaultRecord, one: Invoked) -> Iterator[str]:
    """An event that nothing of ours sends is refused in words, and nothing is done for it."""
    called = [call.operation for call in seen.calls if call.request_id == one.request_id]
    named = (json.dumps(one.event)[:20], f"'{seen.batches[0].batch_id}'", "segment ")
    refused = one.end == "raised" and any(name in one.errors[-1] for name in named)
    if called or not (refused or one.request_id in seen.hit):
        errors = ", ".join(one.errors) or "no error"
        yield (
            f"{one.role} {one.request_id} {one.end} with {errors} and calls {called} on an event "
            f"that makes no sense: {str(one.event)[:100]}"
        )


def _refuses(seen: FaultRecord, one: Invoked) -> bool:
    """Whether the first function raised since its trigger asks for what cannot be."""
    event = one.event if isinstance(one.event, dict) else {}
    first = seen.design.parts.functions[0].role
    return one.role == first and name_of(event.get("trigger", event)) in seen.refused_triggers


def _uncaused(seen: FaultRecord) -> Iterator[str]:
    """More throttles, or more invocations that never began, than the plan made, by function."""
    hits = Counter((hit.where, hit.kind) for hit in seen.plan.hits)
    throttled = Counter(one.role for one in seen.refused if one.error == THROTTLED)
    never = Counter(one.role for one in seen.never_begun)
    for kinds, what, found in (
        (("throttle",), "were throttled", throttled),
        (BEFORE_THE_HANDLER, "ended before they began", never),
    ):
        for role, number in found.items():
            planned = sum(hits[role, kind] for kind in kinds)
            if number > planned:
                yield f"{number} invocations of {role} {what}, and {planned} are planned"
