"""The sfn processor: counts out, failures listed apart."""

import json

import pytest

KNOBS = {"item_concurrency": 1, "telemetry": "emf"}


def child(items, **knobs):
    listed = [{"id": f"{n:016x}", "value": value} for n, value in enumerate(items)]
    return {"Items": listed, "BatchInput": {"batch_id": "b1", "knobs": KNOBS | knobs}}


def test_items_are_worked_and_only_counts_come_back(world):
    assert world.call("sfn.processor", child([5, 0, 20])) == {"processed": 3, "failed": 0}
    assert world.slept == [0.005, 0.0, 0.02]
    assert "Contents" not in world.s3.list_objects_v2(Bucket="batches")


def test_failed_items_are_listed_under_the_batch_and_the_rest_is_done(world):
    assert world.call("sfn.processor", child([5, -1, 20, -1])) == {"processed": 2, "failed": 2}
    key = "batches/b1/failed/0000000000000000.jsonl"  # the child's first item names the list
    body = world.s3.get_object(Bucket="batches", Key=key)["Body"].read().decode()
    listed = [json.loads(line) for line in body.splitlines()]
    assert [(item["id"][-1], item["value"]) for item in listed] == [("1", -1), ("3", -1)]
    assert {item["reason"] for item in listed} == {"ValueError: sleep length must be non-negative"}


def test_a_second_try_of_a_child_writes_its_list_to_the_same_place(world):
    for failing in ([-1, -1, 3], [4, -1, 3]):  # the first one fails only once
        world.call("sfn.processor", child(failing))
    page = world.s3.list_objects_v2(Bucket="batches")
    assert [entry["Key"] for entry in page["Contents"]] == [
        "batches/b1/failed/0000000000000000.jsonl"
    ]


def test_several_items_are_worked_at_a_time_where_the_knob_says_so(world, monkeypatch):
    asked, gather = [], world.outside.gather
    monkeypatch.setattr(
        world.outside, "gather", lambda f, values, n: asked.append(n) or gather(f, values, n)
    )
    answer = world.call("sfn.processor", child([1] * 50, item_concurrency=8))
    assert answer == {"processed": 50, "failed": 0}
    world.call("sfn.processor", child([1] * 3, item_concurrency=8))
    assert asked == [8, 3]


@pytest.mark.parametrize("knob", [0, None, "2", True, 1.5])
def test_a_concurrency_that_is_no_whole_number_is_refused_by_name(world, knob):
    with pytest.raises(ValueError, match=r"item_concurrency .* of 'b1' is no whole number from 1"):
        world.call("sfn.processor", child([1], item_concurrency=knob))


def test_a_child_without_items_is_refused_by_name(world):
    with pytest.raises(ValueError, match="a child of 'b1' came without items"):
        world.call("sfn.processor", child([]))


def test_a_list_of_failures_that_cannot_be_written_fails_the_child(world, monkeypatch):
    """Its items are neither done nor listed: the map must try it again, or count it as failed."""
    monkeypatch.setattr(world.module("sfn.processor").s3, "put_object", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.call("sfn.processor", child([5, -1]))


def test_the_line_counts_what_was_done_until_the_last_item_ended(world, monkeypatch, capsys):
    s3 = world.module("sfn.processor").s3
    monkeypatch.setattr(s3, "put_object", lambda **_: world.outside.sleep(3))
    began_at = world.now
    world.call("sfn.processor", child([5, -1, 20, 7]))
    line = json.loads(capsys.readouterr().out)
    counts = ("items_processed", "items_failed", "items_duplicated", "work_ms")
    assert [line[name] for name in counts] == [3, 1, 0, 32]
    assert line["last_done_at"] == pytest.approx(began_at + 0.032, abs=1e-5)


@pytest.mark.parametrize(("telemetry", "metrics"), [("emf", 0), ("put_metric_data", 2)])
def test_a_metric_is_put_for_each_item_that_is_done_where_the_knob_says_so(
    world, monkeypatch, telemetry, metrics
):
    put = []
    cloudwatch = world.module("sfn.processor").cloudwatch
    monkeypatch.setattr(cloudwatch, "put_metric_data", lambda **call: put.append(call))
    world.call("sfn.processor", child([5, -1, 20], telemetry=telemetry))
    assert len(put) == metrics


def test_an_item_without_its_batch_is_refused(world):
    with pytest.raises(ValueError, match="is no child of a map over items"):
        world.call("sfn.processor", {"id": "a" * 16, "value": 7})


def test_an_item_computes_for_as_long_as_the_knob_says(world):
    world.call("sfn.processor", child([5, -1], cpu_ms=30))
    assert world.computed == [30, 30]


def test_what_an_item_carries_is_not_in_the_way(world):
    event = child([5, -1])
    for item in event["Items"]:
        item["payload"] = "....."
    assert world.call("sfn.processor", event) == {"processed": 1, "failed": 1}
