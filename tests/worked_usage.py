"""Usage as AWS counts it, from what was done: (service, usage type, quantity) for `price`.

An example of a pricing page is a sum of these:

    price([*lambda_usage(3_000_000, 120, 1536)], load_book(), free_tier=True)
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

from tests.oracles.units import (
    TMP_FREE_MB,
    async_event_requests,
    express_gb_seconds,
    tmp_gb_seconds,
)
from workbench.bill import bill
from workbench.errors import BadInput
from workbench.platform.services import LAMBDA, SQS, STEP_FUNCTIONS
from workbench.platform.units import (
    EXPRESS_STEP_MB,
    gb_seconds,
    lambda_gb_seconds,
    sqs_requests,
)
from workbench.prices import PriceBook
from workbench.runs.records import USAGE_COLUMNS

PROVISIONED_STEP_S = 300  # aws.amazon.com/lambda/pricing: rounded up to five minutes
SNAPSHOT_LEAST_S = 3 * 3600  # aws.amazon.com/lambda/pricing: cached for three hours at least

_SUFFIX = {"x86_64": "", "arm64": "-ARM"}

Used = tuple[str, str, Decimal | int]


def price(
    usage: Iterable[tuple],
    book: PriceBook,
    *,
    free_tier: bool = False,
    already: Mapping | None = None,
) -> pd.DataFrame:
    """The bill of (service, usage type, quantity) triples, in the units of the book, as work."""
    triples = list(usage)
    book.require((service, usage_type) for service, usage_type, _ in triples)
    rows = [
        (service, usage_type, book.price(service, usage_type).unit, "work", amount)
        for service, usage_type, amount in triples
    ]
    frame = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
    return bill(frame, book, free_tier=free_tier, already=already)


def lambda_usage(
    invocations: int,
    duration_ms: float,
    memory_mb: int,
    cpu: str = "x86_64",
    tmp_mb: int = TMP_FREE_MB,
    event_bytes: int = 0,
) -> list[Used]:
    """Invocations of one length on demand, init in it; an event past 256 KB costs more requests."""
    requests = invocations * async_event_requests(event_bytes)
    used: list[Used] = [
        (LAMBDA, "Request" + _suffix(cpu), requests),
        (
            LAMBDA,
            "Lambda-GB-Second" + _suffix(cpu),
            invocations * lambda_gb_seconds(duration_ms, memory_mb),
        ),
    ]
    if tmp := invocations * tmp_gb_seconds(duration_ms, tmp_mb):
        used.append((LAMBDA, "Lambda-Storage-GB-Second" + _suffix(cpu), tmp))
    return used


def provisioned_usage(
    invocations: int, duration_ms: float, memory_mb: int, cpu: str = "x86_64"
) -> list[Used]:
    """Invocations of one length under provisioned concurrency, which is paid for apart."""
    name = "Lambda-Provisioned-GB-Second" + _suffix(cpu)
    return [
        (LAMBDA, "Request" + _suffix(cpu), invocations),
        (LAMBDA, name, invocations * lambda_gb_seconds(duration_ms, memory_mb)),
    ]


def provisioned_concurrency_usage(
    concurrency: int, seconds: int, memory_mb: int, cpu: str = "x86_64"
) -> list[Used]:
    """Concurrency kept ready, in steps of five minutes."""
    steps = -(-seconds // PROVISIONED_STEP_S)
    name = "Lambda-Provisioned-Concurrency" + _suffix(cpu)
    ready = gb_seconds(steps * PROVISIONED_STEP_S * 1000, memory_mb)
    return [(LAMBDA, name, concurrency * ready)]


def snapstart_usage(active_s: int, restores: int, memory_mb: int) -> list[Used]:
    """One version's snapshot kept, and environments restored from it (Python, .NET)."""
    cached = gb_seconds(max(active_s, SNAPSHOT_LEAST_S) * 1000, memory_mb)
    return [
        (LAMBDA, "Lambda-SnapStart-Cached-GB-S", cached),
        (LAMBDA, "Lambda-SnapStart-Restored-GB", restores * gb_seconds(1000, memory_mb)),
    ]


def sqs_usage(calls: int, call_bytes: int = 0) -> list[Used]:
    """Calls to standard queues, each carrying so many bytes."""
    return [(SQS, "Requests-Tier1", calls * sqs_requests(call_bytes))]


def express_usage(
    executions: int, duration_ms: float, memory_mb: int = EXPRESS_STEP_MB
) -> list[Used]:
    """Express executions of one length."""
    used = executions * express_gb_seconds(duration_ms, memory_mb)
    return [
        (STEP_FUNCTIONS, "StepFunctions-Request", executions),
        (STEP_FUNCTIONS, "StepFunctions-GB-Second", used),
    ]


def map_usage(
    children: int,
    child_type: str = "EXPRESS",
    states: int = 1,
    duration_ms: float = 0,
    memory_mb: int = EXPRESS_STEP_MB,
) -> list[Used]:
    """The children of a Distributed Map: a transition for each one's start; a Standard child pays
    one more for every state, an Express child its request and its time (AWS workshop)."""
    if child_type == "STANDARD":
        return [(STEP_FUNCTIONS, "StateTransition", children * (1 + states))]
    if child_type != "EXPRESS":
        raise BadInput(f"child_type={child_type!r} is neither EXPRESS nor STANDARD.")
    start = (STEP_FUNCTIONS, "StateTransition", children)
    return [start, *express_usage(children, duration_ms, memory_mb)]


def _suffix(cpu: str) -> str:
    """How a Lambda usage type ends for a processor."""
    if cpu not in _SUFFIX:
        raise BadInput(f"cpu={cpu!r} is not known. Take one of {', '.join(_SUFFIX)}.")
    return _SUFFIX[cpu]
