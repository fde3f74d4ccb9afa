"""Log lines read one by one, where the service has no Logs Insights."""

import json
import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from workbench.platform.units import EXPRESS_STEP_MS
from workbench.stacks.aws_clients import Aws, plainly
from workbench.targets.aws.logs import Billed, Counted, Window

REPORT = re.compile(r"\bBilled Duration: ([\d.]+) ms")
INIT = re.compile(r"\bInit Duration: [\d.]+ ms")


class EventsReader:
    """Reads the logs event by event."""

    def __init__(self, aws: Aws, groups: Mapping[str, str], overhead_ms: float) -> None:
        self._aws = aws
        self._groups = groups
        self._overhead_ms = overhead_ms
        self.scanned_bytes = 0

    def counted(self, batch_id: str, window: Window) -> Counted:
        sums = dict.fromkeys(("items_processed", "items_failed", "items_duplicated", "work_ms"), 0)
        latest: dict[str, float] = {}
        for group in self._groups.values():
            for event in self._events(group, f'"{batch_id}"', window):
                line = _embedded(event["message"])
                if line.get("batch_id") != batch_id:
                    continue
                for name in sums:
                    sums[name] += int(line.get(name, 0))
                for name in ("last_done_at", "created_at"):
                    if name in line:
                        latest[name] = max(latest.get(name, 0.0), line[name])
        work_ms = sums.pop("work_ms") or None
        return Counted(
            *sums.values(),
            work_ms=work_ms,
            last_done_at=latest.get("last_done_at"),
            created_at=latest.get("created_at"),
        )

    def billed(self, window: Window) -> dict[str, Billed]:
        found = {role: self._of(group, window) for role, group in self._groups.items()}
        return {role: billed for role, billed in found.items() if billed.requests}

    def _of(self, group: str, window: Window) -> Billed:
        """What one function was billed for."""
        spans: list[tuple[float, float]] = []
        cold = 0
        for event in self._events(group, '"REPORT RequestId"', window):
            report = REPORT.search(event["message"])
            if report:
                billed_ms = float(report[1])
                spans.append((event["timestamp"] - billed_ms, event["timestamp"]))
                cold += bool(INIT.search(event["message"]))
        steps = (ceil((end - start + self._overhead_ms) / EXPRESS_STEP_MS) for start, end in spans)
        return Billed(
            requests=len(spans),
            billed_ms=round(sum(end - start for start, end in spans)),
            cold_starts=cold,
            express_steps=sum(steps),
            peak=peak(spans),
        )

    def _events(self, group: str, pattern: str, window: Window) -> Iterator[dict[str, Any]]:
        with plainly():
            pages = self._aws.client("logs").get_paginator("filter_log_events")
            for page in pages.paginate(
                logGroupName=group,
                filterPattern=pattern,
                startTime=int(window.start * 1000),
                endTime=int(window.end * 1000) + 1,
            ):
                yield from page["events"]


def peak(spans: list[tuple[float, float]]) -> int:
    """How many of these spans of time overlap at most; one may begin as another ends."""
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def _embedded(message: str) -> dict[str, Any]:
    """A handler's embedded-metric line; nothing for any other."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "_aws" in line else {}
