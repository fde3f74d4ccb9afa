"""Damaged files: an error that says which file and why, or what is there; and nothing is lost."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.strategies import changed, damaged
from workbench.bill import bill
from workbench.designs import Sqs
from workbench.errors import BadInput, BadRecord, MissingPrice
from workbench.platform.profile import load_profile
from workbench.prices import load_book, read_book, write_book
from workbench.runs.records import (
    BILL_COLUMNS,
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    read_folder,
    read_run,
    write_folder,
)
from workbench.runs.sets import read_tables, runs_frame
from workbench.sweep.jobs import plan_jobs
from workbench.sweep.study import Study, read_study
from workbench.sweep.sweeping import sweep

RUN = Run(
    run_id="r1",
    design="sqs",
    target="local",
    items=10,
    seed=7,
    knobs=Sqs(items_per_message=1).knobs(),
    batch_id="r1",
    started_at="2026-11-23T06:00:00+00:00",
)
STUDY = """\
question: What does a poll cost?
seeds: [1, 2]
grids:
  - designs: [sqs]
    targets: [local]
    items: [10, 100]
    knobs:
      poll_s: [1, 30]
runs:
  - design: sfn
    target: model
    items: 1000
"""
few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def folder(run=RUN):
    timeline = pd.DataFrame([(0.0, "backlog", 1.0)], columns=TIMELINE_COLUMNS)
    line = ("AWS Lambda", "Request", "Requests", "work", 3)
    usage = pd.DataFrame([line], columns=USAGE_COLUMNS)
    priced = pd.DataFrame([(*line, None, None, "metered")], columns=BILL_COLUMNS)
    return RunData(run, timeline, usage, priced)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_folder(folder(), tmp_path_factory.mktemp("results"))


def refusal(kinds, call, *arguments):
    """What a call is refused with; an empty text if it is not. Any other error is a bug."""
    try:
        call(*arguments)
    except kinds as error:
        return str(error)
    return ""


def contents(path):
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def test_the_study_that_is_damaged_here_is_a_sound_one(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    assert isinstance(read_study(path), Study)


@few
@given(data=st.data())
def test_a_damaged_run_is_refused_by_its_name_or_is_still_a_run(written, data):
    sound = (written / "run.json").read_bytes()
    content = data.draw(changed(sound.decode()) | damaged(sound))
    try:
        (written / "run.json").write_bytes(content)
        before = contents(written)
        text = refusal(BadRecord, read_run, written)
        assert not text or written.name in text
        assert contents(written) == before
        if not text:
            counts = runs_frame(written.parents[1])[["items", "seed", "invocations"]]
            assert all(map(pd.api.types.is_integer_dtype, counts.dtypes))
            assert counts["items"].gt(0).all()
    finally:
        (written / "run.json").write_bytes(sound)


@few
@given(data=st.data(), name=st.sampled_from(("timeline", "usage", "bill")))
def test_a_damaged_table_is_refused_by_its_name_or_is_still_a_table(written, data, name):
    table = written / f"{name}.parquet"
    sound = table.read_bytes()
    content = data.draw(damaged(sound))
    try:
        table.write_bytes(content)
        text = refusal(BadRecord, read_folder, written)
        assert not text or name in text
    finally:
        table.write_bytes(sound)


@few
@given(name=st.text(max_size=20))
def test_no_name_of_a_run_writes_outside_of_its_folder_or_over_another(tmp_path, name):
    results = tmp_path / "results"
    before = {path for path in tmp_path.rglob("*") if "results/runs" not in str(path)}
    try:
        path = write_folder(folder(Run(**vars(RUN) | {"run_id": name})), results)
    except (BadRecord, BadInput, OSError, ValueError):
        path = None
    if path is not None:
        assert path.parent == results / "runs"
        kept = contents(path)
        with pytest.raises(BadRecord):
            write_folder(folder(Run(**vars(RUN) | {"run_id": name})), results)
        assert contents(path) == kept
    outside = {path for path in tmp_path.rglob("*") if "results/runs" not in str(path)}
    assert outside - before <= {results, results / "runs"}


@few
@given(data=st.data())
def test_a_damaged_price_book_is_refused_by_its_name_or_is_still_a_book(tmp_path, data):
    path = write_book(load_book(), tmp_path)
    content = json.loads(path.read_text())
    content["prices"] = content["prices"][:4]
    text = json.dumps(content)
    path.write_bytes(data.draw(changed(text) | damaged(text.encode())))
    kept = path.read_bytes()
    text = refusal(BadRecord, read_book, path)
    assert not text or path.name in text
    assert path.read_bytes() == kept
    if not text:  # then it prices what it has a price for
        refusal((MissingPrice, BadInput), bill, folder().usage, read_book(path))


@few
@given(data=st.data())
def test_a_damaged_profile_is_refused_by_its_name_or_is_still_a_profile(tmp_path, data):
    path = tmp_path / "profile.json"
    entry = {"unit": "s", "source": "x", "sure": "A"}
    entries = {"a": entry | {"value": 1, "low": 0, "high": 2}, "b": entry | {"p50": 1, "p99": 2}}
    text = json.dumps({"date": "2026-11-23", "entries": entries})
    path.write_bytes(data.draw(changed(text) | damaged(text.encode())))
    text = refusal(BadInput, load_profile, str(path))
    assert not text or "profile" in text


@few
@given(data=st.data())
def test_a_damaged_study_is_refused_by_its_name_or_is_still_a_study(tmp_path, data):
    path = Path(tmp_path) / "study.yaml"
    path.write_bytes(data.draw(damaged(STUDY.encode())))
    text = refusal((BadInput, BadRecord), read_study, path)
    assert not text or path.name in text or "=" in text


@few
@given(data=st.data())
def test_a_study_with_other_values_is_refused_or_planned_and_runs_nothing(tmp_path, data):
    path = Path(tmp_path) / "study.yaml"
    path.write_bytes(data.draw(changed(json.dumps(yaml.safe_load(STUDY)))))
    refusal((BadInput, BadRecord), lambda: plan_jobs(read_study(path)))
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema_version": 1}', b"\xff\x00"])
def test_a_sweep_that_meets_a_damaged_run_names_it_and_overwrites_nothing(tmp_path, content):
    study = tmp_path / "two.yaml"
    study.write_text("seeds: [1, 2]\ngrids: [{designs: [sqs], targets: [local], items: [10]}]")
    broken = sweep(study, tmp_path).jobs[0].run_id
    (tmp_path / "runs" / broken / "run.json").write_bytes(content)
    before = {path: contents(path) for path in (tmp_path / "runs").iterdir()}
    again = sweep(study, tmp_path)
    assert (again.ran, list(again.failed)) == (0, [broken])
    assert broken in again.failed[broken]
    assert len(pd.read_parquet(again.table)) == 1
    assert {path: contents(path) for path in (tmp_path / "runs").iterdir()} == before


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A study of two runs in one part, and the files of the part."""
    results = tmp_path_factory.mktemp("swept")
    study = results / "two.yaml"
    study.write_text("seeds: [1, 2]\ngrids: [{designs: [sqs], items: [100]}]")
    table = pd.read_parquet(sweep(study, results).table)
    return study, table, {path.name: path.read_bytes() for path in results.glob("parts/*/*")}


@pytest.mark.parametrize("name", ["runs", "bill", "usage", "timeline", "resources"])
@few
@given(data=st.data())
def test_a_damaged_part_is_read_or_skipped_and_never_believed(tmp_path_factory, swept, name, data):
    study, table, files = swept
    results = tmp_path_factory.mktemp("damaged")
    content = data.draw(damaged(files[f"{name}.parquet"]))
    part = results / "parts" / "one"
    part.mkdir(parents=True)
    for file, kept in (files | {f"{name}.parquet": content}).items():
        (part / file).write_bytes(kept)
    runs_frame(results)
    read_tables(results, name if name != "runs" else "bill")
    done = sweep(study, results)
    assert (done.ran + done.found, done.failed) == (2, {})
    again = pd.read_parquet(done.table)
    pd.testing.assert_frame_equal(*(one.drop(columns="started_at") for one in (table, again)))
