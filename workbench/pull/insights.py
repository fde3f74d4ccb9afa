"""What Lambda billed, from the REPORT line of every invocation, through Logs Insights.

The metric Duration lacks the init phase, which has been billed since August 2025: billed duration
and init are in the REPORT lines alone. A query returns 10,000 rows at most, so the lines stay where
they are: sums, percentiles and histogram bins are made in the query.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from workbench.designs import make_design
from workbench.errors import PullFailed
from workbench.pull.gate import Wait
from workbench.pull.refusals import explained
from workbench.pull.spent import Spent
from workbench.pull.tables import tidy
from workbench.pull.window import Window
from workbench.runs.records import Run

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

RUNNING = ("Scheduled", "Running")
POLL = Wait(limit_s=300, every_s=1)


def pull_insights(
    client: Any,
    run: Run,
    log_groups: Mapping[str, str],
    window: Window,
    wait: Wait = POLL,
    spent: Spent | None = None,
) -> pd.DataFrame:
    """The REPORT lines of a run's functions, summed, tidy (`INSIGHTS_COLUMNS`).

    `log_groups` are those of the functions by role. Queries: `totals` (one value a function),
    `histogram` (billed durations by `bin_ms`) and `minutes` (by `t_s`, seconds since the trigger).
    The local target writes no REPORT lines to a log that could be queried: there its meter counts.
    """
    spent = spent or Spent()
    roles = {group: role for role, group in log_groups.items()}
    width_ms = bin_width_ms(run)
    queries = {
        "totals": TOTALS,
        "histogram": HISTOGRAM.format(width_ms=width_ms),
        "minutes": MINUTES,
    }
    rows: list[tuple] = []
    for name, text in queries.items():
        for record in query(client, text, list(roles), window, wait, spent):
            rows += _values(name, record, roles, window)
    return tidy("insights", rows)


def bin_width_ms(run: Run) -> int:
    """How wide a bin is: 1, 2, 5, 10, 20 … ms, so that the longest invocation fits in the bins."""
    timeout_ms = make_design(run.design, settings=run.knobs).processor_timeout_s * 1000
    widths = (digit * 10**zeros for zeros in range(6) for digit in (1, 2, 5))
    return next(width for width in widths if width * BINS_MAX >= timeout_ms)


def query(
    client: Any, text: str, groups: list[str], window: Window, wait: Wait, spent: Spent
) -> list[dict[str, str]]:
    """The rows of one query, each a dictionary of texts. Raises PullFailed."""
    with explained("logs:StartQuery"):
        started = client.start_query(
            logGroupNames=groups,
            startTime=int(window.start.timestamp()),
            endTime=int(window.end.timestamp()),
            queryString=text,
            limit=ROWS_MAX,
        )
    answer = _finished(client, started["queryId"], wait)
    spent.scanned_bytes += round(answer.get("statistics", {}).get("bytesScanned", 0))
    if len(answer["results"]) >= ROWS_MAX:
        raise PullFailed(
            f"logs:GetQueryResults gave {ROWS_MAX:,} rows, which is all it gives: rows are missing."
        )
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def _finished(client: Any, query_id: str, wait: Wait) -> dict[str, Any]:
    """The answer of a query once it is complete."""
    waited_s = 0.0
    while True:
        with explained("logs:GetQueryResults"):
            answer = client.get_query_results(queryId=query_id)
        if answer["status"] == "Complete":
            return answer
        if answer["status"] not in RUNNING:
            raise PullFailed(f"logs:GetQueryResults: the query is {answer['status']}.")
        if waited_s >= wait.limit_s:
            raise PullFailed(f"logs:GetQueryResults: still running after {waited_s:,.0f} s.")
        wait.sleep(wait.every_s)
        waited_s += wait.every_s


def _values(
    name: str, record: dict[str, str], roles: Mapping[str, str], window: Window
) -> Iterator[tuple]:
    """The values of one row of an answer, one row each."""
    record = dict(record)
    group = record.pop("@log").split(":", 1)[-1]  # account:group
    minute, bin_ms = record.pop(BY_MINUTE, None), record.pop("bin_ms", None)
    t_s = None if minute is None else window.since_start_s(_time(minute))
    at = None if bin_ms is None else float(bin_ms)
    for measure, value in record.items():
        if value != "":
            yield name, roles[group], t_s, at, measure, float(value)


def _time(text: str) -> datetime:
    """A time as Logs Insights writes it, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
