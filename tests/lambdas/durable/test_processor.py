"""The durable processor: a count out, failures listed apart, a second try of these alone."""

import json

import pytest

KNOBS = {"item_concurrency": 1, "value_max": 1_000, "poison_per_million": 300_000}
CHUNK = {
    "batch_id": "b1",
    "seed": 7,
    "start": 20,
    "stop": 30,
    "knobs": KNOBS,
    "tries": 1,
    "again": 0,
}
RANGE = "000000020-000000030.jsonl"


def listed(world, place="failed"):
    key = f"batches/b1/{place}/{RANGE}"
    body = world.s3.get_object(Bucket="batches", Key=key)["Body"].read().decode()
    return [json.loads(line) for line in body.splitlines()]


def keys(world):
    found = world.s3.list_objects_v2(Bucket="batches").get("Contents", [])
    return [one["Key"].removeprefix("batches/b1/") for one in found]


def test_the_items_of_a_range_are_worked_and_those_that_fail_are_listed(world):
    chunk = list(world.module("items").create(7, 20, 30, KNOBS))
    poisoned = [item for item in chunk if item.value < 0]
    assert world.call("durable.processor", CHUNK) == len(poisoned) > 1
    assert world.slept == [item.value / 1000 for item in chunk if item.value >= 0]
    why = "ValueError: sleep length must be non-negative"
    assert listed(world, "again/1") == [
        {"id": item.id, "value": -1, "reason": why, "attempts": 1} for item in poisoned
    ]


def test_further_tries_work_what_is_listed_and_list_what_is_left(world):
    first = world.call("durable.processor", CHUNK)
    world.slept.clear()
    for tries, place in ((2, "again/2"), (3, "failed")):
        again = CHUNK | {"tries": tries, "again": tries - 1}
        assert (world.call("durable.processor", again), world.slept) == (first, [])
        assert {one["attempts"] for one in listed(world, place)} == {tries}


def test_after_a_try_that_died_the_list_of_the_one_before_is_worked(world):
    first = world.call("durable.processor", CHUNK)
    assert world.call("durable.processor", CHUNK | {"tries": 3, "again": 1}) == first
    assert keys(world) == [f"again/1/{RANGE}", f"failed/{RANGE}"]


def test_an_item_counts_as_failed_once_its_last_try_has_failed(world, capsys):
    """Else each try would count it, and a run would take them for repeated work."""
    for tries in (1, 2, 3):
        left = world.call("durable.processor", CHUNK | {"tries": tries, "again": tries - 1})
    counted = [json.loads(line)["items_failed"] for line in capsys.readouterr().out.splitlines()]
    assert counted == [0, 0, left]


def test_what_succeeds_in_its_second_try_is_listed_for_nobody(world, monkeypatch):
    world.call("durable.processor", CHUNK)
    monkeypatch.setattr(world.module("work"), "process", lambda item: None)
    assert world.call("durable.processor", CHUNK | {"tries": 2, "again": 1}) == 0
    assert keys(world) == [f"again/1/{RANGE}"]


def test_a_late_copy_of_a_try_leaves_the_lists_as_they_are_and_answers_the_same(world, monkeypatch):
    """A chained invoke may run twice, and its second run come after the next try."""
    tries = [CHUNK | {"tries": number, "again": number - 1} for number in (1, 2, 3)]
    left = [world.call("durable.processor", one) for one in tries]
    before = [listed(world, place) for place in ("again/1", "again/2", "failed")]
    monkeypatch.setattr(world.module("work"), "process", lambda item: None)
    assert [world.call("durable.processor", one) for one in (tries[2], tries[0])] == [left[2], 0]
    assert [listed(world, place) for place in ("again/1", "again/2", "failed")] == before


def test_a_last_try_that_fails_where_its_copy_did_not_is_not_counted(world, monkeypatch):
    last, process = CHUNK | {"tries": 3}, world.module("work").process
    monkeypatch.setattr(world.module("work"), "process", lambda item: None)
    assert (world.call("durable.processor", last), listed(world)) == (0, [])
    monkeypatch.setattr(world.module("work"), "process", process)
    assert (world.call("durable.processor", last), listed(world)) == (0, [])


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
        *(CHUNK | {"again": 1}, CHUNK | {"again": -1}, CHUNK | {"again": False}),
        {name: value for name, value in CHUNK.items() if name != "again"},
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
