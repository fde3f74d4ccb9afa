"""What Lambda billed, from the REPORT line of every invocation, through Logs Insights.

The metric Duration lacks the init phase, which has been billed since August 2025: billed duration
and init are in the REPORT lines alone. A query returns 10,000 rows at most, so the lines stay where
they are: sums, percentiles and histogram bins are made in the query.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

import pandas as pd

from workbench.designs import make_design
from workbench.errors import PullFailed
from workbench.platform.units import EXPRESS_STEP_MS
from workbench.pull.gate import Wait
from workbench.pull.logs import TIMES, Billed, Counted
from workbench.pull.store import tidy
from workbench.pull.window import MeasuringCost, Window
from workbench.runs.records import Run
from workbench.stacks.aws_errors import plainly

ROWS_MAX = 10_000
BINS_MAX = 1_000  # of the processor's histogram: with the other functions' it stays below the rows

# @memorySize and @maxMemoryUsed are in bytes of a million a megabyte (Logs Insights guide, sample
# queries for Lambda). Fields discovered in Lambda's logs: the same guide, supported logs.
TOTALS = """\
filter @type = "REPORT"
| stats count(*) as reports,
    sum(@billedDuration) as billed_ms,
    sum(@duration) as duration_ms,
    count(@initDuration) as cold_starts,
    sum(@initDuration) as init_ms,
    pct(@initDuration, 50) as init_p50_ms,
    pct(@initDuration, 99) as init_p99_ms,
    max(@initDuration) as init_max_ms,
    pct(@billedDuration, 50) as billed_p50_ms,
    pct(@billedDuration, 90) as billed_p90_ms,
    pct(@billedDuration, 99) as billed_p99_ms,
    max(@billedDuration) as billed_max_ms,
    max(@maxMemoryUsed / 1000 / 1000) as memory_used_mb,
    max(@memorySize / 1000 / 1000) as memory_mb
    by @log"""
HISTOGRAM = """\
filter @type = "REPORT"
| fields floor(@billedDuration / {width_ms}) * {width_ms} as bin_ms
| stats count(*) as reports, sum(@billedDuration) as billed_ms by @log, bin_ms"""
MINUTES = """\
filter @type = "REPORT"
| stats count(*) as reports,
    sum(@billedDuration) as billed_ms,
    count(@initDuration) as cold_starts
    by @log, bin(1m)"""
BY_MINUTE = "bin(1m)"  # the name of that column in the answer

# Fields of JSON lines are discovered by name.
COUNTED = """\
filter batch_id = "{batch_id}"
| stats sum(items_processed) as processed, sum(items_failed) as failed,
    sum(items_duplicated) as duplicated, sum(work_ms) as work_ms, max(last_done_at) as last_done_at,
    max(created_at) as created_at"""
TIME = """\
filter batch_id = "{batch_id}" and {time} <= {until:.3f}
| stats max({time}) as {time}"""
BILLED = """\
filter @type = "REPORT"
| fields ceil((@billedDuration + {overhead_ms}) / {step_ms}) as steps
| stats count(*) as requests, sum(@billedDuration) as billed_ms,
    count(@initDuration) as cold_starts, sum(steps) as express_steps by @log"""

RUNNING = ("Scheduled", "Running", "Unknown")
POLL = Wait(limit_s=300, every_s=1)


def pull_insights(
    client: Any,
    run: Run,
    log_groups: Mapping[str, str],
    window: Window,
    wait: Wait = POLL,
    cost: MeasuringCost | None = None,
) -> pd.DataFrame:
    """The REPORT lines of a run's functions, summed, tidy (`INSIGHTS_COLUMNS`).

    `log_groups` are those of the functions by role. Queries: `totals` (one value a function),
    `histogram` (billed durations by `bin_ms`) and `minutes` (by `t_s`, seconds since the trigger).
    The local target writes no REPORT lines to a log that could be queried: there its meter counts.
    """
    cost = cost or MeasuringCost()
    queries = {
        "totals": TOTALS,
        "histogram": HISTOGRAM.format(width_ms=bin_width_ms(run)),
        "minutes": MINUTES,
    }
    rows: list[tuple] = []
    for name, text in queries.items():
        for record in query(client, text, list(log_groups.values()), window, wait, cost):
            rows += _values(name, record, log_groups, window)
    return tidy("insights", rows)


@dataclass(frozen=True)
class InsightsReader:
    """Reads the logs of one stack's functions by queries; `groups` are theirs by role."""

    client: Any
    groups: Mapping[str, str]
    overhead_ms: float
    cost: MeasuringCost
    wait: Wait = POLL

    def counted(self, batch_id: str, window: Window) -> Counted:
        rows = self._query(COUNTED.format(batch_id=batch_id), window)
        row = {name: float(text) for name, text in rows[0].items() if text} if rows else {}
        return Counted(
            processed=round(row.get("processed", 0)),
            failed=round(row.get("failed", 0)),
            duplicated=round(row.get("duplicated", 0)),
            work_ms=round(row["work_ms"]) if "work_ms" in row else None,
            last_done_at=row.get("last_done_at"),
            created_at=row.get("created_at"),
        )

    def times(self, batch_id: str, window: Window, until: float) -> dict[str, float]:
        texts = (TIME.format(batch_id=batch_id, time=time, until=until) for time in TIMES)
        rows = [row for text in texts for row in self._query(text, window)]
        return {name: float(text) for row in rows for name, text in row.items() if text}

    def billed(self, window: Window) -> dict[str, Billed]:
        text = BILLED.format(overhead_ms=self.overhead_ms, step_ms=EXPRESS_STEP_MS)
        names = ("requests", "billed_ms", "cold_starts", "express_steps")
        return {
            _role(row, self.groups): Billed(*(round(float(row.get(one) or 0)) for one in names))
            for row in self._query(text, window)
        }

    def _query(self, text: str, window: Window) -> list[dict[str, str]]:
        groups = list(self.groups.values())
        return query(self.client, text, groups, window, self.wait, self.cost)


