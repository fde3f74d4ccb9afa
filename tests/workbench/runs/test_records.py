"""Run folders: whole or absent, read back as written, damaged ones refused by name."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import measures
from analysis.evidence import newest_run
from workbench.designs import Sqs
from workbench.errors import BadInput, BadRecord
from workbench.runs import records
from workbench.runs.failures import Failure, failures_frame
from workbench.runs.records import (
    BILL_COLUMNS,
    RESOURCE_COLUMNS,
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    read_failed,
    read_folder,
    read_run,
    run_folders,
    write_folder,
)
from workbench.runs.sets import runs_frame, usd_by_label
from workbench.runs.stored import stored_runs

KNOBS = Sqs().knobs()
LINE = ["AWS Lambda", "Request-ARM", "Requests", "work", Decimal(12)]
PRICE = [Decimal("0.0000002"), Decimal("0.0000024"), "metered"]


def folder(run_id="sqs-local-12-7", **changes):
    run = Run(
        run_id=run_id,
        design="sqs",
        target="local",
        items=12,
        seed=7,
        knobs=KNOBS,
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
    assert found.resources is None  # as in a folder that is older than the table


def test_the_usage_by_resource_is_read_back_as_it_was_written(tmp_path):
    told = pd.DataFrame([["table", *LINE]], columns=RESOURCE_COLUMNS)
    found = read_folder(write_folder(replace(folder(), resources=told), tmp_path))
    assert found.resources.iloc[0].to_list() == ["table", *LINE]


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
    with pytest.raises(BadRecord, match=r"usage\.parquet is damaged"):
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


def test_a_run_from_before_a_knob_came_is_read_with_what_it_had_then(tmp_path):
    path = write_folder(folder(), tmp_path)
    older = {name: value for name, value in KNOBS.items() if not name.startswith("pollers_")}
    change(knobs=older)(path)
    assert len(older) == len(KNOBS) - 2
    assert read_run(path).knobs == KNOBS


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
    "negative count": change(invocations=-1),
    "negative dollars": change(cost_usd=-0.01),
    "counts of more than its items": change(items_processed=10, items_failed=3),
    "no items": change(items=0),
    "a batch of billions": change(items=10**12),
    "a number without end": lambda path: (path / "run.json").write_text("9" * 5_000),
    "another target": change(target="cloud"),
    "another status": change(status="done"),
    "a time that there is not": change(started_at="2026-02-30T06:00:00+00:00"),
    "a price date that there is not": change(price_date="2026-13-01"),
    "a commit that is an option": change(commit="--output=run.json"),
    "a batch that is a path": change(batch_id="../../b"),
    "years": change(detected_s=1e12),
    "a knob missing": change(knobs=dict(list(KNOBS.items())[1:])),
    "a knob of another design": change(knobs=KNOBS | {"child_type": "EXPRESS"}),
    "a knob out of its limits": change(knobs=KNOBS | {"poll_s": 0}),
    "a knob that is a text": change(knobs=KNOBS | {"poll_s": "30"}),
    "nested knobs": lambda path: (path / "run.json").write_text('{"knobs":' * 5_000),
    "a link that leads nowhere": lambda path: (
        (path / "run.json").rename(path / "a") and (path / "run.json").symlink_to("nowhere")
    ),
    "cut in the middle": lambda path: (path / "bill.parquet").write_bytes(
        (path / "bill.parquet").read_bytes()[-200:]
    ),
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
    assert [(one.path, bool(one.damage)) for one in stored_runs(tmp_path)] == [
        (bad, True),
        (good, False),
    ]


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


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("timeline", "t_s", -1.0),
        ("timeline", "value", float("nan")),
        ("timeline", "value", float("inf")),
        ("bill", "cost_usd", -Decimal(1)),
    ],
)
def test_a_table_with_a_number_that_cannot_be_is_named_and_not_believed(
    tmp_path, capsys, name, column, value
):
    for run_id in ("good", "bad"):
        write_folder(folder(run_id), tmp_path)
    file = tmp_path / "runs" / "bad" / f"{name}.parquet"
    table = pq.read_table(file)
    cells = pa.array([value], table.schema.field(column).type)
    pq.write_table(table.set_column(table.column_names.index(column), column, cells), file)
    assert measures.run_tables(tmp_path, name)["run_id"].to_list() == ["good"]
    assert f"{file}: {column}" in capsys.readouterr().err


def test_a_folder_without_its_record_is_absent_and_moved_aside_with_all_in_it(tmp_path, capsys):
    half = tmp_path / "runs" / "r"
    half.mkdir(parents=True)
    (half / "timeline.parquet").write_text("half")
    assert run_folders(tmp_path) == []
    assert write_folder(folder("r"), tmp_path) == half
    assert read_folder(half).run == folder("r").run
    (aside,) = (tmp_path / "runs").glob(".aside-r-*")
    assert (aside / "timeline.parquet").read_text() == "half"
    assert aside.name in capsys.readouterr().err
    assert run_folders(tmp_path) == [half]


def test_a_folder_that_another_process_has_written_meanwhile_is_kept(tmp_path, monkeypatch):
    written = write_folder(folder("r"), tmp_path)
    kept = (written / "run.json").stat().st_mtime_ns
    seen = iter([False, False])  # as this process saw it a moment before
    monkeypatch.setattr(records, "is_there", lambda path: next(seen, True))
    with pytest.raises(OSError, match="not empty"):
        write_folder(folder("r"), tmp_path)
    assert (written / "run.json").stat().st_mtime_ns == kept
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["r"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_results_that_are_a_file_or_a_link_to_nowhere_are_refused_by_readers(tmp_path, kind):
    runs = tmp_path / "runs"
    runs.write_text("") if kind == "file" else runs.symlink_to("nowhere")
    with pytest.raises(BadInput, match="/runs"):
        run_folders(tmp_path)
    with pytest.raises(BadInput, match="/runs"):
        stored_runs(tmp_path)
