"""The completeness gate: does what was pulled hold the whole run?

CloudWatch may be minutes late (SQS up to 15), and may miss a minute for good. So a pull is compared
with the run's own counts, late data are waited for, and what is found is stored with the pull.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import pandas as pd

from workbench.designs import make_design
from workbench.pull.metrics import CUSTOM
from workbench.runs.records import Run

LATE_S = 900  # SQS's metrics come up to 15 minutes late (SQS guide, CloudWatch metrics)


@dataclass(frozen=True)
class Coverage:
    """Invocations of the processor, and items, in the data against those of the run."""

    expected: int
    found: int
    items_expected: int
    items_found: int

    @property
    def ratio(self) -> float:
        """The part that is there, 0 to 1 (above 1 if another batch ran at the same time)."""
        pairs = ((self.found, self.expected), (self.items_found, self.items_expected))
        return min(found / expected if expected else 0.0 for found, expected in pairs)

    @property
    def complete(self) -> bool:
        """Whether all of the run is in the data."""
        return self.ratio >= 1

    @property
    def excess(self) -> int:
        """Invocations in the data that are not the run's: another batch ran at the same time."""
        return max(0, self.found - self.expected)

    def facts(self) -> dict[str, Any]:
        """For the file that is kept with a pull."""
        return asdict(self) | {"ratio": self.ratio, "complete": self.complete}

    def __str__(self) -> str:
        text = (
            f"{self.found:,} of {self.expected:,} invocations, "
            f"{self.items_found:,} of {self.items_expected:,} items ({self.ratio:.1%})"
        )
        return f"{text}, {self.excess:,} invocations of other batches" if self.excess else text


def say_to_stderr(line: str) -> None:
    """A progress line, on standard error."""
    print(line, file=sys.stderr)


@dataclass(frozen=True)
class Wait:
    """How long to wait for late data, and how."""

    limit_s: float = LATE_S
    every_s: float = 60
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = say_to_stderr


def coverage(frame: pd.DataFrame, run: Run, reports: pd.DataFrame | None = None) -> Coverage:
    """What a CloudWatch frame has of its run.

    With `reports`, the frame of Logs Insights, the REPORT lines count too: the fewer of the two is
    what was found, and the more is expected.
    """
    invocations = _sum(frame, metric="Invocations", dimension="processor")
    done = _sum(frame, namespace=CUSTOM, metric="items_processed")
    repeated = _sum(frame, namespace=CUSTOM, metric="items_duplicated")
    failed = _sum(frame, namespace=CUSTOM, metric="items_failed")
    counts = [invocations]
    if reports is not None:
        counts.append(_sum(reports, query="totals", function="processor", measure="reports"))
    own = run.invocations or least_invocations(run)
    return Coverage(
        expected=max(own, *counts) if reports is not None else own,
        found=min(counts),
        items_expected=run.items_processed + run.items_failed or run.items,
        items_found=done - repeated + failed,
    )


def least_invocations(run: Run) -> int:
    """The fewest invocations of the processor that the run's items fit into."""
    design = make_design(run.design, settings=run.knobs)
    return ceil(run.items / design.items_per_invocation)


def wait_for_complete(look: Callable[[], Coverage], wait: Wait | None = None) -> Coverage:
    """Look until all is there or the limit has passed; give what was seen last."""
    wait = wait or Wait()
    waited_s = 0.0
    while True:
        seen = look()
        if seen.complete or waited_s >= wait.limit_s:
            return seen
        pause_s = min(wait.every_s, wait.limit_s - waited_s)
        wait.say(
            f"CloudWatch has {seen} after {waited_s:,.0f} s; "
            f"looking again in {pause_s:,.0f} s, up to {wait.limit_s:,.0f} s"
        )
        wait.sleep(pause_s)
        waited_s += pause_s


def _sum(frame: pd.DataFrame, **where: str) -> int:
    """The sum of the rows that have these values; of metrics, of their Sum alone."""
    chosen = frame
    if "statistic" in frame:
        where["statistic"] = "Sum"
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return round(chosen["value"].sum())