def bin_width_ms(run: Run) -> int:
    """How wide a bin is: 1, 2, 5, 10, 20 … ms, so that the longest invocation fits in the bins."""
    timeout_ms = make_design(run.design, settings=run.knobs).processor_timeout_s * 1000
    widths = (digit * 10**zeros for zeros in range(6) for digit in (1, 2, 5))
    return next(width for width in widths if width * BINS_MAX >= timeout_ms)


def query(
    client: Any,
    text: str,
    groups: Sequence[str],
    window: Window,
    wait: Wait,
    cost: MeasuringCost,
) -> list[dict[str, str]]:
    """The rows of one query, each a dictionary of texts. Raises AwsFailed or PullFailed."""
    with plainly():
        started = client.start_query(
            logGroupNames=groups,
            startTime=int(window.start.timestamp()),
            endTime=ceil(window.end.timestamp()),
            queryString=text,
            limit=ROWS_MAX,
        )
        waited_s = 0.0
        while True:
            answer = client.get_query_results(queryId=started["queryId"])
            if answer["status"] not in RUNNING or waited_s >= wait.limit_s:
                break
            wait.sleep(wait.every_s)
            waited_s += wait.every_s
    if answer["status"] != "Complete":
        raise PullFailed(
            f"Logs Insights: the query is {answer['status']} after {waited_s:,.0f} s. Do the same "
            "again: the logs are read once more."
        )
    cost.scanned_bytes += round(answer.get("statistics", {}).get("bytesScanned", 0))
    if len(answer["results"]) >= ROWS_MAX:
        raise PullFailed(
            f"Logs Insights gave {ROWS_MAX:,} rows, which is all it gives: rows are missing."
        )
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def _role(row: Mapping[str, str], groups: Mapping[str, str]) -> str:
    """The role of the function that a row is of; `@log` is account:group."""
    roles = {group: role for role, group in groups.items()}
    return roles[row["@log"].split(":", 1)[-1]]


def _values(
    name: str, row: Mapping[str, str], groups: Mapping[str, str], window: Window
) -> Iterator[tuple]:
    """The values of one row of an answer, one row each."""
    role, minute, bin_ms = _role(row, groups), row.get(BY_MINUTE), row.get("bin_ms")
    t_s = None
    if minute is not None:  # a time without its zone, which is UTC
        t_s = window.since_start_s(datetime.fromisoformat(minute).replace(tzinfo=UTC))
    at = None if bin_ms is None else float(bin_ms)
    for measure, value in row.items():
        if measure not in ("@log", BY_MINUTE, "bin_ms") and value != "":
            yield name, role, t_s, at, measure, float(value)
