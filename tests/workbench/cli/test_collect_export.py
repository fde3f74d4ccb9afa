"""`workbench collect RUN --export`: costs by label from a folder or from S3, and every refusal."""

import boto3
import pytest
from moto import mock_aws

from tests.data_exports import billed, on_aws, write
from workbench.pull.store import read_pull
from workbench.runs.records import read_folder
from workbench.runs.runner import RunRequest, run_request


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of sqs, as if on AWS."""
    results = tmp_path_factory.mktemp("results")
    path = run_request(RunRequest("sqs", "local", 40), results, lambda _: None, "sqs-1")
    return on_aws(path, results, started_at="2026-11-20T06:10:00+00:00")


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def told(out):
    (line,) = [out] if isinstance(out, str) else out
    return line.strip()


def test_a_folder_is_read_without_asking_aws_anything(run, tmp_path, command, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # where nobody answers
    write(billed(read_folder(run)), tmp_path / "export/data/BILLING_PERIOD=2026-11/a.parquet")
    code, out, err = command("collect", run, "--export", tmp_path / "export")
    assert (code, list(err)) == (0, [])
    assert told(out).startswith("sqs-1-aws: costs, ")
    labels = [one.split(" ")[0] for one in told(out).split("; ")[1].split(", ")]
    assert labels == ["dispatch", "knowing", "telemetry", "work"]


def test_a_bucket_is_read_through_s3(run, tmp_path, command):
    file = write(billed(read_folder(run)), tmp_path / "a.parquet")
    key = "bills/hourly/data/BILLING_PERIOD=2026-11/hourly-00001.snappy.parquet"
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bills")
        s3.put_object(Bucket="bills", Key=key, Body=file.read_bytes())
        code, out, _ = command("collect", run, "--export", "s3://bills/bills/hourly")
        assert (code, told(out).startswith("sqs-1-aws: costs, ")) == (0, True)
        code, _, err = command("collect", run, "--export", "s3://others")
        assert code == 1
        assert "NoSuchBucket" in told(err)
    assert read_pull(run, "costs").facts["source"] == "data export FOCUS_1_2_AWS"


def test_of_several_runs_one_that_the_export_lacks_is_named(run, tmp_path, command):
    another = on_aws(run, tmp_path, started_at="2026-11-25T06:10:00+00:00", run_id="later")
    file = write(billed(read_folder(run)), tmp_path / "a.csv.gz")
    code, out, err = command("collect", run, another, "--export", file)
    assert code == 1
    assert told(out).startswith("sqs-1-aws: costs, ")
    assert "later: the export has no row of SqsBatchProcessing's resources" in told(err)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (None, 2, "there is no such file or folder"),
        (b"half", 1, "a.parquet cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line(run, tmp_path, command, data, code, message):
    file = tmp_path / "a.parquet"
    if data is not None:
        file.write_bytes(data)
    found, out, err = command("collect", run, "--export", file)
    assert (found, list(out)) == (code, [])
    assert message in told(err)
