"""The summary: what failed is counted from both lists, whatever their size."""

import json

import pytest

KEY = "results/b1/3c7e/"


def put(world, key, body):
    world.s3.put_object(Bucket="batches", Key=key, Body=body)


def summary(world):
    event = {"batch": {"batch_id": "b1", "items": 900}, "entered_at": "2026-11-23T06:10:00.250Z"}
    return world.call("sfn.summary", event)


def test_a_clean_batch_is_complete_at_the_moment_its_map_ended(world):
    assert summary(world) == {
        "batch_id": "b1",
        "design": "sfn",
        "status": "complete",
        "items": 900,
        "items_failed": 0,
        "detected_at": 1795414200.25,
        "reason": "",
    }


def test_listed_items_of_every_page_are_counted_and_other_batches_are_not(world, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    for n in range(7):
        put(world, f"batches/b1/failed/{n:04d}.jsonl", b"{}\n{}\n")
    put(world, "batches/b10/failed/0.jsonl", b"{}\n")
    assert summary(world)["items_failed"] == 14


def test_items_of_failed_children_are_counted_from_the_maps_own_files(world):
    named = {kind: [{"Key": f"{KEY}{kind}_0.json"}] for kind in ("FAILED", "SUCCEEDED")}
    put(world, f"{KEY}manifest.json", json.dumps({"ResultFiles": named | {"PENDING": []}}))
    put(world, f"{KEY}SUCCEEDED_0.json", json.dumps([{"Input": json.dumps({"Items": [{}] * 50})}]))
    children = [
        {"Input": json.dumps({"Items": [{"id": "x" * 16, "value": 1}] * 100}), "Error": "ä"}
        for _ in range(3)
    ]
    put(world, f"{KEY}FAILED_0.json", json.dumps(children, ensure_ascii=False, indent=1).encode())
    put(world, "batches/b1/failed/a.jsonl", b"{}\n")
    assert summary(world)["items_failed"] == 301


def test_every_file_of_failed_children_is_counted(world):
    child = {"Input": json.dumps({"Items": [{"id": "aa", "value": 1}] * 4})}
    for n in range(2):
        put(world, f"{KEY}FAILED_{n}.json", json.dumps([child]))
    files = {"FAILED": [{"Key": f"{KEY}FAILED_{n}.json"} for n in range(2)]}
    put(world, f"{KEY}manifest.json", json.dumps({"ResultFiles": files}))
    assert summary(world)["items_failed"] == 8


def test_a_batch_whose_id_reaches_into_other_keys_is_refused(world):
    event = {"batch": {"batch_id": "b1/items", "items": 9}, "entered_at": "2026-11-23T06:10:00Z"}
    with pytest.raises(ValueError, match="is no batch that a map has ended for"):
        world.call("sfn.summary", event)


def test_items_that_a_failed_child_had_listed_in_an_earlier_try_are_counted_once(world):
    files = {"FAILED": [{"Key": f"{KEY}FAILED_0.json", "Size": 9}], "PENDING": [], "SUCCEEDED": []}
    put(world, f"{KEY}manifest.json", json.dumps({"ResultFiles": files}))
    items = [{"id": "aa", "value": 1}, {"id": "bb", "value": -1}, {"id": "cc", "value": 1}]
    child = {"Input": json.dumps({"Items": items}), "Status": "FAILED"}
    put(world, f"{KEY}FAILED_0.json", json.dumps([child]))
    put(world, "batches/b1/failed/aa.jsonl", b"{}\n")  # of the try before, which died after it
    put(world, "batches/b1/failed/dd.jsonl", b"{}\n")
    assert summary(world)["items_failed"] == 3 + 1


def test_a_results_file_is_read_piece_by_piece(world, monkeypatch):
    module = world.module("sfn.summary")
    monkeypatch.setattr(module, "CHUNK_BYTES", 7)
    entries = [{"Input": "ä" * 20}, {"b": [1, 2]}, 3.5]  # pieces end within a letter
    put(world, "entries.json", json.dumps(entries, ensure_ascii=False).encode())
    assert list(module._entries("entries.json")) == entries


def test_a_results_file_that_ends_in_the_middle_is_not_counted_as_far_as_it_goes(world):
    module = world.module("sfn.summary")
    put(world, "entries.json", b'[{"Input": "1"}, {"Inp')
    with pytest.raises(ValueError, match="ends in the middle"):
        list(module._entries("entries.json"))
