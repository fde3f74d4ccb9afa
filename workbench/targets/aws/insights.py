"""Logs Insights: the log lines added up where they are, two queries whatever the batch's size."""

from collections.abc import Mapping

from workbench.platform.units import EXPRESS_STEP_MS
from workbench.stacks.aws_clients import Aws, AwsFailed, plainly
from workbench.targets.aws.logs import Billed, Counted, Window
from workbench.targets.aws.timeouts import Clock

# Fields of JSON lines are discovered by name; @billedDuration and @initDuration in REPORT lines
# (CloudWatch Logs user guide, supported logs and discovered fields).
COUNTED = """\
filter batch_id = "{batch_id}"
| stats sum(items_processed) as processed, sum(items_failed) as failed,
    sum(items_duplicated) as duplicated, sum(work_ms) as work_ms, max(last_done_at) as last_done_at,
    max(created_at) as created_at"""
BILLED = """\
filter @type = "REPORT"
| fields ceil((@billedDuration + {overhead_ms}) / {step_ms}) as steps
| stats count(*) as requests, sum(@billedDuration) as billed_ms,
    count(@initDuration) as cold_starts, sum(steps) as express_steps by @log"""
LIMIT_S = 300  # for one query
RUNNING = ("Scheduled", "Running", "Unknown")


class InsightsReader:
    """Reads the logs by queries; `scanned_bytes` are billed."""

    def __init__(
        self, aws: Aws, groups: Mapping[str, str], overhead_ms: float, clock: Clock
    ) -> None:
        self._aws = aws
        self._groups = groups
        self._overhead_ms = overhead_ms
        self._clock = clock
        self.scanned_bytes = 0

    def counted(self, batch_id: str, window: Window) -> Counted:
        rows = self._query(COUNTED.format(batch_id=batch_id), window)
        row = rows[0] if rows else {}
        return Counted(
            processed=_whole(row, "processed"),
            failed=_whole(row, "failed"),
            duplicated=_whole(row, "duplicated"),
            work_ms=_whole(row, "work_ms") if row.get("work_ms") else None,
            last_done_at=_number(row, "last_done_at"),
            created_at=_number(row, "created_at"),
        )

    def billed(self, window: Window) -> dict[str, Billed]:
        text = BILLED.format(overhead_ms=self._overhead_ms, step_ms=EXPRESS_STEP_MS)
        roles = {group: role for role, group in self._groups.items()}
        found = {}
        for row in self._query(text, window):
            role = roles[row["@log"].split(":", 1)[-1]]  # the account's id stands before the colon
            found[role] = Billed(
                requests=_whole(row, "requests"),
                billed_ms=_whole(row, "billed_ms"),
                cold_starts=_whole(row, "cold_starts"),
                express_steps=_whole(row, "express_steps"),
            )
        return found

    def _query(self, text: str, window: Window) -> list[dict[str, str]]:
        """The rows of one query, each by its columns' names."""
        logs = self._aws.client("logs")
        with plainly():
            started = logs.start_query(
                logGroupNames=list(self._groups.values()),
                startTime=int(window.start),
                endTime=int(window.end) + 1,
                queryString=text,
            )
            until = self._clock.now() + LIMIT_S
            answer = logs.get_query_results(queryId=started["queryId"])
            while answer["status"] in RUNNING and self._clock.now() < until:
                self._clock.sleep(1)
                answer = logs.get_query_results(queryId=started["queryId"])
        if answer["status"] != "Complete":
            raise AwsFailed(
                f"Logs Insights: the query is {answer['status']} after up to {LIMIT_S} s. "
                "Run the same again: the batch is found and its logs are read once more."
            )
        self.scanned_bytes += round(answer.get("statistics", {}).get("bytesScanned", 0))
        return [{one["field"]: one["value"] for one in row} for row in answer["results"]]


def _whole(row: Mapping[str, str], name: str) -> int:
    """A sum that is a whole number; none if no line had the field."""
    return round(float(row.get(name) or 0))


def _number(row: Mapping[str, str], name: str) -> float | None:
    return float(row[name]) if row.get(name) else None
