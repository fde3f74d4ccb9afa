"""How batches run on AWS: the time, how long to wait for what, limits, and what to ask the user."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from workbench.pull.gate import say_to_stderr
from workbench.targets.base import RunOptions

SKEW_MAX_S = 2.0  # a Date header is whole seconds old, and travels


@dataclass(frozen=True)
class Clock:
    """The wall clock, and sleeping by it; tests pass their own."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    trusted: bool = False  # whatever the time is that AWS answers with

    def skew_s(self, answer: dict[str, Any], asked_at: float) -> float:
        """How far AWS's clock is ahead, from the Date header of an answer; 0 if about right.

        A machine that keeps its time is nearer to AWS than a header of whole seconds can be.
        """
        date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        if date is None or self.trusted:
            return 0.0
        middle = (asked_at + self.now()) / 2
        ahead_s = parsedate_to_datetime(date).timestamp() + 0.5 - middle
        return ahead_s if abs(ahead_s) > SKEW_MAX_S else 0.0


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds; the defaults are for AWS itself."""

    settings_s: float = 120  # for a function or an event source to take its new settings
    # SetQueueAttributes takes up to a minute to reach all of SQS (SQS API reference).
    visibility_s: float = 60
    machine_s: float = 10  # for a state machine's new definition to reach what is started
    look_s: float = 5  # between two looks at a batch, at first
    look_max_s: float = 20  # later; also SQS's longest poll
    notification_s: float = 60  # for a notification, once the state says that it was sent
    late_s: float = 900  # for the last log line and metric: SQS's come up to 15 minutes late
    metrics_s: float = 180  # before the first look: a minute may be late, or more
    settle_s: float = 15  # between two looks at logs or metrics, at first
    meter_s: float = 60  # between two looks at what a running batch has cost


# An AWS-compatible server on this machine answers at once, and nothing comes late.
SERVER_TIMEOUTS = Timeouts(
    settings_s=30,
    visibility_s=0,
    machine_s=0,
    look_s=1,
    look_max_s=5,
    notification_s=5,
    late_s=30,
    metrics_s=0,
    settle_s=0.5,
    meter_s=5,
)


def ask_terminal(question: str) -> str:
    """The user's answer; nothing where there is nobody to ask."""
    if not sys.stdin or not sys.stdin.isatty():
        return ""
    try:
        return input(question)
    except (EOFError, KeyboardInterrupt):
        return ""


@dataclass(frozen=True)
class AwsOptions(RunOptions):
    """How batches run on AWS: also how long, and how to talk with the user."""

    timeout_s: float | None = None  # of following; None: some time after the batch's deadline
    ask: Callable[[str], str] = ask_terminal
    say: Callable[[str], None] = say_to_stderr
    clock: Clock = field(default_factory=Clock)
    timeouts: Timeouts | None = None  # None: AWS's, or a test server's
