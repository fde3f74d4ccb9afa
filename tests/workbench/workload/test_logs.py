"""Durations from Lambda's logs: REPORT lines and their JSON, plain or in exports of CloudWatch."""

import json
import re

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.workload.logs import read_logs

TIMES = [120.5 + step for step in range(10)]
REQUEST = "8fc6f963-411b-58b5-8483-a32130c0f45d"


def report(ms):
    """A REPORT line as Lambda writes it, with tabs."""
    return (
        f"REPORT RequestId: {REQUEST}\tDuration: {ms} ms\tBilled Duration: {int(ms) + 1} ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 81 MB\tInit Duration: 480.25 ms\t"
    )


def platform(ms):
    """The same of a function whose logs are in JSON."""
    metrics = {"durationMs": ms, "billedDurationMs": int(ms) + 1, "memorySizeMB": 512}
    record = {"requestId": REQUEST, "metrics": metrics, "status": "success"}
    return {"time": "2026-11-23T06:00:00.000Z", "type": "platform.report", "record": record}


STARTED = {"time": "2026-11-23T06:00:00.000Z", "type": "platform.start", "record": {}}
TEXTS = {
    "lines of a log": "\n".join(f"START RequestId: {REQUEST}\n{report(ms)}" for ms in TIMES),
    "lines with times": "\n".join(f"2026-11-23T06:00:00.000Z {report(ms)}" for ms in TIMES),
    "lines of JSON": "\n".join(json.dumps(one) for ms in TIMES for one in (STARTED, platform(ms))),
}
TABLES = {
    "durations": "@timestamp,@duration\n" + "\n".join(f"2026-11-23 06:00,{ms}" for ms in TIMES),
    "not of every line": "@message,@duration\nSTART,\n" + "\n".join(f"x,{ms}" for ms in TIMES),
    "named plainly": "Duration\n" + "\n".join(map(str, TIMES)),
    "messages": "@timestamp,@message\n"
    + "\n".join(f'2026-11-23 06:00,"{report(ms)}\n"' for ms in TIMES),
    "messages of JSON": "@message\n"
    + "\n".join('"' + json.dumps(platform(ms)).replace('"', '""') + '"' for ms in TIMES),
}
FIELDS = [[{"field": "@message", "value": report(ms)}, {"field": "@ptr"}] for ms in TIMES]
JSON = {
    "of the console": [{"@timestamp": "2026-11-23", "@message": report(ms)} for ms in TIMES],
    "durations": [{"@message": "START"}, *({"@duration": str(ms)} for ms in TIMES)],
    "parsed messages": [{"@message": one} for ms in TIMES for one in (STARTED, platform(ms))],
    "get-query-results": {"status": "Complete", "results": FIELDS},
    "filter-log-events": {"events": [{"message": report(ms), "timestamp": 1} for ms in TIMES]},
    "texts": [report(ms) for ms in TIMES],
}
FILES = (
    [(f"{kind}, txt", "logs.txt", text) for kind, text in TEXTS.items()]
    + [(f"{kind}, csv", "logs.csv", text) for kind, text in TABLES.items()]
    + [(f"{kind}, json", "logs.json", json.dumps(content)) for kind, content in JSON.items()]
    + [("a JSON object a line", "logs.json", TEXTS["lines of JSON"])]
)


@pytest.mark.parametrize(
    ("name", "text"), [one[1:] for one in FILES], ids=[one[0] for one in FILES]
)
def test_every_form_of_lambdas_logs_tells_the_same_durations(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    found = read_logs(path)
    assert found.told == f"10 invocations of {name}, each taken as one item"
    assert np.array_equal(found.times_ms, TIMES)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.txt", f"START\n{report(-1)}", "line 2: '-1' is negative"),
        ("a.txt", report(899_999), "is too long: an item takes 600,000 ms at most here"),
        ("a.txt", "START\nEND", "has 0 invocations with a duration; 10 are the least"),
        ("a.txt", json.dumps(platform(1) | {"record": {}}), "line 1: 'None' is no number"),
        ("a.csv", "@duration\n1\nx", "line 3: 'x' is no number of milliseconds"),
        (
            "a.csv",
            "@timestamp,@logStream\n1,2",
            "has the columns ['@timestamp', '@logStream'], none of",
        ),
        ("a.csv", "@message\n" + "x" * 2_000_000, "line 1: field larger than field limit"),
        ("a.json", '[{"@duration": "nan"}]', "entry 1: 'nan' is no number"),
        ("a.json", '[{"@duration": ', "is no JSON"),
        ("a.json", "[" * 100_000, "is no JSON (nested too deeply)"),
        ("a.parquet", "", "logs are read from files that end in .txt, .log, .csv, .json"),
    ],
)
def test_what_tells_no_duration_is_refused_by_its_place(tmp_path, name, text, why):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BadInput, match=re.escape(why)) as refused:
        read_logs(path)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
