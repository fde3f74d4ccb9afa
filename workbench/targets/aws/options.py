"""How batches run on AWS: limits, where results lie, and how to talk with the user."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from workbench.designs import Design
from workbench.targets.aws.timeouts import Clock, Timeouts

Forecast = Callable[[Design, int], Decimal]


def ask_terminal(question: str) -> str:
    """The user's answer; nothing where there is nobody to ask."""
    if not sys.stdin or not sys.stdin.isatty():
        return ""
    try:
        return input(question)
    except (EOFError, KeyboardInterrupt):
        return ""


def say_to_stderr(text: str) -> None:
    """One line for the user."""
    print(text, file=sys.stderr)


@dataclass(frozen=True)
class AwsOptions:
    """How batches run on AWS. `forecast` gives the dollars of a design's batch of so many items."""

    results: Path = Path("results")
    region: str = "us-east-1"  # of the prices; the session must be in it too
    max_usd: Decimal = Decimal(1)
    forecast: Forecast | None = None
    timeout_s: float | None = None  # None: by the knobs and the items
    ask: Callable[[str], str] = ask_terminal
    say: Callable[[str], None] = say_to_stderr
    clock: Clock = field(default_factory=Clock)
    timeouts: Timeouts | None = None  # None: AWS's, or a test server's
