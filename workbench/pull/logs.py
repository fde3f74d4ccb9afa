"""What the functions' logs say of a batch: the handlers' counts, and what Lambda billed.

A handler prints one embedded-metric line an invocation; Lambda prints a REPORT line, with the
billed duration, which has the init in it that the metric Duration lacks. Two readers: Logs Insights
(`insights.py`) adds the lines up where they are, so that nothing grows with the batch; where there
is none (an AWS-compatible server for tests), the lines are read one by one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any, Protocol

from workbench.platform.units import EXPRESS_STEP_MS
from workbench.pull.window import Window
from workbench.stacks.aws_errors import plainly

REPORT = re.compile(r"\bBilled Duration: ([\d.]+) ms")
TIMES = ("last_done_at", "created_at")  # of a batch, seconds since 1970
INIT = re.compile(r"\bInit Duration: [\d.]+ ms")


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
    peak: int | None = None  # invocations at a time, where the lines say


class LogReader(Protocol):
    """Reads the logs of one stack's functions."""

    def counted(self, batch_id: str, window: Window) -> Counted:
        """The counts of a batch."""
        ...

    def times(self, batch_id: str, window: Window, until: float) -> dict[str, float]:
        """The last `created_at` and `last_done_at` that are not after `until`, where there are."""
        ...

    def billed(self, window: Window) -> dict[str, Billed]:
        """What each function was billed for, by role."""
        ...


def _latest(lines: Iterable[dict[str, Any]], until: float = inf) -> dict[str, float]:
    """The last of each time that the lines tell, none of them after `until`."""
    latest: dict[str, float] = {}
    for line in lines:
        for name in TIMES:
            if name in line and line[name] <= until:
                latest[name] = max(latest.get(name, 0.0), line[name])
    return latest


def log_groups(client: Any, functions: Mapping[str, str]) -> dict[str, str]:
    """The log group of each function by role, asked of a Lambda client."""
    groups = {}
    for role, name in functions.items():
        with plainly():
            found = client.get_function_configuration(FunctionName=name)
        groups[role] = found.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}")
    return groups


@dataclass(frozen=True)
class EventsReader:
    """Reads the logs event by event; `groups` are those of the functions by role."""

    client: Any
    groups: Mapping[str, str]
    overhead_ms: float

    def counted(self, batch_id: str, window: Window) -> Counted:
        sums = dict.fromkeys(("items_processed", "items_failed", "items_duplicated", "work_ms"), 0)
        lines = list(self._lines(batch_id, window))
        for line in lines:
            for name in sums:
                sums[name] += int(line.get(name, 0))
        work_ms = sums.pop("work_ms") or None
        return Counted(*sums.values(), **_latest(lines), work_ms=work_ms)

    def times(self, batch_id: str, window: Window, until: float) -> dict[str, float]:
        return _latest(self._lines(batch_id, window), until)

    def billed(self, window: Window) -> dict[str, Billed]:
        found = {role: self._of(group, window) for role, group in self.groups.items()}
        return {role: billed for role, billed in found.items() if billed.requests}

    def _lines(self, batch_id: str, window: Window) -> Iterator[dict[str, Any]]:
        """What the handlers printed of a batch."""
        for group in self.groups.values():
            for event in self._events(group, f'"{batch_id}"', window):
                line = _embedded(event["message"])
                if line.get("batch_id") == batch_id:
                    yield line

    def _of(self, group: str, window: Window) -> Billed:
        """What one function was billed for."""
        spans: list[tuple[float, float]] = []
        cold = 0
        for event in self._events(group, '"REPORT RequestId"', window):
            if report := REPORT.search(event["message"]):
                spans.append((event["timestamp"] - float(report[1]), event["timestamp"]))
                cold += bool(INIT.search(event["message"]))
        steps = (ceil((end - start + self.overhead_ms) / EXPRESS_STEP_MS) for start, end in spans)
        return Billed(
            requests=len(spans),
            billed_ms=round(sum(end - start for start, end in spans)),
            cold_starts=cold,
            express_steps=sum(steps),
            peak=peak(spans),
        )

    def _events(self, group: str, pattern: str, window: Window) -> Iterator[dict[str, Any]]:
        with plainly():
            for page in self.client.get_paginator("filter_log_events").paginate(
                logGroupName=group,
                filterPattern=pattern,
                startTime=int(window.start.timestamp() * 1000),
                endTime=int(window.end.timestamp() * 1000) + 1,
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
