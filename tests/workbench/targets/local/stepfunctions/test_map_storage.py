"""What a map run reads from S3 and writes to it."""

import json
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.platform.units import MB
from workbench.targets.local.runtime.faults import MapFaults
from workbench.targets.local.stepfunctions import map_storage
from workbench.targets.local.stepfunctions.data import StateFailed, size_bytes
from workbench.targets.local.stepfunctions.map_storage import PART_BYTES, child_inputs

LIMIT = 262_144


def inputs(items, items_max=10, fixed=None):
    return list(child_inputs(((float(i), v) for i, v in enumerate(items)), items_max, fixed))


def test_batches_hold_so_many_items_and_the_last_the_rest():
    assert [(c.ready_s, c.items, c.data) for c in inputs("abc", 2, {"id": "b"})] == [
        (1.0, 2, {"BatchInput": {"id": "b"}, "Items": ["a", "b"]}),
        (2.0, 1, {"BatchInput": {"id": "b"}, "Items": ["c"]}),
    ]


@given(
    st.lists(st.text(max_size=8) | st.integers(), max_size=40),
    st.integers(1, 9),
    st.integers(100, 200),
)
def test_every_item_is_in_one_batch_within_both_limits(items, items_max, bytes_max):
    with patch.object(map_storage, "PAYLOAD_MAX_BYTES", bytes_max):
        batches = inputs(items, items_max, {"k": "é"})
    assert [item for b in batches for item in b.data["Items"]] == items
    assert all(json.loads(b.text) == b.data and b.items == len(b.data["Items"]) for b in batches)
    assert all(b.items <= items_max and len(b.text.encode()) <= bytes_max for b in batches)
    for one, following in pairwise(batches):  # none is closed too early
        grown = {**one.data, "Items": [*one.data["Items"], following.data["Items"][0]]}
        assert one.items == items_max or size_bytes(grown) > bytes_max


def test_a_batch_ends_at_256_kib():
    batches = inputs(["x" * 998] * 300, 5_000)
    assert [b.items for b in batches] == [261, 39]
    assert len(batches[0].text) == len('{"BatchInput":null,"Items":[]}') + 261 * 1001 - 1


def test_an_item_that_fits_into_no_input_is_over_the_limit():
    with pytest.raises(StateFailed) as failed:
        inputs(["x" * LIMIT])
    assert failed.value.error == "States.DataLimitExceeded"


def test_inputs_are_drawn_only_as_asked_for():
    drawn = []

    def items():
        for i in range(100):
            drawn.append(i)
            yield 0.0, i

    next(child_inputs(items(), 10, None))
    assert len(drawn) == 11


GIVEN = {"prefix": "b1/items/", "size": 10, "at_once": 900, "k": 1}


def items_seen(aws):
    return [item for _, event in aws.calls for item in event["Items"]]


def test_all_lines_of_all_objects_are_one_list_in_order_of_key(aws, kit, bucket):
    bucket("b1/items/000001.jsonl", [4, 5])
    bucket("b1/items/000000.jsonl", [1, 2, 3])
    bucket("b10/items/000000.jsonl", [99])
    bucket("b1/failed/x.jsonl", [98])
    aws.run(kit.split(), GIVEN)
    assert items_seen(aws) == [1, 2, 3, 4, 5]
    # 1 s to the state, 2 s to open, 30 ms to list, twice 20 ms and a little to read, 100 ms ahead
    assert [round(t, 2) for t, _ in aws.calls] == [3.17]


def test_a_batch_starts_when_its_object_is_read_while_reading_goes_on(aws, kit, bucket):
    for number in range(3):
        bucket(f"b1/items/{number}.jsonl", range(10))
    aws.run(kit.split(), GIVEN)
    assert [round(t, 3) for t, _ in aws.calls] == [3.15, 3.17, 3.19]


def test_a_large_object_takes_its_time(aws, kit, bucket):
    bucket("b1/items/0.jsonl", ["x" * 100_000] * 10)
    aws.run(kit.split(), GIVEN)
    first_s = aws.calls[0][0]
    assert round(first_s, 3) == round(3.15 + 1_000_030 / MB * 0.012, 3)


