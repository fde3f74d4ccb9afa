"""The batcher: a trigger may come twice, a part may be created twice, nothing is written for it."""

import json

import pytest

from workbench.runs.batch import draw
from workbench.workload.durations import Uniform


def test_a_trigger_writes_the_batch_starts_the_looks_and_sends_the_plan(batch):
    told = batch.trigger(items=95, items_per_message=10, segment_items=1_000, poll_s=60)
    assert told == {"batch_id": "b1", "open": True}
    record = batch.world.state("batch#")["batch#b1", "META"]
    assert (record["status"], record["items"], record["messages"], record["seed"]) == (
        "OPEN",
        95,
        10,
        7,
    )
    assert batch.world.delays_s("poll") == [60]  # a poll at once could find nothing
    assert batch.world.bodies("poll") == [{"batch": "b1", "poll_s": 60}]
    assert batch.world.bodies("plan") == [{"batch": "b1", "first": 0, "stop": 10}]


def test_the_plan_covers_every_message_once(batch):
    batch.trigger(items=10_007, items_per_message=3, segment_items=100)
    parts = [range(one["first"], one["stop"]) for one in batch.world.bodies("plan")]
    assert [number for part in parts for number in part] == list(range(3_336))
    assert {len(part) for part in parts[:-1]} == {34}


def test_the_messages_carry_every_item_once_and_know_their_number(batch):
    bodies = batch.create(items=1_003, items_per_message=10, segment_items=300)
    assert [body["n"] for body in bodies] == list(range(101))
    assert [len(body["items"]) for body in bodies] == [10] * 100 + [3]
    ids, values = draw(7, 0, 1_003, Uniform(1_000))
    wanted = [[f"{z:016x}", int(value)] for z, value in zip(ids.tolist(), values, strict=True)]
    assert [pair for body in bodies for pair in body["items"]] == wanted


def test_messages_say_how_many_items_are_worked_at_a_time(batch):
    bodies = batch.create(items=30, items_per_message=10, item_concurrency=4)
    assert [body["item_concurrency"] for body in bodies] == [4, 4, 4]


def test_ten_messages_go_in_a_call(batch, monkeypatch):
    """Each call is paid for."""
    client, sizes = batch.world.module("queues").sqs, []
    send = client.send_message_batch
    monkeypatch.setattr(
        client,
        "send_message_batch",
        lambda **call: sizes.append(len(call["Entries"])) or send(**call),
    )
    batch.create(items=250, items_per_message=10, segment_items=1_000)
    assert sizes == [1, 10, 10, 5]  # the plan, then the items


def test_a_part_asks_for_its_batch_by_a_strong_read(batch, strong_reads):
    """A read that is too old would take the batch for one that never was, and drop the part."""
    batch.trigger()
    batch.plan()
    assert strong_reads == [True, True]


def test_nothing_is_written_for_items_and_messages(batch):
    batch.create(items=1_000)
    assert list(batch.world.state()) == [("batch#b1", "META")]


def test_a_trigger_that_comes_again_does_it_all_again_and_keeps_the_batch(batch):
    batch.trigger(items=100, seed=7)
    first = batch.world.state("batch#")
    plan = batch.world.bodies("plan")
    assert batch.trigger(items=999, seed=8) == {"batch_id": "b1", "open": True}
    assert (batch.world.state("batch#"), batch.world.bodies("plan")) == (first, plan)


@pytest.mark.parametrize("status", ["DONE", "CANCELLED"])
def test_a_batch_that_is_over_opens_nothing_and_creates_nothing(batch, status):
    batch.trigger()
    parts = batch.world.records("plan")
    batch.world.bodies("poll")
    batch.set_status(status)
    assert batch.trigger() == {"batch_id": "b1", "open": False}
    assert batch.world.deliver("counters.batcher", parts) == {"batchItemFailures": []}
    assert [batch.world.bodies(name) for name in ("plan", "poll", "item")] == [[], [], []]


def test_a_part_that_is_created_twice_sends_the_same_messages(batch):
    batch.trigger(items=100)
    (part,) = batch.world.bodies("plan")
    sent = []
    for _ in range(2):
        batch.world.deliver("counters.batcher", [batch.world.record(part, "plan")])
        sent.append(batch.world.bodies("item"))
    assert sent[0] == sent[1]


def test_a_part_that_fails_comes_back_alone(batch, monkeypatch):
    batch.trigger(items=100, segment_items=1, items_per_message=50)
    records = batch.world.records("plan")
    module = batch.world.module("queues")
    sends = iter([ConnectionError("no"), None])
    original = module.send_all

    def send_all(*arguments):
        error = next(sends)
        if error:
            raise error
        original(*arguments)

    monkeypatch.setattr(module, "send_all", send_all)
    answer = batch.world.deliver("counters.batcher", records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}
    assert batch.world.delayed == [(records[0]["receiptHandle"], 10)]
    assert [body["n"] for body in batch.world.bodies("item")] == [1]


def test_the_knobs_of_the_record_count_not_those_of_a_late_trigger(batch):
    batch.trigger(items=40, items_per_message=10, poll_s=60)
    batch.world.bodies("plan")
    batch.trigger(items=40, items_per_message=20, poll_s=10)
    assert [body["poll_s"] for body in batch.world.bodies("poll")] == [60, 60]
    batch.plan()
    assert [len(body["items"]) for body in batch.world.bodies("item")] == [10, 10, 10, 10]


def test_a_trigger_that_lacks_knobs_opens_nothing(batch):
    event = {"batch_id": "b1", "items": 5, "knobs": {"poll_s": 30}}
    with pytest.raises(ValueError, match="knobs lack items_per_message"):
        batch.world.call("counters.batcher", event)
    assert batch.world.state() == {}


def test_the_line_says_how_many_items_were_created(batch, capsys):
    batch.create(items=95, items_per_message=10)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["design"], line["function"], line["items_created"]) == ("counters", "batcher", 95)
