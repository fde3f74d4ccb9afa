"""Runs in parts are the same, to the last decimal, as those in folders of their own."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.agreement.evidence import read_evidence
from workbench.errors import BadInput
from workbench.runs.parts import Folder, RunRows, packed, part_name
from workbench.runs.records import TABLES, read_folder, run_folders
from workbench.runs.runner import RunRequest, run_request
from workbench.runs.sets import pack, read_runs, read_tables, usd_by_label
from workbench.runs.stored import (
    details,
    find_run,
    refuse_removal,
    stored_runs,
    whole_run,
)
from workbench.sweep.kept import Kept
from workbench.sweep.study import read_study
from workbench.sweep.sweeping import sweep
from workbench.sweep.table import runs_table

STUDY = """
seeds: [1, 2]
grids: [{designs: [sqs, sfn, counters, durable], items: [300], knobs: {poison_per_million: 9000}}]
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The model runs of a study, in one part."""
    results = tmp_path_factory.mktemp("swept")
    (results / "mine.yaml").write_text(STUDY)
    return results, sweep(results / "mine.yaml", results)


@pytest.fixture(scope="module")
def folders(swept, tmp_path_factory):
    """The same runs, each run by itself."""
    results = tmp_path_factory.mktemp("folders")
    for job in swept[1].jobs:
        run_request(job.request, results, lambda _: None, job.run_id)
    return results


def assert_same_cells(one, other):
    """Equal, whatever stands for nothing, and in which order the columns are."""
    both = (frame.astype(object).where(frame.notna(), None) for frame in (one, other))
    pd.testing.assert_frame_equal(*both, check_like=True)


def same_moment(runs):
    return [replace(run, started_at="") for run in runs]


def test_the_records_are_the_same(swept, folders):
    assert same_moment(read_runs(swept[0])) == same_moment(read_runs(folders))
    assert len(read_runs(swept[0])) == 8


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("some", [False, True])
def test_the_tables_are_the_same(swept, folders, name, some):
    ids = {swept[1].jobs[3].run_id, swept[1].jobs[5].run_id, "nobody"} if some else None
    found, stored = (read_tables(place, name, ids) for place in (swept[0], folders))
    assert len(found) == 0 or set(found["run_id"]) == set(stored["run_id"])
    pd.testing.assert_frame_equal(found, stored)


def test_the_dollars_and_the_packed_set_are_the_same(swept, folders, tmp_path):
    keys = ["run_id", "label"]
    frames = [usd_by_label(one).sort_values(keys).to_numpy() for one in (swept[0], folders)]
    assert frames[0].tolist() == frames[1].tolist()
    for place in (swept[0], folders):
        pack(place, tmp_path / place.name)
    for name in TABLES:
        one, other = (read_tables(tmp_path / p.name, name) for p in (swept[0], folders))
        pd.testing.assert_frame_equal(one, other)


def test_the_table_of_the_study_is_the_same(swept, folders):
    jobs = swept[1].jobs
    own = runs_table(jobs, folders, Kept.of(Folder(folders), jobs)).drop(columns="started_at")
    table = pd.read_parquet(swept[1].table).drop(columns="started_at")
    assert table["run_id"].to_list() == [job.run_id for job in jobs]
    assert_same_cells(table, own)


def test_runs_of_folders_are_found_again_and_make_no_part(swept, folders):
    done = sweep(read_study(swept[0] / "mine.yaml"), folders)
    assert (done.ran, done.found, Folder(folders).names()) == (0, 8, [])


def test_a_run_in_a_part_is_listed_found_and_shown_as_any_other(swept, folders):
    results, done = swept
    name = done.jobs[0].run_id
    assert [one.run.run_id for one in stored_runs(results, "sqs")] == sorted(
        job.run_id for job in done.jobs[:2]
    )
    path = find_run(results, name[:-4])
    assert path == results / "runs" / name
    shown, other = details(path), details(find_run(folders, name))
    assert shown.usd_by_label == other.usd_by_label
    assert (shown.failed, bool(shown.failed)) == (other.failed, True)
    whole, alone = whole_run(path), read_folder(folders / "runs" / name)
    assert same_moment([whole.run]) == same_moment([alone.run])
    for table in ("timeline", "usage", "bill", "resources"):
        pd.testing.assert_frame_equal(getattr(whole, table), getattr(alone, table))


def test_a_single_run_is_not_taken_out_of_its_part(swept):
    results, done = swept
    with pytest.raises(BadInput, match=r"is kept with other runs of a sweep.*/parts/[0-9a-f]{20}"):
        refuse_removal(results / "runs" / done.jobs[0].run_id)


def test_a_run_that_is_in_two_parts_or_has_a_folder_too_counts_once(swept, tmp_path):
    job = swept[1].jobs[0]
    (tmp_path / "mine.yaml").write_text(STUDY)
    sweep(tmp_path / "mine.yaml", tmp_path)
    [name] = Folder(tmp_path).names()
    files = {path.stem: path.read_bytes() for path in (tmp_path / "parts" / name).glob("*.parquet")}
    Folder(tmp_path).write("00twice", files)
    run_request(job.request, tmp_path, lambda _: None, job.run_id)
    assert len(Folder(tmp_path).names()) == 2
    assert len(read_runs(tmp_path)) == len(stored_runs(tmp_path)) == 8
    for table in ("bill", "timeline"):
        assert len(read_tables(tmp_path, table)) == len(read_tables(swept[0], table))


def test_a_part_has_the_name_of_its_runs_in_any_order(swept):
    ids = [job.run_id for job in swept[1].jobs]
    assert Folder(swept[0]).names() == [part_name(ids)] == [part_name(reversed(ids))]
    assert part_name(ids[1:]) != part_name(ids)


def test_a_run_of_local_is_the_same_in_a_part(tmp_path):
    request = RunRequest("sqs", "local", 20, 7, settings={"poison_per_million": 200_000})
    run_request(request, tmp_path, lambda _: None, "own")
    [path] = run_folders(tmp_path)
    data = read_folder(path)
    tables = {name: read_tables(tmp_path, name).drop(columns="run_id") for name in TABLES}
    files = packed([RunRows.of(replace(data, **tables))])
    Folder(tmp_path / "packed").write("one", files)
    assert read_runs(tmp_path / "packed") == read_runs(tmp_path)
    for name in TABLES:
        found, stored = (read_tables(p, name) for p in (tmp_path / "packed", tmp_path))
        assert len(stored) > 0
        assert_same_cells(found, stored)


def test_a_run_in_a_part_is_collected_and_calibrated_as_one_of_the_model(swept, command):
    results, done = swept
    run = done.jobs[0].run_id
    code, out, err = command("collect", run, "--results", results)
    assert (code, out) == (2, "")
    assert f"{run} ran on model: collect pulls from AWS what it knows" in err
    alone = read_evidence(results / "runs" / run)
    assert (alone.folder.run.run_id, alone.reports, alone.second) == (run, None, 0.0)
