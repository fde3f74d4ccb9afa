"""Items read from S3, and put together into children's inputs."""

import json
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.targets.local.stepfunctions import map_items
from workbench.targets.local.stepfunctions.data import size_bytes
from workbench.targets.local.stepfunctions.failures import StateFailed
from workbench.targets.local.stepfunctions.faults import Faults
from workbench.targets.local.stepfunctions.map_items import child_inputs

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
    with patch.object(map_items, "PAYLOAD_MAX_BYTES", bytes_max):
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
    assert round(first_s, 3) == round(3.15 + 1.00003 * 0.012, 3)


def test_each_page_and_each_object_is_paid(aws, kit, bucket, monkeypatch):
    monkeypatch.setattr(map_items, "KEYS_PER_PAGE", 3)
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
    class NoReading(Faults):
        def s3(self, operation, key):
            return "SlowDown" if (operation, key) == ("GetObject", "b1/items/0.jsonl") else None

    bucket("b1/items/0.jsonl", [1])
    ended = aws.run(kit.split(), GIVEN, faults=NoReading())
    assert (ended.error, ended.cause) == (
        "States.ItemReaderFailed",
        "GetObject of b1/items/0.jsonl: SlowDown",
    )
