"""A sweep into a bucket: parts and table there, gone on with, refused in one line."""

import io
from dataclasses import replace

import boto3
import pandas as pd
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from workbench.errors import BadInput
from workbench.runs.records import INVOCATION_COLUMNS
from workbench.runs.runner import make_target
from workbench.runs.sets import read_runs
from workbench.sweep.bucket import Bucket
from workbench.sweep.sweeping import sweep

TWO = "seeds: [1, 2]\ngrids: [{designs: [sqs, sfn], items: [100]}]"
HERE = "s3://there/some/prefix"


@pytest.fixture
def s3(monkeypatch):
    """A bucket that is there."""
    for name, value in (
        ("ACCESS_KEY_ID", "x"),
        ("SECRET_ACCESS_KEY", "y"),
        ("REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="there")
        yield client


@pytest.fixture
def study(tmp_path):
    """Writes a study file."""

    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return path

    return write


def keys(s3):
    return [one["Key"] for one in s3.list_objects_v2(Bucket="there").get("Contents", [])]


def table_of(s3):
    body = s3.get_object(Bucket="there", Key="some/prefix/studies/mine.parquet")["Body"].read()
    return pd.read_parquet(io.BytesIO(body))


def test_parts_and_table_are_those_of_a_folder(s3, study, tmp_path):
    done, own = sweep(study(TWO), Bucket(HERE)), sweep(study(TWO), tmp_path)
    assert done.table == f"{HERE}/studies/mine.parquet"
    assert (done.ran, done.found, done.failed, done.folders) == (4, 0, {}, {})
    [part] = [path.name for path in (tmp_path / "parts").iterdir()]
    files = sorted(path.name for path in (tmp_path / "parts" / part).iterdir())
    assert keys(s3) == [
        "some/prefix/parts/",
        *(f"some/prefix/parts/{part}/{name}" for name in files),
        "some/prefix/studies/mine.parquet",
    ]
    tables = (table_of(s3), pd.read_parquet(own.table))
    pd.testing.assert_frame_equal(*(table.drop(columns="started_at") for table in tables))


def test_a_sweep_goes_on_from_there(s3, study):
    sweep(study(TWO), Bucket(HERE))
    more = sweep(study(TWO.replace("[100]", "[100, 200]")), Bucket(f"{HERE}/"))
    assert (more.ran, more.found) == (4, 4)
    assert len(table_of(s3)) == 8
    assert sweep(study(TWO), Bucket("s3://there")).found == 0  # another prefix


def test_a_part_without_its_records_is_none_and_is_done_again(s3, study):
    sweep(study(TWO), Bucket(HERE))
    [runs] = [key for key in keys(s3) if key.endswith("/runs.parquet")]
    s3.delete_object(Bucket="there", Key=runs)
    assert sweep(study(TWO), Bucket(HERE)).ran == 4
    assert runs in keys(s3)


@pytest.mark.parametrize("how", ["cut short", "gone"])
def test_a_damaged_part_is_named_and_its_runs_are_done_again(s3, study, capsys, how):
    sweep(study(TWO), Bucket(HERE))
    [bill] = [key for key in keys(s3) if key.endswith("/bill.parquet")]
    if how == "gone":
        s3.delete_object(Bucket="there", Key=bill)
    else:
        s3.put_object(Bucket="there", Key=bill, Body=b"PAR1")
    assert sweep(study(TWO), Bucket(HERE)).ran == 4
    told = capsys.readouterr().err
    assert f"a damaged part: s3://there/{bill}" in told
    assert "moved to s3://there/some/prefix/aside/" in told
    assert sweep(study(TWO), Bucket(HERE)).found == 4


def test_two_sweeps_at_a_time_do_no_harm(s3, study):
    """The second one has seen nothing of the first, and writes the same part."""
    path, seen = study(TWO), []

    class Nested(Bucket):
        def write(self, part, files):
            if not seen:
                seen.append(part)
                assert sweep(path, Bucket(HERE)).ran == 4
            Bucket.write(self, part, files)

    assert sweep(path, Nested(HERE)).ran == 4
    assert len([key for key in keys(s3) if key.endswith("/runs.parquet")]) == 1
    assert len(table_of(s3)) == 4


class Local:
    """Stands for `local`, which is moto itself: batches of the model as frames, with each call."""

    name = "local"

    def __init__(self, *_):
        self.target = make_target("model")

    def close(self):
        """Nothing is held."""

    def run(self, design, batch, watch):
        data = self.target.run(design, batch, watch)
        call = ("processor", 0.5, None, 10.0, 10, 128, False, None)
        calls = pd.DataFrame([call], columns=INVOCATION_COLUMNS)
        return replace(data, run=replace(data.run, target="local"), invocations=calls)


def test_runs_of_local_are_kept_in_parts_there(s3, study):
    text = "seeds: [1, 2]\ngrids: [{designs: [sfn], targets: [local], items: [20]}]"
    done = sweep(study(text), Bucket(HERE), make=Local)
    assert (done.ran, done.folders, set(table_of(s3)["target"])) == (2, {}, {"local"})
    found = [key for key in keys(s3) if key.endswith("/invocations.parquet")]
    bodies = (s3.get_object(Bucket="there", Key=key)["Body"].read() for key in found)
    calls = [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]
    assert {(one["run_id"], one["billed_ms"], one["cold"]) for one in calls} == {
        (run, 10, False) for run in done.runs
    }


def test_a_copy_of_the_bucket_is_a_results_folder(s3, study, tmp_path):
    sweep(study(TWO), Bucket(HERE))
    for key in keys(s3):
        if not key.endswith("/"):
            path = tmp_path / "copy" / key.removeprefix("some/prefix/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket="there", Key=key)["Body"].read())
    sweep(study(TWO), tmp_path / "own")
    copied, own = (
        [replace(run, started_at="") for run in read_runs(tmp_path / place)]
        for place in ("copy", "own")
    )
    assert copied == own


def test_a_bucket_that_is_not_there_is_refused_in_one_line(s3, study, command, tmp_path):
    code, out, err = command("sweep", study(TWO), "--results", "s3://nowhere/x")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "AWS PutObject: NoSuchBucket" in err


def test_no_credentials_are_refused_in_one_line(study, command, monkeypatch, tmp_path):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    code, out, err = command("sweep", study(TWO), "--results", HERE)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "AWS credentials: " in err


def test_runs_on_aws_and_an_address_without_a_bucket_are_refused(s3, study):
    pair = "seeds: [1]\ngrids: [{designs: [sqs], items: [100], targets: [aws]}]"
    with pytest.raises(BadInput, match="runs on aws are gone on with from their folders"):
        sweep(study(pair), Bucket(HERE))
    with pytest.raises(BadInput, match="name a bucket"):
        Bucket("s3://")
    assert keys(s3) == []


@pytest.mark.parametrize("words", ["runs list", "report", "tables", "run --items 1"])
def test_other_commands_take_no_bucket(command, words):
    code, out, err = command(*words.split(), "--results", HERE)
    assert (code, out) == (2, "")
    assert "only `workbench sweep` takes a bucket" in err


def test_the_command_prints_where_the_table_is(s3, study, command):
    code, out, err = command("sweep", study(TWO), "--results", HERE)
    assert (code, out) == (0, f"{HERE}/studies/mine.parquet\n")
    assert "mine: 4 runs, 0 were there already" in err
