"""What the functions' logs tell of a batch: the handlers' counts, and what Lambda billed.

A handler prints one embedded-metric line an invocation; Lambda prints a REPORT line, with the
billed duration, which has the init in it that the metric Duration lacks. Two readers: Logs Insights
adds the lines up where they are, so that nothing grows with the batch; where there is no Insights
(an AWS-compatible server for tests), the lines are read one by one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.stacks.aws_clients import Aws, plainly
from workbench.stacks.deployed import Deployed
from workbench.targets.aws.timeouts import Clock

# The one place that says what an AWS-compatible server lacks; on AWS nothing is.
ENDPOINT_LACKS = "WORKBENCH_AWS_LACKS"
CAPABILITIES = ("insights",)


@dataclass(frozen=True)
class Window:
    """From when to when, in seconds since 1970."""

    start: float
    end: float


@dataclass(frozen=True)
class Counted:
    """The handlers' counts of one batch."""

    processed: int = 0
    failed: int = 0
    duplicated: int = 0
    last_done_at: float | None = None  # seconds since 1970
    created_at: float | None = None
    work_ms: int | None = None  # inside `process`


@dataclass(frozen=True)
class Billed:
    """What Lambda billed of one function."""

    requests: int = 0
    billed_ms: int = 0
    cold_starts: int = 0
    express_steps: int = 0  # of 100 ms, if each invocation was an Express child with its overhead
    peak: int | None = None  # invocations at a time, where the lines tell


class LogReader(Protocol):
    """Reads the logs of one stack's functions."""

    scanned_bytes: int

    def counted(self, batch_id: str, window: Window) -> Counted:
        """The counts of a batch."""
        ...

    def billed(self, window: Window) -> dict[str, Billed]:
        """What each function was billed for, by role."""
        ...


def log_reader(aws: Aws, deployed: Deployed, clock: Clock) -> LogReader:
    """The reader that the service at hand is able to serve."""
    from workbench.targets.aws.events import EventsReader
    from workbench.targets.aws.insights import InsightsReader

    groups = log_groups(aws, deployed)
    overhead_ms = load_profile().spread("sfn_child_overhead").p50
    if supports("insights"):
        return InsightsReader(aws, groups, overhead_ms, clock)
    return EventsReader(aws, groups, overhead_ms)


def supports(capability: str) -> bool:
    """Whether the service at hand can do this; WORKBENCH_AWS_LACKS names what it cannot."""
    lacks = {name for name in os.environ.get(ENDPOINT_LACKS, "").split(",") if name}
    if unknown := lacks - set(CAPABILITIES):
        raise BadInput(
            f"{ENDPOINT_LACKS} names {', '.join(sorted(unknown))}; "
            f"known is {', '.join(CAPABILITIES)}."
        )
    return capability not in lacks


def log_groups(aws: Aws, deployed: Deployed) -> Mapping[str, str]:
    """The log group of each function, by role."""
    groups = {}
    with plainly():
        for role in deployed.roles:
            name = deployed.function(role)
            found = aws.client("lambda").get_function_configuration(FunctionName=name)
            groups[role] = found.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}")
    return groups