def test_each_page_and_each_object_is_paid(aws, kit, bucket, monkeypatch):
    monkeypatch.setattr(map_storage, "KEYS_PER_PAGE", 3)
    for number in range(7):
        bucket(f"b1/items/{number}.jsonl", [number])
    aws.run(kit.split(), GIVEN)
    assert items_seen(aws) == list(range(7))
    usage = aws.usage()
    assert usage["s3", "Requests-Tier1", "dispatch"] == 3
    assert usage["s3", "Requests-Tier2", "dispatch"] == 7


def test_nothing_under_the_prefix_is_a_map_run_of_nothing(aws, kit, bucket):
    ended = aws.run(kit.split(), GIVEN)
    assert (ended.status, ended.output, aws.calls) == ("SUCCEEDED", [], [])


def test_a_line_that_is_no_json_fails_the_map_by_key_and_line(aws, kit, bucket):
    bucket("b1/items/0.jsonl", [1])
    body = b'1\n\n{"open\n'
    aws.clients("s3").put_object(Bucket="data", Key="b1/items/1.jsonl", Body=body)
    ended = aws.run(kit.split(), GIVEN)
    assert (ended.status, ended.error) == ("FAILED", "States.ItemReaderFailed")
    assert ended.cause.startswith("b1/items/1.jsonl, line 3:")


def test_a_bucket_that_is_not_there_can_be_caught(aws, kit):
    states = kit.split(Catch=kit.catch("Tell")) | {"Tell": {"Type": "Succeed"}}
    ended = aws.run(states, GIVEN)
    assert ended.output["error"]["Error"] == "States.ItemReaderFailed"


def test_a_fault_plan_may_fail_a_read(aws, kit, bucket):
    class NoReading(MapFaults):
        def s3(self, operation, key):
            return "SlowDown" if (operation, key) == ("GetObject", "b1/items/0.jsonl") else None

    bucket("b1/items/0.jsonl", [1])
    ended = aws.run(kit.split(), GIVEN, faults=NoReading())
    assert (ended.error, ended.cause) == (
        "States.ItemReaderFailed",
        "GetObject of b1/items/0.jsonl: SlowDown",
    )


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
    ended = play(split(), 2)
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
        "StartDate": "2026-01-01T00:30:03.050Z",
        "StateMachineArn": machine,
        "Status": "SUCCEEDED",
        "StopDate": "2026-01-01T00:30:04.250Z",
    }
    assert bad == {
        "Cause": "one",
        "Error": "Bad",
        "Input": '{"BatchInput":{"k":"é"},"Items":[1]}',
        "InputDetails": {"Included": True},
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
        "StartDate": "2026-01-01T00:30:03.051Z",
        "StateMachineArn": machine,
        "Status": "FAILED",
        "StopDate": "2026-01-01T00:30:03.251Z",
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


def test_a_file_that_would_be_too_large_is_followed_by_another(aws, split, play, monkeypatch):
    monkeypatch.setattr(map_storage, "FILE_MAX_BYTES", 20_000)
    aws.work = lambda event: (1, "x" * 8_000)
    base = f"results/b1/{uuid_of(play(split(), 5))}"
    files = objects(aws)
    names = [f"{base}/SUCCEEDED_{number}.json" for number in range(3)]
    assert [len(files[name]) for name in names] == [2, 2, 1]
    told = files[f"{base}/manifest.json"]["ResultFiles"]["SUCCEEDED"]
    assert [one["Key"] for one in told] == names
    assert aws.usage()["s3", "Requests-Tier1", "knowing"] == 4


def test_a_bucket_that_is_not_there_fails_the_map_and_can_be_caught(split, play, kit):
    states = split(Catch=kit.catch("Tell")) | {"Tell": {"Type": "Succeed"}}
    states["Process"]["ResultWriter"]["Parameters"]["Bucket"] = "none"
    assert play(states, 1).output["error"]["Error"] == "States.ResultWriterFailed"


def test_a_fault_plan_may_fail_a_part(aws, split, play):
    class NoParts(MapFaults):
        def s3(self, operation, key):
            return "InternalError" if operation == "UploadPart" else None

    aws.work = lambda event: (1, "x" * 200_000)
    ended = play(split(), 50, faults=NoParts())
    assert ended.error == "States.ResultWriterFailed"
    assert ended.cause.endswith("SUCCEEDED_0.json: InternalError")
