"""Measured durations from Lambda's own logs: REPORT lines, and exports that hold them.

Lambda ends each invocation's log with `REPORT RequestId: … Duration: 123.45 ms Billed Duration: …`
(Lambda developer guide, "View CloudWatch logs for functions"), or, in the JSON format, with an
event of the type `platform.report` whose `record.metrics.durationMs` says the same (same guide,
"Lambda Telemetry API Event schema reference"). CloudWatch Logs Insights has it as `@duration` of
a log, and the line as `@message` (CloudWatch Logs user guide, "Supported logs and discovered
fields"); its answers are lists of `field` and `value` (API reference, GetQueryResults), its
exports tables with these names. `aws logs filter-log-events` has `events` with a `message` each.

A REPORT line is of an invocation: its milliseconds, without the init, are taken as those of ONE
item. An invocation that works several items is no measure of one.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import BadInput, shown
from workbench.workload.samples import ROWS_MAX, Samples, opened, refuse_number, wrong

REPORT = re.compile(r"\bREPORT RequestId: \S+\s+Duration: (?P<ms>\S+) ms\b")
PLATFORM = "platform.report"
DURATIONS = ("@duration", "duration", "Duration", "durationMs")  # the first that there is counts
MESSAGES = ("@message", "message", "Message")
JSON_MAX_BYTES = 256 * 1024**2  # read as a whole
FIELD_MAX_BYTES = 1024**2  # a log event's most (CloudWatch Logs quotas)

Found = Iterator[tuple[str, str]]  # where in the file, and the milliseconds as written


def read_logs(path: Path) -> Samples:
    """The durations of a .txt, .csv or .json file of logs, by what stands in it.

    Raises BadInput with the place of what is no duration, and if there are too few.
    """
    readers = {".txt": _lines, ".log": _lines, ".csv": _table, ".json": _json}
    if (read := readers.get(path.suffix.lower())) is None:
        raise BadInput(f"{path}: logs are read from files that end in {', '.join(readers)}")
    times = []
    for where, text in islice(read(path), ROWS_MAX + 1):
        if (why := wrong(text)) is not None:
            raise BadInput(f"{path}, {where}: {shown(text)} {why}")
        times.append(float(text.strip().strip('"')))
    refuse_number(path, len(times), "invocations")
    told = f"{len(times):,} invocations of {path.name}, each taken as one item"
    return Samples(told, np.array(times))


def _lines(path: Path) -> Found:
    """The REPORT lines of a text; lines of other kinds are passed over."""
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            yield from _of_message(f"line {number}", line)


def _table(path: Path) -> Found:
    """The rows of an export with a heading: a duration column, else messages."""
    csv.field_size_limit(FIELD_MAX_BYTES)
    with opened(path) as file:
        rows = csv.DictReader(file)
        names = rows.fieldnames or ()
        column = next((name for name in (*DURATIONS, *MESSAGES) if name in names), None)
        if column is None:
            known = ", ".join((*DURATIONS, *MESSAGES))
            raise BadInput(f"{path} has the columns {shown(list(names))}, none of {known}")
        try:
            for row in rows:
                where, text = f"line {rows.line_num}", row[column] or ""
                yield from _of_message(where, text) if column in MESSAGES else _given(where, text)
        except csv.Error as error:
            raise BadInput(f"{path}, line {rows.line_num}: {error}") from None


def _json(path: Path) -> Found:
    """The entries of a JSON file: a list, an answer of AWS's command line, or one object a line."""
    with opened(path):  # says it if it cannot be read at all
        if path.stat().st_size > JSON_MAX_BYTES:
            raise BadInput(f"{path} has over {JSON_MAX_BYTES:,} bytes. Export it as CSV instead")
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = _entries(text)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise BadInput(f"{path} is no JSON ({why})") from None
    for number, entry in enumerate(entries, 1):
        yield from _of_entry(f"entry {number}", entry)


def _entries(text: str) -> Iterable[Any]:
    """The log entries that JSON text holds."""
    try:
        content = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(content, dict):
        content = next(
            (content[name] for name in ("results", "events") if name in content), content
        )
    return content if isinstance(content, list) else [content]


def _of_entry(where: str, entry: Any) -> Found:
    """The duration of one entry, if it is a report."""
    if isinstance(entry, list):  # of GetQueryResults
        entry = {
            one["field"]: one.get("value")
            for one in entry
            if isinstance(one, dict) and isinstance(one.get("field"), str)
        }
    if isinstance(entry, str):
        yield from _of_message(where, entry)
    if not isinstance(entry, dict):
        return
    if entry.get("type") == PLATFORM:
        yield from _of_platform(where, entry)
    elif column := next((name for name in DURATIONS if name in entry), None):
        yield from _given(where, entry[column])
    else:
        message = next((entry[name] for name in MESSAGES if name in entry), None)
        yield from _of_entry(where, message)


def _of_message(where: str, message: str) -> Found:
    """The duration in a log line, plain or JSON, if it is a report; a time may stand before it."""
    if found := REPORT.search(message):
        yield where, found["ms"]
    elif PLATFORM in message:
        try:
            event = json.loads(message[message.index("{") :])
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict) and event.get("type") == PLATFORM:
            yield from _of_platform(where, event)


def _of_platform(where: str, event: dict[str, Any]) -> Found:
    """The duration of an invocation's report in JSON; one that lacks it is wrong."""
    record = event.get("record")
    metrics = record.get("metrics") if isinstance(record, dict) else None
    yield where, str(metrics.get("durationMs") if isinstance(metrics, dict) else None)


def _given(where: str, value: Any) -> Found:
    """The value of a duration column; entries that are no reports have none."""
    if value not in (None, ""):
        yield where, str(value)
