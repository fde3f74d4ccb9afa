"""Run folders: whole or absent, read back as written, damaged ones refused by name."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from analysis import measures
from analysis.reconcile import newest_run
from workbench.errors import BadRecord
from workbench.runs.failures import Failure, failures_frame
from workbench.runs.records import (
    BILL_COLUMNS,
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    read_failed,
    read_folder,
    run_folders,
    write_folder,
)
from workbench.runs.sets import runs_frame, usd_by_label

LINE = ["AWS Lambda", "Request-ARM", "Requests", "work", Decimal(12)]
PRICE = [Decimal("0.0000002"), Decimal("0.0000024"), "metered"]


def folder(run_id="sqs-local-12-7", **changes):
    run = Run(
        run_id=run_id,
        design="sqs",
        target="local",
        items=12,
        seed=7,
        knobs={"poll_s": 30},
        batch_id="b1",
        started_at="2026-11-23T06:00:00+00:00",
        processed_s=10.5,
        detected_s=12.0,
        **changes,
    )
    return RunData(
        run=run,
        timeline=pd.DataFrame([[0.0, "concurrency", 1.0]], columns=TIMELINE_COLUMNS),
        usage=pd.DataFrame([LINE], columns=USAGE_COLUMNS),
        bill=pd.DataFrame([LINE + PRICE], columns=BILL_COLUMNS),
    )


def test_a_folder_is_read_back_as_it_was_written(tmp_path):
    written = folder()
    found = read_folder(write_folder(written, tmp_path))
    assert found.run == written.run
    pd.testing.assert_frame_equal(found.timeline, written.timeline)
    assert found.usage.iloc[0].to_list() == LINE
    assert found.bill.iloc[0].to_list() == LINE + PRICE


def test_the_detection_lag_is_a_column_of_the_runs(tmp_path):
    write_folder(folder("a"), tmp_path)
    write_folder(folder("b"), tmp_path)
    frame = runs_frame(tmp_path)
    assert frame["run_id"].to_list() == ["a", "b"]
    assert frame["detection_lag_s"].to_list() == [1.5, 1.5]


def test_a_folder_is_never_written_twice(tmp_path):
    path = write_folder(folder(), tmp_path)
    before = (path / "run.json").read_bytes()
    with pytest.raises(BadRecord, match="never written twice"):
        write_folder(folder(), tmp_path)
    assert (path / "run.json").read_bytes() == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("workbench.runs.records.write_table", fail)
    with pytest.raises(type(error)):
        write_folder(folder(), tmp_path)
    assert list((tmp_path / "runs").iterdir()) == []
    assert run_folders(tmp_path) == []


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: text[:40], "damaged"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 99'), "version 99"),
        (lambda text: text.replace('"seed"', '"sead"'), "sead, seed"),
        (lambda text: "[]", "version None"),
    ],
)
def test_a_damaged_run_is_refused(tmp_path, damage, why):
    path = write_folder(folder(), tmp_path)
    (path / "run.json").write_text(damage((path / "run.json").read_text()))
    with pytest.raises(BadRecord, match=why):
        read_folder(path)


def test_a_damaged_table_is_refused_by_name(tmp_path):
    path = write_folder(folder(), tmp_path)
    (path / "usage.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadRecord, match=r"usage\.parquet cannot be read"):
        read_folder(path)


def test_a_table_with_other_columns_is_not_written(tmp_path):
    odd = folder()
    odd.usage["extra"] = 1
    with pytest.raises(BadRecord, match="would get columns"):
        write_folder(odd, tmp_path)
    assert run_folders(tmp_path) == []


def test_run_json_says_its_schema(tmp_path):
    path = write_folder(folder(), tmp_path)
    assert json.loads((path / "run.json").read_text())["schema_version"] == 1


def test_failed_items_are_a_table_of_their_own_where_there_are_any(tmp_path):
    listed = failures_frame([Failure("00ff", 1, "KeyError", 3), Failure("7", 2, "gone", None)])
    whole = write_folder(folder("a"), tmp_path)
    some = write_folder(replace(folder("b"), failures=listed), tmp_path)
    assert read_failed(whole) is None
    pd.testing.assert_frame_equal(read_failed(some), listed)


def change(**fields):
    """Damage: a run.json with other values."""

    def damage(path):
        content = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps(content | fields))

    return damage


def without_knobs(path):
    content = json.loads((path / "run.json").read_text())
    del content["knobs"]
    (path / "run.json").write_text(json.dumps(content))


DAMAGES = {
    "unreadable": lambda path: (path / "run.json").write_bytes(b"{\xff"),
    "nested": lambda path: (path / "run.json").write_text("[" * 100_000),
    "nan": change(cost_usd=float("nan")),
    "infinite": change(detected_s=float("inf")),
    "kind": change(items="twelve"),
    "float items": change(items=1000.0),
    "design": change(design="carrier-pigeon"),
    "no knobs": without_knobs,
    "empty knobs": change(knobs={}),
    "name": change(run_id="another"),
    "known before done": change(created_s=1.0, processed_s=5.0, detected_s=4.0),
    "done before created": change(created_s=6.0, processed_s=5.0),
    "negative time": change(created_s=-1.0),
    "schema": change(schema_version=2),
    "no table": lambda path: (path / "timeline.parquet").unlink(),
    "half a table": lambda path: (path / "bill.parquet").write_bytes(
        (path / "bill.parquet").read_bytes()[:100]
    ),
}


def bills_of(results):
    return measures.run_tables(results, "bill")


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_folder_is_named_once_and_the_others_are_read(tmp_path, capsys, kind):
    good, bad = (write_folder(folder(name), tmp_path) for name in ("good", "bad"))
    DAMAGES[kind](bad)
    for read in (runs_frame, measures.runs_with_knobs, bills_of):
        assert read(tmp_path)["run_id"].unique().tolist() == ["good"]
    assert usd_by_label(tmp_path)["run_id"].to_list() == ["good"]
    assert newest_run(tmp_path) == good
    err = capsys.readouterr().err
    assert err.startswith(f"warning: skipped a damaged run: {bad}")
    assert err.count("\n") == 1
    with pytest.raises(BadRecord, match=str(bad)):
        read_folder(bad)


def test_a_table_of_other_columns_is_named_and_the_other_tables_are_read(tmp_path, capsys):
    for name in ("good", "bad"):
        write_folder(folder(name), tmp_path)
    bad = tmp_path / "runs" / "bad"
    shutil.copy(bad / "usage.parquet", bad / "bill.parquet")
    assert bills_of(tmp_path)["run_id"].to_list() == ["good"]
    assert usd_by_label(tmp_path)["run_id"].to_list() == ["good"]
    assert capsys.readouterr().err.count(f"warning: skipped a damaged run: {bad}") == 1


@pytest.mark.parametrize(
    "changes",
    [{"design": "none"}, {"knobs": {}}, {"items": 12.0}, {"cost_usd": float("nan")},
     {"detected_s": 1.0}],
)  # fmt: skip
def test_what_could_not_be_read_back_is_never_written(tmp_path, changes):
    written = folder()
    with pytest.raises(BadRecord):
        write_folder(replace(written, run=replace(written.run, **changes)), tmp_path)
    assert list((tmp_path / "runs").iterdir()) == []
