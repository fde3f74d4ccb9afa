"""A workload's file is read whole, or refused in one line with its key and what is allowed."""

import re
from decimal import Decimal

import numpy as np
import pytest
from pydantic import ValidationError

from workbench.errors import BadInput
from workbench.project import WORKLOADS
from workbench.workload.clock import DoneBy
from workbench.workload.durations import Durations
from workbench.workload.workload import read_workload

LEAST = "items: 5\nduration: {constant_ms: 200}\n"


@pytest.fixture
def read(tmp_path):
    """Reads a workload from text."""

    def of(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return read_workload(path)

    return of


def test_every_field_is_read(read):
    found = read(
        "items: [250_000, 1k]\nduration: {quantiles: '0:120 50:800 100:6000'}\ncpu_ms: 120\n"
        "item_bytes: 300\nfails_per_million: 50\npoison_per_million: 7\nmemory_mb: 512\n"
        "batches: {cron: '0 6 ? * MON *'}\nregion: eu-west-1\ndeadline: 1.5h\n"
        "done_by: '9:05'\ntimezone: Europe/Berlin\n"
        "budget_usd_per_month: 40.5\npromise: no_two_owners\n"
    )
    assert found.model_dump(exclude={"duration"}) == {
        "items": (250_000, 1_000),
        "cpu_ms": 120,
        "item_bytes": 300,
        "fails_per_million": 50,
        "poison_per_million": 7,
        "memory_mb": 512,
        "batches": {"per_month": 52 / 12, "starts": (360,)},
        "region": "eu-west-1",
        "deadline_s": 5_400,
        "done_by": "09:05",
        "timezone": "Europe/Berlin",
        "budget_usd_per_month": Decimal("40.5"),
        "promise": "no_two_owners",
    }
    assert found.by_clock == DoneBy(9 * 60 + 5, "Europe/Berlin")
    cpu_ms = found.cpu_ms
    assert found.duration.table == Durations.read("0:120 50:800 100:6000")
    assert found.knobs() == {
        "durations": f"0:{120 - cpu_ms} 50:{800 - cpu_ms} 100:{6_000 - cpu_ms}",
        "value_max": 6_000 - cpu_ms,
        "cpu_ms": cpu_ms,
        "item_bytes": 300,
        "poison_per_million": 7,
        "fails_per_million": 50,
    }


def test_what_is_left_out_has_a_value(read):
    found = read(LEAST)
    assert found.model_dump(exclude={"duration", "items"}) == {
        "cpu_ms": 0,
        "item_bytes": 0,
        "fails_per_million": 0,
        "poison_per_million": 0,
        "memory_mb": 128,
        "batches": {"per_month": 1.0, "starts": ()},
        "region": "us-east-1",
        "deadline_s": None,
        "done_by": None,
        "timezone": "UTC",
        "budget_usd_per_month": None,
        "promise": "at_least_once",
    }


@pytest.mark.parametrize(
    ("duration", "table", "longest_ms"),
    [
        ("{uniform_ms: [0, 1000]}", None, 1_000),
        ("{constant_ms: 0}", None, 0),
        ("{constant_ms: 250}", "0:250 100:250", 250),
        ("{uniform_ms: [100, 300]}", "0:100 100:300", 300),
        ("{quantiles: 0:1 100:9}", "0:1 100:9", 9),
    ],
)
def test_a_plain_duration_is_a_table_and_uniform_from_nothing_stays_value_max(
    read, duration, table, longest_ms
):
    found = read(f"items: 5\nduration: {duration}\n")
    assert found.duration.table == (table and Durations.read(table))
    assert found.knobs().get("durations") == table
    assert found.knobs()["value_max"] == longest_ms


def test_measured_durations_lie_beside_the_file(read, tmp_path):
    times = np.arange(10, 1_010, 10)
    (tmp_path / "mine.csv").write_text("ms\n" + "\n".join(map(str, times)))
    found = read("items: 5\nduration: {file: mine.csv}\n").duration
    assert found.told == "100 rows of mine.csv"
    assert found.measured["mean"] == times.mean()
    assert (found.measured["min"], found.measured["max"]) == (10, 1_000)
    assert found.figures["mean"] == pytest.approx(times.mean(), rel=1e-6)


def test_a_workload_cannot_be_changed(read):
    with pytest.raises(ValidationError, match="frozen"):
        read(LEAST).cpu_ms = 3


@pytest.mark.parametrize("path", sorted(WORKLOADS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_workload_of_the_project_can_be_read(path):
    assert read_workload(path).knobs()["value_max"] >= 1_000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("items: 5", "lacks 'duration'. See `workloads/seed.yaml`"),
        (LEAST + "batch: 3", "key 'batch' is not known. Take one of items, duration, cpu_ms"),
        (LEAST + "batches_per_month: 3", "key 'batches_per_month' is not known"),
        (LEAST + "promise: maybe", "promise='maybe': Input should be 'at_least_once' or"),
        (LEAST + "cpu_ms: 300", "cpu_ms=300: is more than many items take in all; 202 ms would do"),
        (LEAST + "cpu_ms: .nan", "cpu_ms=nan: must be a whole number from 0 to 600,000"),
        (LEAST + "memory_mb: 64", "memory_mb=64: must be a whole number from 128 to 10,240"),
        (LEAST + "deadline: 2", "deadline=2: must be a time such as 90s, 15m, 2h or 1d"),
        (LEAST + "done_by: 18:00", "'18:00': YAML 1.1 reads this number as 1080. Write it in"),
        (LEAST + "done_by: '24:00'", "done_by='24:00': must be a time of day in quotes"),
        (LEAST + "done_by: 6pm", "done_by='6pm': must be a time of day in quotes, such as"),
        (LEAST + "done_by: '6:00'\ntimezone: Mars/Base", "timezone='Mars/Base': is no zone that"),
        (LEAST + "done_by: '6:00'\ntimezone: ../etc", "timezone='../etc': is no zone that"),
        (LEAST + "done_by: '6:00'\ntimezone: Europe", "timezone='Europe': is no zone that"),
        (LEAST + "timezone: UTC", "timezone='UTC': is that of done_by, which is not given"),
        (LEAST + "region: Mars", "region='Mars': must be a region of AWS"),
        (LEAST + "batches: 3", "batches=3: must be {per_month: 30} or"),
        (LEAST + "batches: {per_month: 0}", "batches.per_month=0: must be a number above 0"),
        (LEAST + "batches: {cron: 0 6 * * *}", "has 5 fields; EventBridge's have six"),
        (LEAST + "budget_usd_per_month: -1", "budget_usd_per_month=-1: must be a number above 0"),
        (LEAST + "items: 6", "key 'items' is given twice"),
        ("items: []\nduration: {constant_ms: 5}", "items=[]: must be a size, or several"),
        ("items: 0100\nduration: {constant_ms: 5}", "YAML 1.1 reads this number as 64"),
        ("items: 5\nduration: {p50_ms: 5}", "must have the keys of one form: p50_ms, p99_ms;"),
        ("items: 5\nduration: 5", "duration=5: must have the keys of one form"),
        ("items: 5\nduration: {p50_ms: 5, p99_ms: 5}", "p99_ms=5 must be more than p50_ms=5"),
        ("items: 5\nduration: {uniform_ms: [5, 1]}", "the least must come first"),
        ("items: 5\nduration: {uniform_ms: 5}", "must be the least and the most"),
        ("items: 5\nduration: {constant_ms: 600001}", "duration.constant_ms=600001: must be"),
        ("items: 5\nduration: {quantiles: '0:5 100:3'}", "duration.quantiles: "),
        ("items: 5\nduration: {file: none.csv}", "none.csv cannot be read: No such file"),
        ("items: " + "[" * 5_000, "nested too deeply"),
        ("- 3", "holds no keys. See `workloads/seed.yaml` for one that does"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(read, text, why):
    with pytest.raises(BadInput, match=re.escape(why)) as refused:
        read(text)
    assert "mine.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)
