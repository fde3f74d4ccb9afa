"""What is known of a run beside its record: its REPORT lines, and its concurrency by minute.

Of a run on AWS they are in what `workbench collect` has pulled; a target that sees each invocation
keeps them itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from workbench.pull.store import newest_pull
from workbench.runs.records import INVOCATION_COLUMNS, RunData, read_table
from workbench.runs.stored import whole_run

PROCESSOR = "processor"
MINUTE_S = 60


@dataclass(frozen=True)
class Reports:
    """The REPORT lines of a run's processor, summed."""

    invocations: int
    cold: int
    billed_ms: float
    init_ms: float
    init_p50_ms: float | None  # None: no start was cold


@dataclass(frozen=True)
class Evidence:
    """A run with its REPORT lines, where there are any, and the second at which it began."""

    folder: RunData
    reports: Reports | None
    second: float  # of a minute of CloudWatch's; 0: the run's own minutes

    @property
    def warm(self) -> int:
        """Environments that a run before this one had left."""
        run = self.folder.run
        return max(0, run.peak_concurrency - run.cold_starts)


def read_evidence(path: Path) -> Evidence:
    """A run folder with what was pulled of it."""
    folder = whole_run(path)
    run = folder.run
    if (path / "invocations.parquet").exists():
        table = read_table(path, "invocations", INVOCATION_COLUMNS)
        return Evidence(replace(folder, invocations=table), _summed(table), 0.0)
    if run.target != "aws":
        return Evidence(folder, None, 0.0)
    began = datetime.fromisoformat(run.started_at)
    second = began.second + began.microsecond / 1e6
    metrics, insights = (newest_pull(path, kind) for kind in ("cloudwatch", "insights"))
    if metrics:
        folder = replace(folder, timeline=_with_minutes(folder.timeline, metrics.frame))
    return Evidence(folder, _totals(insights.frame) if insights else None, second)


def _summed(invocations: pd.DataFrame) -> Reports | None:
    """The sums of a table with one row an invocation."""
    own = invocations[invocations["function"] == PROCESSOR]
    inits = own[own["cold"]]["init_ms"]
    middle = float(inits.median()) if len(inits) else None
    billed_ms, init_ms = float(own["billed_ms"].sum()), float(inits.sum())
    return Reports(len(own), len(inits), billed_ms, init_ms, middle) if len(own) else None


def _totals(insights: pd.DataFrame) -> Reports | None:
    """The sums that the logs were asked for."""
    own = insights[(insights["query"] == "totals") & (insights["function"] == PROCESSOR)]
    found = dict(zip(own["measure"], own["value"], strict=True))
    if not found.get("reports"):
        return None
    cold = int(found.get("cold_starts", 0))
    middle = found.get("init_p50_ms") if cold else None
    init_ms = found.get("init_ms", 0.0)
    return Reports(int(found["reports"]), cold, found["billed_ms"], init_ms, middle)


def _with_minutes(timeline: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """The timeline with the concurrency that CloudWatch had once all of it had arrived."""
    which = {"metric": "ConcurrentExecutions", "statistic": "Maximum", "dimension": PROCESSOR}
    pulled = metrics[(metrics[list(which)] == pd.Series(which)).all(axis=1)]
    if pulled.empty:
        return timeline
    rows = pulled[["t_s", "value"]].assign(metric="concurrency", t_s=pulled["t_s"].clip(lower=0))
    rest = timeline[timeline["metric"] != "concurrency"]
    return pd.concat([rest, rows[list(timeline.columns)]], ignore_index=True)
