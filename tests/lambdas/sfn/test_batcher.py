"""The sfn batcher: one owner for a batch, and the items of its seed in S3."""

import json

import pytest
from botocore.exceptions import ClientError

from workbench.runs.batch import draw
from workbench.workload.durations import Uniform


def start(world, execution="run-1", **batch):
    event = {"action": "start", "trigger": world.sfn_batch(**batch), "execution": execution}
    return world.call("sfn.batcher", event)


def lines(world, key):
    body = world.s3.get_object(Bucket="batches", Key=key)["Body"].read().decode()
    return [json.loads(line) for line in body.splitlines()]


def test_the_first_execution_owns_the_batch_and_learns_its_segments(world):
    batch = start(world, items=2500, segment_items=1000)
    assert batch["owner"] is True
    assert batch["segments"] == [0, 1, 2]
    assert (batch["prefix"], batch["results"]) == ("batches/b1/items/", "results/b1/")
    assert (batch["items_per_child"], batch["max_concurrency"]) == (100, 900)


def test_a_second_execution_is_not_the_owner_but_a_retry_of_the_first_is(world):
    assert start(world, "run-1")["owner"] is True
    assert start(world, "run-2")["owner"] is False
    assert start(world, "run-1")["owner"] is True


def test_another_batch_has_an_owner_of_its_own(world):
    assert start(world, "run-1")["owner"] is True
    assert start(world, "run-2", batch="b2")["owner"] is True


@pytest.mark.parametrize(("knob", "limit"), [(5, 5), (None, 10_000)])
def test_a_map_without_a_limit_has_that_of_step_functions(world, knob, limit):
    assert start(world, max_concurrency=knob)["max_concurrency"] == limit


def refusing(world, monkeypatch, *codes):
    """Let the next puts to S3 be refused with these codes."""
    s3, left = world.module("sfn.batcher").s3, list(codes)
    put = s3.put_object

    def refuse(**call):
        if left:
            raise ClientError({"Error": {"Code": left.pop(0)}}, "PutObject")
        return put(**call)

    monkeypatch.setattr(s3, "put_object", refuse)


def test_a_conflict_at_the_claim_is_tried_again_after_a_wait(world, monkeypatch):
    refusing(world, monkeypatch, *["ConditionalRequestConflict"] * 4)
    assert start(world)["owner"] is True
    assert world.slept == [0.1, 0.2, 0.4, 0.8]


def test_a_conflict_that_does_not_end_is_an_error(world, monkeypatch):
    refusing(world, monkeypatch, *["ConditionalRequestConflict"] * 5)
    with pytest.raises(RuntimeError, match="batches/b1/start is written to at the same time"):
        start(world)


def test_another_error_at_the_claim_is_raised_at_once(world, monkeypatch):
    refusing(world, monkeypatch, "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        start(world)
    assert world.slept == []


def test_the_line_says_how_many_items_were_created(world, capsys):
    batch = start(world, items=2_500, segment_items=1_000)
    world.call("sfn.batcher", {"action": "segment", "batch": batch, "segment": 2})
    line = json.loads(capsys.readouterr().out)
    assert (line["function"], line["items_created"]) == ("batcher", 500)


def test_one_full_part_is_an_object(world, monkeypatch):
    batcher = world.module("sfn.batcher")
    monkeypatch.setattr(batcher, "PART_BYTES", 10)
    batcher._upload("one", iter([b"0123456789", b""]))
    assert world.s3.get_object(Bucket="batches", Key="one")["Body"].read() == b"0123456789"


def test_segments_hold_just_the_items_of_the_seed(world):
    batch = start(world, items=2500, segment_items=1000, seed=9)
    for segment in batch["segments"]:
        event = {"action": "segment", "batch": batch, "segment": segment}
        assert world.call("sfn.batcher", event) == {"segment": segment}
    found = [
        item
        for segment in batch["segments"]
        for item in lines(world, f"batches/b1/items/{segment:06d}.jsonl")
    ]
    z, values = draw(9, 0, 2500, Uniform(1000))
    expected = [
        {"id": f"{int(one):016x}", "value": int(value)}
        for one, value in zip(z, values, strict=True)
    ]
    assert found == expected


def test_a_large_segment_is_streamed_in_parts(world, monkeypatch):
    batcher = world.module("sfn.batcher")
    monkeypatch.setattr(batcher, "PART_BYTES", 5 * 2**20)
    real, parts = batcher.s3.upload_part, []

    def upload(**call):
        parts.append(len(call["Body"]))
        return real(**call)

    monkeypatch.setattr(batcher.s3, "upload_part", upload)
    batch = start(world, items=300_000)
    world.call("sfn.batcher", {"action": "segment", "batch": batch, "segment": 0})
    assert len(parts) == 3
    assert max(parts) < 5 * 2**20 + 64
    assert len(lines(world, "batches/b1/items/000000.jsonl")) == 300_000


def test_an_upload_that_fails_leaves_no_parts_to_pay_for(world, monkeypatch):
    batcher = world.module("sfn.batcher")
    monkeypatch.setattr(batcher, "PART_BYTES", 5 * 2**20)

    def refuse(**_):
        raise RuntimeError("part refused")

    monkeypatch.setattr(batcher.s3, "upload_part", refuse)
    batch = start(world, items=300_000)
    with pytest.raises(RuntimeError, match="part refused"):
        world.call("sfn.batcher", {"action": "segment", "batch": batch, "segment": 0})
    assert "Uploads" not in world.s3.list_multipart_uploads(Bucket="batches")


def test_items_are_listed_with_what_they_carry(world):
    batch = start(world, items=3, item_bytes=5)
    world.call("sfn.batcher", {"action": "segment", "batch": batch, "segment": 0})
    found = lines(world, "batches/b1/items/000000.jsonl")
    assert [(list(one), one["payload"]) for one in found] == [
        (["id", "value", "payload"], ".....")
    ] * 3
