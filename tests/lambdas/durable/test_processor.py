"""The durable processor: a count out, failures listed apart, a second try of these alone."""

import json

import pytest

KNOBS = {"item_concurrency": 1, "value_max": 1_000, "poison_per_million": 300_000}
CHUNK = {"batch_id": "b1", "seed": 7, "start": 20, "stop": 30, "knobs": KNOBS, "tries": 1}
KEY = "batches/b1/failed/000000020-000000030.jsonl"


def listed(world):
    body = world.s3.get_object(Bucket="batches", Key=KEY)["Body"].read().decode()
    return [json.loads(line) for line in body.splitlines()]


def test_the_items_of_a_range_are_worked_and_those_that_fail_are_listed(world):
    chunk = list(world.module("items").create(7, 20, 30, KNOBS))
    poisoned = [item for item in chunk if item.value < 0]
    assert world.call("durable.processor", CHUNK) == len(poisoned) > 1
    assert world.slept == [item.value / 1000 for item in chunk if item.value >= 0]
    why = "ValueError: sleep length must be non-negative"
    assert listed(world) == [
        {"id": item.id, "value": -1, "reason": why, "attempts": 1} for item in poisoned
    ]


def test_a_second_try_works_what_is_listed_and_lists_what_is_left(world):
    first = world.call("durable.processor", CHUNK)
    world.slept.clear()
    again = CHUNK | {"tries": 2, "again": True}
    assert (world.call("durable.processor", again), world.slept) == (first, [])
    assert {one["attempts"] for one in listed(world)} == {2}


def test_an_item_counts_as_failed_once_its_last_try_has_failed(world, capsys):
    """Else each try would count it, and a run would take them for repeated work."""
    for tries in (1, 2, 3):
        left = world.call("durable.processor", CHUNK | {"tries": tries, "again": tries > 1})
    counted = [json.loads(line)["items_failed"] for line in capsys.readouterr().out.splitlines()]
    assert counted == [0, 0, left]


def test_what_succeeds_in_its_second_try_is_listed_no_more(world, monkeypatch):
    world.call("durable.processor", CHUNK)
    monkeypatch.setattr(world.module("work"), "process", lambda item: None)
    assert world.call("durable.processor", CHUNK | {"tries": 2, "again": True}) == 0
    assert listed(world) == []


def test_a_try_after_one_that_died_empties_the_list_that_it_left(world, monkeypatch):
    world.call("durable.processor", CHUNK)
    monkeypatch.setattr(world.module("work"), "process", lambda item: None)
    assert world.call("durable.processor", CHUNK | {"tries": 2}) == 0
    assert listed(world) == []


def test_a_chunk_without_failures_calls_nothing(world):
    chunk = CHUNK | {"knobs": KNOBS | {"poison_per_million": 0}}
    assert world.call("durable.processor", chunk) == 0
    assert "Contents" not in world.s3.list_objects_v2(Bucket="batches")


@pytest.mark.parametrize(
    ("tries", "failed_in_line"), [(1, 0), (3, 1)], ids=["tried again", "for good"]
)
def test_the_line_counts_as_failed_what_is_not_tried_again_and_dates_the_last_that_is_over(
    world, monkeypatch, capsys, tries, failed_in_line
):
    chunk = list(world.module("items").create(7, 20, 30, KNOBS))
    done = [item.value for item in chunk if item.value >= 0]
    put = world.module("durable.failed").s3.put_object
    monkeypatch.setattr(
        world.module("durable.failed").s3,
        "put_object",
        lambda **call: (world.outside.sleep(3), put(**call)),
    )
    began_at = world.now
    left = world.call("durable.processor", CHUNK | {"tries": tries})
    line = json.loads(capsys.readouterr().out)
    counts = ("items_processed", "items_failed", "work_ms")
    assert [line[name] for name in counts] == [len(done), left * failed_in_line, sum(done)]
    over_at = began_at + sum(done) / 1000 + 3 * failed_in_line
    assert line["last_done_at"] == pytest.approx(over_at, abs=1e-4)


def test_a_chunk_of_which_nothing_is_over_has_no_date(world, monkeypatch, capsys):
    monkeypatch.setattr(world.module("work"), "process", lambda item: 1 / 0)
    assert world.call("durable.processor", CHUNK) == 10
    assert "last_done_at" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "event",
    [
        *({}, [], None, CHUNK | {"stop": 20}, CHUNK | {"start": "x"}, CHUNK | {"knobs": 1}),
        *(CHUNK | {"start": -1}, CHUNK | {"start": 2.0}, CHUNK | {"tries": 0}),
        *(CHUNK | {"tries": 4}, CHUNK | {"tries": True}, CHUNK | {"seed": "7"}),
        CHUNK | {"knobs": KNOBS | {"item_concurrency": 0}},
        CHUNK | {"knobs": {"value_max": 20}},
    ],
)
def test_what_is_no_chunk_is_refused(world, event):
    with pytest.raises(ValueError, match="is no chunk of a batch"):
        world.call("durable.processor", event)


def test_an_item_computes_for_as_long_as_the_knob_says(world):
    world.call("durable.processor", CHUNK | {"knobs": KNOBS | {"cpu_ms": 30}})
    assert world.computed == [30] * 10
