"""The files that a map run's ResultWriter leaves in S3, in AWS's shape."""

import json

import pytest

from workbench.targets.local.stepfunctions.faults import Faults
from workbench.targets.local.stepfunctions.map_results import PART_BYTES


@pytest.fixture
def split(kit):
    def make(kind="EXPRESS", prefix="results/b1/", **fields):
        writer = {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": prefix},
        }
        fields = {"ToleratedFailurePercentage": 100, "ResultWriter": writer} | fields
        return kit.split(kind, **fields)

    return make


def objects(aws):
    """Every result in the bucket, read as JSON."""
    s3 = aws.clients("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="data").get("Contents", [])]
    keys = [key for key in keys if not key.startswith("in/")]
    return {key: json.loads(s3.get_object(Bucket="data", Key=key)["Body"].read()) for key in keys}


def uuid_of(ended):
    return ended.output["MapRunArn"].rsplit(":", 1)[1]


def bad_one(kit):
    def work(event):
        if event["Items"] == [1]:
            raise kit.Fails("Bad", "one")
        return 1, {"did": event["Items"]}

    return work


def test_the_output_says_where_the_manifest_is(aws, split, play):
    ended = play(split(), 1)
    run = uuid_of(ended)
    assert ended.output == {
        "MapRunArn": f"arn:aws:states:us-east-1:123456789012:mapRun:Batch/Split:{run}",
        "ResultWriterDetails": {"Bucket": "data", "Key": f"results/b1/{run}/manifest.json"},
    }


def test_the_manifest_lists_the_files_of_each_kind(aws, split, play, kit):
    aws.work = bad_one(kit)
    ended = play(split(), 3)
    files, base = objects(aws), f"results/b1/{uuid_of(ended)}"
    s3 = aws.clients("s3")

    def listed(name):
        key = f"{base}/{name}"
        size = s3.head_object(Bucket="data", Key=key)["ContentLength"]
        return [{"Key": key, "Size": size}]

    assert sorted(files) == [
        f"{base}/FAILED_0.json",
        f"{base}/SUCCEEDED_0.json",
        f"{base}/manifest.json",
    ]
    assert files[f"{base}/manifest.json"] == {
        "DestinationBucket": "data",
        "MapRunArn": ended.output["MapRunArn"],
        "ResultFiles": {
            "FAILED": listed("FAILED_0.json"),
            "PENDING": [],
            "SUCCEEDED": listed("SUCCEEDED_0.json"),
        },
    }


def test_entries_have_the_fields_that_aws_writes(aws, split, play, kit):
    aws.work = bad_one(kit)
    ended = play(split(), 2, epoch_s=1.8e9)
    base, files = f"results/b1/{uuid_of(ended)}", objects(aws)
    (good,), (bad,) = files[f"{base}/SUCCEEDED_0.json"], files[f"{base}/FAILED_0.json"]
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Batch/Split"
    express = "arn:aws:states:us-east-1:123456789012:express:Batch/Split"
    assert good.pop("ExecutionArn").startswith(f"{express}:{good['Name']}:")
    assert bad.pop("ExecutionArn").startswith(f"{express}:{bad['Name']}:")
    assert good.pop("Name") != bad.pop("Name")
    assert good == {
        "Input": '{"BatchInput":{"k":"é"},"Items":[0]}',
        "InputDetails": {"Included": True},
        "Output": '{"did":[0]}',
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "2027-01-15T08:00:03.050Z",
        "StateMachineArn": machine,
        "Status": "SUCCEEDED",
        "StopDate": "2027-01-15T08:00:04.250Z",
    }
    assert bad == {
        "Cause": "one",
        "Error": "Bad",
        "Input": '{"BatchInput":{"k":"é"},"Items":[1]}',
        "InputDetails": {"Included": True},
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
        "StartDate": "2027-01-15T08:00:03.051Z",
        "StateMachineArn": machine,
        "Status": "FAILED",
        "StopDate": "2027-01-15T08:00:03.251Z",
    }


def test_standard_children_have_execution_arns(aws, split, play):
    ended = play(split("STANDARD"), 1)
    (entry,) = objects(aws)[f"results/b1/{uuid_of(ended)}/SUCCEEDED_0.json"]
    execution = "arn:aws:states:us-east-1:123456789012:execution:Batch/Split"
    assert entry["ExecutionArn"] == f"{execution}:{entry['Name']}"


@pytest.mark.parametrize(("prefix", "base"), [("p", "p/"), ("p/", "p/")])
def test_a_prefix_ends_in_one_slash(aws, split, play, prefix, base):
    ended = play(split(prefix=prefix), 0)
    assert list(objects(aws)) == [f"{base}{uuid_of(ended)}/manifest.json"]


def test_each_file_is_a_request_of_knowing(aws, split, play, kit):
    aws.work = bad_one(kit)
    play(split(), 2)
    assert aws.usage()["s3", "Requests-Tier1", "knowing"] == 3


def test_a_map_that_fails_lists_what_it_ended(aws, split, play, kit):
    def work(event):
        if event["Items"] == [0]:
            raise kit.Fails("Bad", after_s=0.5)
        return 9, event

    aws.work = work
    ended = play(split(ToleratedFailurePercentage=0), 4, at_once=2)
    assert ended.error == "States.ExceedToleratedFailureThreshold"
    found = {
        key.rsplit("/", 1)[1]: [(e["Status"], json.loads(e["Input"])["Items"]) for e in entries]
        for key, entries in objects(aws).items()
        if not key.endswith("manifest.json")
    }
    assert found == {"FAILED_0.json": [("FAILED", [0]), ("ABORTED", [1])]}


def test_results_of_any_size_pass_when_they_are_written(aws, split, play):
    aws.work = lambda event: (1, "x" * 200_000)
    assert play(split(), 50).status == "SUCCEEDED"
    # 10 MB: one upload in two parts is four requests; the manifest is one more
    assert aws.usage()["s3", "Requests-Tier1", "knowing"] == 5
    (entries,) = [v for k, v in objects(aws).items() if k.endswith("SUCCEEDED_0.json")]
    assert PART_BYTES < 50 * 200_000
    assert len(entries) == 50


def test_a_bucket_that_is_not_there_fails_the_map_and_can_be_caught(split, play, kit):
    states = split(Catch=kit.catch("Tell")) | {"Tell": {"Type": "Succeed"}}
    states["Process"]["ResultWriter"]["Parameters"]["Bucket"] = "none"
    assert play(states, 1).output["error"]["Error"] == "States.ResultWriterFailed"


def test_a_fault_plan_may_fail_a_part(aws, split, play):
    class NoParts(Faults):
        def s3(self, operation, key):
            return "InternalError" if operation == "UploadPart" else None

    aws.work = lambda event: (1, "x" * 200_000)
    ended = play(split(), 50, faults=NoParts())
    assert ended.error == "States.ResultWriterFailed"
    assert ended.cause.endswith("SUCCEEDED_0.json: InternalError")
