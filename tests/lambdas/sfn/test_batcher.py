"""The sfn batcher: one owner for a batch, and the items of its seed in S3."""

import json

import pytest

from workbench.runs.batch import draw


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
    z, values = draw(9, 0, 2500, 1000)
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
