"""How many functions an account runs at a time, against what a design's knobs ask for.

New accounts start with few (Lambda developer guide, quotas). A map child that waits for a place
fails in the end, and its items with it; a throttled message comes back and counts a receive.
"""

from workbench.designs import Design
from workbench.errors import BadInput
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import plainly

LEAST = 2  # the least that an event source may be limited to (Lambda API, ScalingConfig)
QUOTA = "ask for more: Service Quotas, AWS Lambda, Concurrent executions"


def places(aws: Aws) -> int:
    """Invocations at a time that are not reserved for anything."""
    with plainly():
        limits = aws.client("lambda").get_account_settings()["AccountLimit"]
    return limits["UnreservedConcurrentExecutions"]


def advice(design: Design, free: int) -> str:
    """What to set, or to ask for, where the knobs want more places than there are."""
    most = free - (design.concurrency_max - design.processor_concurrency)
    if most >= LEAST:
        return f"set max_concurrency to {most:,} or less, or {QUOTA}"
    lower = [name for name in ("max_concurrency", "batcher_concurrency") if hasattr(design, name)]
    return f"set {' and '.join(lower)} to {LEAST}, or {QUOTA}"


def is_short(design: Design, free: int) -> bool:
    """Whether items would be lost or sent round for want of places.

    An event source without a limit of its own slows down by itself when it is throttled.
    """
    limitless = bool(design.parts.sources) and getattr(design, "max_concurrency", 0) is None
    return design.concurrency_max > free and not limitless


def refuse_short(design: Design, free: int) -> None:
    """Refuse knobs that the account has no places for."""
    if is_short(design, free):
        raise BadInput(
            f"{design.name} may run {design.concurrency_max:,} functions at a time, and the "
            f"account has {free:,} left: {advice(design, free)}."
        )
