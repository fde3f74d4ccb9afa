"""Items read from S3."""

from workbench.targets.local.stepfunctions import reader
from workbench.targets.local.stepfunctions.faults import Faults


def split(kit, **fields):
    """A distributed map over the objects under `items/`, in batches of ten."""
    source = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
        "Parameters": {"Bucket": "data", "Prefix.$": "$.prefix"},
    }
    processor = kit.chain({"One": kit.task()})
    processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    state = {"Type": "Map", "ItemReader": source, "ItemProcessor": processor, "Label": "Split"}
    return state | {"ItemBatcher": {"MaxItemsPerBatch": 10}} | fields


PREFIX = {"prefix": "b1/items/"}


def items_seen(stage):
    return [item for _, event in stage.calls for item in event["Items"]]


def test_all_lines_of_all_objects_are_one_list_in_order_of_key(stage, kit, bucket):
    bucket("b1/items/000001.jsonl", [4, 5])
    bucket("b1/items/000000.jsonl", [1, 2, 3])
    bucket("b10/items/000000.jsonl", [99])
    bucket("b1/failed/x.jsonl", [98])
    stage.run({"Process": split(kit)}, PREFIX)
    assert items_seen(stage) == [1, 2, 3, 4, 5]
    # 1 s to the state, 2 s to open, 30 ms to list, twice 20 ms and a little to read, 100 ms ahead
    assert [round(t, 2) for t, _ in stage.calls] == [3.17]


def test_a_batch_starts_when_its_object_is_read_while_reading_goes_on(stage, kit, bucket):
    for number in range(3):
        bucket(f"b1/items/{number}.jsonl", range(10))
    stage.run({"Process": split(kit)}, PREFIX)
    assert [round(t, 3) for t, _ in stage.calls] == [3.15, 3.17, 3.19]


def test_a_large_object_takes_its_time(stage, kit, bucket):
    bucket("b1/items/0.jsonl", ["x" * 100_000] * 10)
    stage.run({"Process": split(kit)}, PREFIX)
    first_s = stage.calls[0][0]
    assert round(first_s, 3) == round(3.15 + 1.00003 * 0.012, 3)


def test_each_page_and_each_object_is_paid(stage, kit, bucket, monkeypatch):
    monkeypatch.setattr(reader, "KEYS_PER_PAGE", 3)
    for number in range(7):
        bucket(f"b1/items/{number}.jsonl", [number])
    stage.run({"Process": split(kit)}, PREFIX)
    assert items_seen(stage) == list(range(7))
    usage = stage.usage()
    assert usage["s3", "Requests-Tier1", "dispatch"] == 3
    assert usage["s3", "Requests-Tier2", "dispatch"] == 7


def test_nothing_under_the_prefix_is_a_map_run_of_nothing(stage, kit, bucket):
    ended = stage.run({"Process": split(kit)}, PREFIX)
    assert (ended.status, ended.output, stage.calls) == ("SUCCEEDED", [], [])


def test_a_line_that_is_no_json_fails_the_map_by_key_and_line(stage, kit, bucket):
    bucket("b1/items/0.jsonl", [1])
    body = b'1\n\n{"open\n'
    stage.clients("s3").put_object(Bucket="data", Key="b1/items/1.jsonl", Body=body)
    ended = stage.run({"Process": split(kit)}, PREFIX)
    assert (ended.status, ended.error) == ("FAILED", "States.ItemReaderFailed")
    assert ended.cause.startswith("b1/items/1.jsonl, line 3:")


def test_a_bucket_that_is_not_there_can_be_caught(stage, kit):
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}]
    ended = stage.run({"Process": split(kit, Catch=catch), "Tell": {"Type": "Pass"}}, PREFIX)
    assert ended.output["error"]["Error"] == "States.ItemReaderFailed"


def test_a_fault_plan_may_fail_a_read(stage, kit, bucket):
    class NoReading(Faults):
        def s3(self, operation, key):
            return "SlowDown" if (operation, key) == ("GetObject", "b1/items/0.jsonl") else None

    bucket("b1/items/0.jsonl", [1])
    ended = stage.run({"Process": split(kit)}, PREFIX, faults=NoReading())
    assert (ended.error, ended.cause) == (
        "States.ItemReaderFailed",
        "GetObject of b1/items/0.jsonl: SlowDown",
    )
